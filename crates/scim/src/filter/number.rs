//! The order of numbers.

use std::cmp::Ordering;

use serde_json::Number;

/// From here on not every whole number is a double.
const DOUBLES_SKIP: f64 = 9_007_199_254_740_992.0;
/// Above every integer that JSON is read with.
const NO_INTEGER: f64 = 1e20;

/// By value, of integers and decimals alike. A decimal is what its digits say: those of the shortest text
/// that is read as it.
pub(super) fn order(a: &Number, b: &Number) -> Ordering {
    place(a).cmp(&place(b))
}

/// A number in text that sorts, by bytes, by value: for a database that cannot compare numbers exactly, as
/// [`instant`](super::instant) is for dates. Equal numbers have one key, whether or not a point is in them.
///
/// RFC 7644, section 3.4.2.2.
pub fn number_key(number: &Number) -> String {
    let (double, whole) = place(number);
    match whole {
        0 => format!("{double:016x}"),
        whole => format!("{double:016x}{:032x}", whole.cast_unsigned() ^ (1 << 127)),
    }
}

/// The number as equal ones are all written: without a point where it is whole and JSON is read with an
/// integer of that size.
pub(super) fn canonical(number: &Number) -> Number {
    let double = number.as_f64().unwrap_or_default();
    if !number.is_f64() || double.fract() != 0.0 {
        return number.clone();
    }
    // There is one zero; of a double the shortest digits count, as they do for `place`.
    let digits = (double + 0.0).to_string();
    let whole = match digits.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => digits.parse::<u64>().ok().map(Number::from),
    };
    whole.unwrap_or_else(|| number.clone())
}

/// The nearest double, in bits that are ordered as doubles are, and where those skip whole numbers the number
/// itself.
fn place(number: &Number) -> (u64, i128) {
    let double = number.as_f64().unwrap_or_default();
    let whole = match number.as_i128() {
        _ if double.abs() < DOUBLES_SKIP || double.abs() >= NO_INTEGER => 0,
        Some(integer) => integer,
        None => double.to_string().parse().unwrap_or_default(),
    };
    // There is one zero.
    let bits = (double + 0.0).to_bits();
    let sign = 1 << 63;
    let ordered = if bits & sign == 0 { bits | sign } else { !bits };
    (ordered, whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_of_either_kind_have_one_order() {
        let ascending = [
            "-1e300",
            "-9007199254740993",
            "-9007199254740992.0",
            "-1",
            "-4.9e-324",
            "0",
            "9.707703518797716e-300",
            "9.70770351879772e-300",
            "0.1",
            "1",
            "9007199254740991",
            "9007199254740992.0",
            "9007199254740993",
            "9007199254740994.0",
            "9223372036854775807",
            "9223372036854775809",
            "9.223372036854776e18",
            "18446744073709551614",
            "18446744073709551615",
            "1e20",
            "1.7419654925756863e168",
        ]
        .map(number);
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(order(a, b), at.cmp(&other), "{a} {b}");
                assert_eq!(number_key(a).cmp(&number_key(b)), at.cmp(&other), "{a} {b}");
                assert_eq!(canonical(a) == canonical(b), at == other, "{a} {b}");
            }
        }
    }

    #[test]
    fn how_a_number_is_written_does_not_matter() {
        for (a, b) in [
            ("5", "5.0"),
            ("0", "-0.0"),
            ("1000", "1e3"),
            ("9007199254740992", "9007199254740992.0"),
            ("-9007199254740994", "-9007199254740994.0"),
        ] {
            assert_eq!(number_key(&number(a)), number_key(&number(b)), "{a} {b}");
            assert_eq!(canonical(&number(a)), canonical(&number(b)), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn keys_sort_as_doubles_and_integers_do(a in any::<f64>(), b in any::<f64>(), i in any::<i64>(), j in any::<i64>()) {
            let doubles = (Number::from_f64(a), Number::from_f64(b));
            if let (Some(x), Some(y)) = doubles {
                prop_assert_eq!(Some(number_key(&x).cmp(&number_key(&y))), a.partial_cmp(&b));
            }
            prop_assert_eq!(number_key(&i.into()).cmp(&number_key(&j.into())), i.cmp(&j));
        }
    }
}
