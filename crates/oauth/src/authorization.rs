//! The shape of an `Authorization` header (RFC 9110 section 11.4).

/// The credentials after `scheme`, compared without case, and exactly one space; `None` if the
/// value names another scheme. A scheme that stands alone has empty credentials.
///
/// Exactly one space: a second one would be part of the credentials, which then are refused.
pub(crate) fn credentials<'a>(value: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let mut parts = value.splitn(2, |&byte| byte == b' ');
    let named = parts.next()?.eq_ignore_ascii_case(scheme.as_bytes());
    named.then(|| parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_ends_at_the_first_space() {
        for (value, expected) in [
            ("Bearer abc", Some("abc")),
            ("bEARER abc", Some("abc")),
            ("Bearer  abc", Some(" abc")),
            ("Bearer abc ", Some("abc ")),
            ("Bearer\tabc", None),
            ("Bearer", Some("")),
            ("Bearer ", Some("")),
            ("Bearerabc", None),
            (" Bearer abc", None),
            ("Basic abc", None),
            ("", None),
        ] {
            let got = credentials(value.as_bytes(), "Bearer");
            assert_eq!(got, expected.map(str::as_bytes), "{value:?}");
        }
    }
}
