//! JSON bodies, held to the limits while they are read.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::quoted;
use crate::{Error, Limits, ScimType};

/// Reads one JSON text.
///
/// 400 `invalidSyntax` with line and column for what is not JSON, for more nesting or values than
/// the limits allow, and for a key that appears twice in an object, also when only the ASCII case
/// differs (RFC 7643, section 2.1: attribute names are case insensitive). 400 `invalidValue` for
/// U+0000 and lone surrogates, which not every store can hold.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Value, Error> {
    if bytes.trim_ascii().is_empty() {
        return Err(Error::bad_request(
            ScimType::InvalidSyntax,
            "the body is empty: expected a JSON object",
        ));
    }
    let mut state = State {
        depth_left: limits.json_depth,
        values_left: limits.json_values,
        limits,
        scim_type: ScimType::InvalidSyntax,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node(&mut state)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let detail = error.to_string();
        // serde_json refuses a lone surrogate in these two ways and does not publish its codes.
        let surrogate = detail.starts_with("lone leading surrogate")
            || detail.starts_with("unexpected end of hex escape");
        let scim_type = if surrogate {
            ScimType::InvalidValue
        } else {
            state.scim_type
        };
        Error::bad_request(scim_type, format!("malformed JSON: {detail}"))
    })
}

struct State<'l> {
    depth_left: usize,
    values_left: usize,
    limits: &'l Limits,
    /// Of the mistake that ended the reading.
    scim_type: ScimType,
}

impl State<'_> {
    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            self.scim_type = ScimType::InvalidValue;
            return Err(E::custom("a string holds the character U+0000"));
        }
        Ok(())
    }

    fn descend<E: serde::de::Error>(&mut self) -> Result<(), E> {
        let Some(left) = self.depth_left.checked_sub(1) else {
            return Err(E::custom(format_args!(
                "nested deeper than {} levels",
                self.limits.json_depth
            )));
        };
        self.depth_left = left;
        Ok(())
    }
}

/// Any JSON value.
struct Node<'s, 'l>(&'s mut State<'l>);

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.0.values_left.checked_sub(1) else {
            return Err(serde::de::Error::custom(format_args!(
                "more than {} values",
                self.0.limits.json_values
            )));
        };
        self.0.values_left = left;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.0.text(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.descend()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Node(self.0))? {
            array.push(item);
        }
        self.0.depth_left += 1;
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.0.descend()?;
        let mut object = Map::new();
        let mut keys = Keys::default();
        while let Some(key) = entries.next_key::<String>()? {
            self.0.text(&key)?;
            if !keys.add(&object, &key) {
                return Err(serde::de::Error::custom(format_args!(
                    "the key {} appears twice",
                    quoted(&key)
                )));
            }
            let value = entries.next_value_seed(Node(self.0))?;
            object.insert(key, value);
        }
        self.0.depth_left += 1;
        Ok(Value::Object(object))
    }
}

/// Tells a repeated key from a new one: by looking at all while they are few, by hash afterwards.
#[derive(Default)]
struct Keys(Option<HashSet<String>>);

impl Keys {
    const FEW: usize = 24;

    /// False when `object` has the key already, in whatever ASCII case.
    fn add(&mut self, object: &Map<String, Value>, key: &str) -> bool {
        if object.len() < Self::FEW {
            return !object.keys().any(|known| known.eq_ignore_ascii_case(key));
        }
        self.0
            .get_or_insert_with(|| object.keys().map(|key| key.to_ascii_lowercase()).collect())
            .insert(key.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> (ScimType, String) {
        let error = parse(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.status, 400);
        (error.scim_type.unwrap(), error.detail)
    }

    #[test]
    fn keeps_the_order_of_keys() {
        let value = parse(br#"{"b":1,"a":[null,true,-2,1.5,"x"]}"#, &Limits::default()).unwrap();
        assert_eq!(value.to_string(), r#"{"b":1,"a":[null,true,-2,1.5,"x"]}"#);
    }

    #[test]
    fn names_the_place_of_a_mistake() {
        let cases = [
            ("", "the body is empty: expected a JSON object"),
            (" \n", "the body is empty: expected a JSON object"),
            (
                "{\"a\":1",
                "malformed JSON: EOF while parsing an object at line 1 column 6",
            ),
            (
                "{\"a\":\n 01}",
                "malformed JSON: invalid number at line 2 column 3",
            ),
            (
                "{} x",
                "malformed JSON: trailing characters at line 1 column 4",
            ),
            (
                "{'a':1}",
                "malformed JSON: key must be a string at line 1 column 2",
            ),
            (
                "{\"a\":1e999}",
                "malformed JSON: number out of range at line 1 column 10",
            ),
        ];
        for (text, detail) in cases {
            assert_eq!(refused(text), (ScimType::InvalidSyntax, detail.to_owned()));
        }
    }

    #[test]
    fn refuses_a_repeated_key_in_any_case() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"userName":1,"USERNAME":1}]}"#] {
            let (scim_type, detail) = refused(text);
            assert_eq!(scim_type, ScimType::InvalidSyntax);
            assert!(
                detail.contains("appears twice at line 1 column"),
                "{detail}"
            );
        }
        let mut many: Vec<String> = (0..100).map(|n| format!("\"key{n}\":0")).collect();
        assert!(
            parse(
                format!("{{{}}}", many.join(",")).as_bytes(),
                &Limits::default()
            )
            .is_ok()
        );
        for repeated in ["Key0", "KEY99"] {
            many.push(format!("\"{repeated}\":0"));
            assert!(
                refused(&format!("{{{}}}", many.join(",")))
                    .1
                    .contains(repeated)
            );
            many.pop();
        }
    }

    #[test]
    fn refuses_what_a_store_cannot_hold() {
        for text in [
            r#"{"a":"\u0000"}"#,
            r#"{"\u0000":1}"#,
            r#"["\ud800"]"#,
            r#"["\udc00x"]"#,
            r#"["\ud800\u0041"]"#,
        ] {
            let (scim_type, detail) = refused(text);
            assert_eq!(scim_type, ScimType::InvalidValue, "{text} {detail}");
            assert!(detail.contains("line 1 column"), "{detail}");
        }
        assert!(parse(r#""\ud83d\ude00""#.as_bytes(), &Limits::default()).is_ok());
        assert!(parse(b"\"\xff\"", &Limits::default()).is_err());
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let limits = Limits {
            json_depth: 3,
            json_values: 6,
            ..Limits::default()
        };
        assert!(parse(b"[[[1]]]", &limits).is_ok());
        let error = parse(b"[[[[1]]]]", &limits).unwrap_err();
        assert!(error.detail.contains("deeper than 3 levels"), "{error}");
        assert!(parse(b"[1,{\"a\":2},[]]", &limits).is_ok());
        assert!(parse(b"[1,{\"a\":2},[],4]", &limits).is_ok());
        let error = parse(b"[1,{\"a\":2},[],4,5]", &limits).unwrap_err();
        assert!(error.detail.contains("more than 6 values"), "{error}");
    }

    #[test]
    fn depth_bombs_are_refused_on_a_small_stack() {
        std::thread::Builder::new()
            .stack_size(256 * 1024)
            .spawn(|| {
                for unit in ["[", "{\"a\":", "[{\"a\":"] {
                    assert!(parse(unit.repeat(1_000_000).as_bytes(), &Limits::default()).is_err());
                }
            })
            .unwrap()
            .join()
            .unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes, &Limits::default());
        }

        #[test]
        fn reads_strings_as_serde_json_does(text in "[^\0]*") {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(parse(written.as_bytes(), &Limits::default()).unwrap(), Value::String(text));
        }
    }
}
