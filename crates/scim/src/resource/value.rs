//! Values of the simple types (RFC 7643, section 2.3).

use serde_json::Value;

use super::place::Place;
use crate::dialect::boolean_text;
use crate::schema::{AttributeType, is_user_name};
use crate::{Attribute, Error, Limits, Tolerance, Tolerances, filter};

/// Holds a value to a simple attribute's type and length. Nothing but a boolean sent as text is
/// rewritten.
pub(super) fn simple(
    place: &Place<'_>,
    attribute: &Attribute,
    value: Value,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Value, Error> {
    match (attribute.kind, &value) {
        (AttributeType::String, Value::String(text)) => {
            let longest = if is_user_name(attribute) {
                limits.user_name_length
            } else {
                limits.string_length
            };
            // The number of characters is at most that of bytes.
            if text.len() > longest && text.chars().count() > longest {
                return Err(place.invalid(format_args!("longer than {longest} characters")));
            }
        }
        (AttributeType::Reference, Value::String(text)) => bytes(place, text.len(), limits)?,
        (AttributeType::Binary, Value::String(text)) => {
            let length = decoded_length(text).ok_or_else(|| place.invalid("expected base64"))?;
            // White space makes the text at most twice as long as the bytes it may stand for.
            bytes(place, length.max(text.len() / 2), limits)?;
        }
        (AttributeType::DateTime, Value::String(text)) => {
            if filter::instant(text).is_none() {
                return Err(place.invalid(
                    "expected a date and time such as \"2008-01-23T04:56:22Z\" (xsd:dateTime)",
                ));
            }
        }
        (AttributeType::Boolean, Value::Bool(_)) | (AttributeType::Decimal, Value::Number(_)) => {}
        (AttributeType::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {}
        (AttributeType::Integer, Value::Number(_)) => {
            return Err(place.invalid(format_args!(
                "expected a whole number from {} to {}",
                i64::MIN,
                u64::MAX
            )));
        }
        (AttributeType::Boolean, Value::String(text)) => {
            return match boolean_text(text) {
                Some(boolean) if tolerances.accept(Tolerance::BooleanText) => {
                    Ok(Value::Bool(boolean))
                }
                _ => Err(mismatch(place, attribute.kind, &value)),
            };
        }
        _ => return Err(mismatch(place, attribute.kind, &value)),
    }
    Ok(value)
}

pub(super) fn mismatch(place: &Place<'_>, expected: AttributeType, value: &Value) -> Error {
    let expected = match expected {
        AttributeType::String => "a string",
        AttributeType::Boolean => "a boolean",
        AttributeType::Decimal => "a number",
        AttributeType::Integer => "an integer",
        AttributeType::DateTime => "a date and time as a string",
        AttributeType::Binary => "base64 as a string",
        AttributeType::Reference => "a URI as a string",
        AttributeType::Complex => "an object",
    };
    place.invalid(format_args!("expected {expected}, got {}", kind_of(value)))
}

/// What a JSON value is, with its article.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn bytes(place: &Place<'_>, length: usize, limits: &Limits) -> Result<(), Error> {
    if length > limits.binary_length {
        return Err(place.invalid(format_args!("longer than {} bytes", limits.binary_length)));
    }
    Ok(())
}

/// How many bytes base64 stands for, if it is any: RFC 4648, section 4, padding optional. White space is let
/// through: RFC 7643 prints its own certificates with it.
fn decoded_length(text: &str) -> Option<usize> {
    let mut symbols = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return None,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => symbols += 1,
            _ => return None,
        }
    }
    let padded = padding == 0 || (padding <= 2 && (symbols + padding).is_multiple_of(4));
    (symbols % 4 != 1 && padded).then_some(symbols / 4 * 3 + symbols % 4 * 3 / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves: 7643-2.3.6-base64 7643-4.1.2-certificate
    #[test]
    fn base64_is_of_the_standard_alphabet() {
        for (good, length) in [
            ("", 0),
            ("TQ==", 1),
            ("TQ", 1),
            ("TWE=", 2),
            ("TWFu", 3),
            ("TWFu\nTWFu", 6),
            ("+/+/+/8", 5),
        ] {
            assert_eq!(decoded_length(good), Some(length), "{good}");
        }
        for bad in [
            "T", "TQ=", "TQ===", "T=Q=", "====", "TW%u", "-_-_", "+_+_", "TWFu=", "é",
        ] {
            assert_eq!(decoded_length(bad), None, "{bad}");
        }
    }
}
