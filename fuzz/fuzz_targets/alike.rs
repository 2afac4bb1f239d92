//! Printed filters beside one another.

/// Whether they are the same, decimals apart: RFC 8259, section 6, lets a number be approximated, and
/// reading a long one may change its last bit.
pub fn alike(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split([' ', '(', ')', '[', ']'])
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (words(one), words(other));
    one.len() == other.len()
        && one
            .iter()
            .zip(&other)
            .all(|(one, other)| one == other || nearly(one, other))
}

fn nearly(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>()) else {
        return false;
    };
    (one - other).abs() <= one.abs() * 4.0 * f64::EPSILON
}
