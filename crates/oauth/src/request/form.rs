//! `application/x-www-form-urlencoded`, read strictly (RFC 6749 appendix B).
//!
//! The WHATWG reading replaces what it cannot decode; a credential must not be guessed at.

use std::collections::BTreeMap;
use std::fmt;

use crate::TokenError;

/// The parameters of a form body or a query, none of them repeated.
pub(crate) struct Form(BTreeMap<String, String>);

/// Their names: values may be secrets.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Form {
    /// Reads `text`. Empty pairs are skipped, as some products begin the body with `&`. RFC 6749
    /// section 3.2: parameters "MUST NOT be included more than once".
    pub(crate) fn parse(text: &[u8]) -> Result<Self, TokenError> {
        let mut parameters = BTreeMap::new();
        for pair in text
            .split(|&byte| byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            let (Some(name), Some(value)) = (name, value) else {
                return Err(TokenError::invalid_request(
                    "a parameter is not UTF-8 form-encoded",
                ));
            };
            if parameters.insert(name, value).is_some() {
                return Err(TokenError::invalid_request("a parameter is repeated"));
            }
        }
        Ok(Self(parameters))
    }

    /// The value of `name`. RFC 6749 section 3.2: "Parameters sent without a value MUST be
    /// treated as if they were omitted".
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The names of all parameters, with or without value.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// One form-encoded name or value, or `None` if an escape or the UTF-8 is broken.
pub(crate) fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = text.iter().copied();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => (hex(bytes.next()?)? << 4) | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use oauth2::url::form_urlencoded;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded() {
        let form = Form::parse(b"&&a=1%2B1+%C3%a9&b=x=y&c&d=&%65=5&").unwrap();
        assert_eq!(form.get("a"), Some("1+1 \u{e9}"));
        assert_eq!(form.get("b"), Some("x=y"));
        assert_eq!(form.get("c"), None);
        assert_eq!(form.get("d"), None);
        assert_eq!(form.get("e"), Some("5"));
        assert_eq!(form.names().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn broken_encoding_and_repetition_are_refused() {
        let broken: [&[u8]; 9] = [
            b"a=%",
            b"a=%4",
            b"a=%4g",
            b"a=%+1",
            b"%zz=1",
            b"a=%ff",
            b"a=\xff",
            b"a=%C3",
            b"a=%ed%a0%80",
        ];
        for text in broken {
            assert!(Form::parse(text).is_err(), "{text:?}");
        }
        for text in ["a=1&a=1", "a=1&b=2&%61=3", "a&a", "a=&a=1"] {
            assert!(Form::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_a_client_encodes_is_read_back(value in ".+") {
            let text = form_urlencoded::Serializer::new(String::new())
                .append_pair("a", &value)
                .finish();
            let form = Form::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(form.get("a"), Some(value.as_str()));
        }

        #[test]
        fn what_is_accepted_is_what_others_read(text in "[ab=&+%0-9é]{0,10}") {
            if let Ok(Form(parameters)) = Form::parse(text.as_bytes()) {
                let others: BTreeMap<_, _> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
                prop_assert_eq!(parameters, others);
            }
        }
    }
}
