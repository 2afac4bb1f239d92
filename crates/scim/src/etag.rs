//! Entity tags and preconditions (RFC 7644, section 3.14; RFC 9110, sections 8.8 and 13.1).

/// The most entity tags of one header that are looked at. RFC 9110, section 13.1 knows no limit;
/// nobody holds more versions of one resource.
const MOST: usize = 64;

/// The value of `If-Match` or `If-None-Match`.
///
/// ```
/// use vestibule_scim::EntityTags;
///
/// let known = EntityTags::parse(r#"W/"3", "4""#);
/// assert!(known.matches(Some("W/\"4\"")));
/// assert!(!known.matches(Some("W/\"5\"")));
/// assert!(EntityTags::parse("*").matches(Some("W/\"5\"")));
/// ```
///
/// RFC 7644, section 3.14.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`: whatever there is.
    Any,
    /// Opaque tags without `W/` and quotes. What is malformed is left out and so matches nothing.
    Listed(Vec<String>),
}

impl EntityTags {
    /// Reads the value of the header; several lines of it are one list, joined by commas
    /// (RFC 9110, section 5.3).
    pub fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        let mut tags = Vec::new();
        let mut rest = text;
        while tags.len() < MOST {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let opaque = rest.strip_prefix("W/").unwrap_or(rest);
            let Some((tag, behind)) = opaque
                .strip_prefix('"')
                .and_then(|opaque| opaque.split_once('"'))
            else {
                // Not a tag: go on behind the next comma, which no tag has been opened before.
                match rest.split_once(',') {
                    Some((_, behind)) => rest = behind,
                    None => break,
                }
                continue;
            };
            let ends = behind.trim_start_matches([' ', '\t']);
            if (ends.is_empty() || ends.starts_with(',')) && !tag.bytes().any(is_not_etagc) {
                tags.push(tag.to_owned());
            }
            rest = behind;
        }
        Self::Listed(tags)
    }

    /// Whether the version there is is among them, weakly compared: `W/"1"` and `"1"` are one
    /// (RFC 9110, section 8.8.3.2). `current` is an entity tag, `None` when there is nothing.
    ///
    /// `If-Match` holds when this is true, `If-None-Match` when it is false.
    pub fn matches(&self, current: Option<&str>) -> bool {
        let Some(current) = current else {
            return false;
        };
        let opaque = current.strip_prefix("W/").unwrap_or(current);
        let opaque = opaque
            .strip_prefix('"')
            .and_then(|opaque| opaque.strip_suffix('"'));
        self.any(|tag| opaque == Some(tag))
    }

    /// The same by a rule of the caller's for the opaque tags, without `W/` and quotes, where more than one
    /// stands for what there is. `*` is whatever there is.
    ///
    /// RFC 7644, section 3.14.
    pub fn any(&self, is_current: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().map(String::as_str).any(is_current),
        }
    }
}

/// RFC 9110, section 8.8.3: `etagc = %x21 / %x23-7E / obs-text`.
fn is_not_etagc(byte: u8) -> bool {
    byte <= 0x20 || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(tags: &[&str]) -> EntityTags {
        EntityTags::Listed(tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    #[test]
    fn lists_in_every_spelling() {
        for (text, expected) in [
            (r#""a""#, listed(&["a"])),
            (r#"W/"a", "b" ,,"c,d""#, listed(&["a", "b", "c,d"])),
            (r#"abc, "b""#, listed(&["b"])),
            (r#"w/"a""#, listed(&[])),
            (r#""""#, listed(&[""])),
            (r#""a b", "c"x, "d""#, listed(&["d"])),
            ("\"a", listed(&[])),
            ("", listed(&[])),
            (" * ", EntityTags::Any),
            (r#"*, "a""#, listed(&["a"])),
        ] {
            assert_eq!(EntityTags::parse(text), expected, "{text}");
        }
        let many = vec!["\"a\""; 10_000].join(",");
        let EntityTags::Listed(tags) = EntityTags::parse(&many) else {
            panic!("a list")
        };
        assert_eq!(tags.len(), MOST);
    }

    /// RFC 7644 3.14: a version is compared weakly.
    #[test]
    fn comparison_is_weak() {
        let tags = EntityTags::parse(r#""1", W/"2""#);
        for current in ["\"1\"", "W/\"1\"", "\"2\"", "W/\"2\""] {
            assert!(tags.matches(Some(current)), "{current}");
        }
        assert!(!tags.matches(Some("W/\"3\"")) && !tags.matches(None));
        assert!(EntityTags::Any.matches(Some("W/\"3\"")) && !EntityTags::Any.matches(None));
    }
}
