//! Values that resources are looked up by.

use vestibule_scim::ScimType;

use crate::Error;

/// The most bytes of a value that an index holds: PostgreSQL takes 2,704 with the names beside it.
const MOST: usize = 2_000;

/// Holds a value that resources are looked up by, in the form it is compared in, to what an index
/// takes. 400 `invalidValue` naming the attribute.
pub(crate) fn indexed(attribute: &str, key: String) -> Result<String, Error> {
    if key.len() <= MOST {
        return Ok(key);
    }
    let detail = format!("{attribute}: longer than the {MOST} bytes by which it can be looked up");
    Err(vestibule_scim::Error::bad_request(ScimType::InvalidValue, detail).into())
}
