//! The bounds of what SCIM clients send (`limits`), each by its name.

use vestibule_scim::Limits;

use super::{ConfigError, Reader};

const KEY: &str = "limits";

/// A bound that can be set: its name, between what, and what it sets.
type Bound = (&'static str, usize, usize, fn(&mut Limits) -> &mut usize);

/// Nesting stays far from where a thread's stack ends.
const BOUNDS: [Bound; 14] = [
    ("json_depth", 8, 64, |limits| &mut limits.json_depth),
    ("json_values", 1_000, 10_000_000, |limits| {
        &mut limits.json_values
    }),
    ("filter_length", 256, 65_536, |limits| {
        &mut limits.filter_length
    }),
    ("filter_depth", 2, 40, |limits| &mut limits.filter_depth),
    ("filter_terms", 5, 500, |limits| &mut limits.filter_terms),
    ("patch_operations", 1, 100_000, |limits| {
        &mut limits.patch_operations
    }),
    ("patch_work", 100_000, 1_000_000_000, |limits| {
        &mut limits.patch_work
    }),
    ("path_length", 128, 4_096, |limits| &mut limits.path_length),
    ("bulk_operations", 1, 100_000, |limits| {
        &mut limits.bulk_operations
    }),
    ("members", 100, 1_000_000, |limits| &mut limits.members),
    ("values", 10, 100_000, |limits| &mut limits.values),
    ("string_length", 256, 1_048_576, |limits| {
        &mut limits.string_length
    }),
    ("binary_length", 1_024, 16_777_216, |limits| {
        &mut limits.binary_length
    }),
    ("user_name_length", 64, 1_024, |limits| {
        &mut limits.user_name_length
    }),
];

/// The usual bounds with those that are given, such as `filter_terms=100`, in their place.
/// `max_body` is that of every body, and so that of a bulk request.
pub(super) fn limits(read: &Reader<'_>, max_body: usize) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    limits.bulk_payload = max_body;
    for item in read.list(KEY) {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        let Some((name, least, most, field)) =
            BOUNDS.iter().find(|(known, ..)| *known == name.trim())
        else {
            let known: Vec<&str> = BOUNDS.iter().map(|(known, ..)| *known).collect();
            let why = format!("`{item}` is none of {}, with =N", known.join(", "));
            return Err(read.refuse(KEY, why));
        };
        let number = value.trim().parse().ok();
        let Some(number) = number.filter(|number| (*least..=*most).contains(number)) else {
            let why = format!("{name} must be a whole number between {least} and {most}");
            return Err(read.refuse(KEY, why));
        };
        *field(&mut limits) = number;
    }
    Ok(limits)
}
