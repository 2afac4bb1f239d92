//! URIs of other resources (RFC 7643, section 2.3.7).

/// Whether the text has the characters of a URI, absolute or relative (RFC 3986, section 2).
pub(super) fn is_uri(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => {
                let mut hex = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                hex() && hex()
            }
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            byte => byte.is_ascii_graphic(),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Whether a URI leads to a resource of one of the types. What is not known to be a resource type,
/// such as `external` and `uri`, says nothing about the URI.
pub(super) fn leads_to_one(uri: &str, types: &[String], endpoints: &[(String, String)]) -> bool {
    let mut segments = uri.rsplit('/');
    let id = segments.next().unwrap_or_default();
    let collection = segments.next().unwrap_or_default();
    types.iter().any(
        |name| match endpoints.iter().find(|(known, _)| known == name) {
            None => true,
            Some((_, endpoint)) => !id.is_empty() && endpoint.strip_prefix('/') == Some(collection),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves: 7643-2.3.7-uri
    #[test]
    fn uris() {
        for good in [
            "https://h.example/a?b=c#d",
            "../Users/1",
            "urn:x:y",
            "/a%20b",
            "",
            "[::1]",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for bad in ["a b", "%2", "%zz", "<a>", "a\\b", "é", "a\u{7f}", "{id}"] {
            assert!(!is_uri(bad), "{bad}");
        }
    }

    #[test]
    fn a_reference_leads_to_a_resource_of_its_types() {
        let endpoints = [("User", "/Users"), ("Group", "/Groups")]
            .map(|(name, endpoint)| (name.to_owned(), endpoint.to_owned()));
        let leads = |uri: &str, types: &[&str]| {
            let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
            leads_to_one(uri, &types, &endpoints)
        };
        for good in ["https://h.example/v2/Users/1", "../Users/1", "Users/1"] {
            assert!(leads(good, &["Group", "User"]), "{good}");
        }
        for bad in [
            "https://h.example/v2/Groups/1",
            "1",
            "",
            "/Users/",
            "/users/1",
        ] {
            assert!(!leads(bad, &["User"]), "{bad}");
        }
        assert!(leads("mailto:a@b", &["external"]) && leads("x", &["User", "uri"]));
        assert!(leads("anything", &["Device"]));
    }
}
