//! Where people enter by their access link.

use vestibule_oauth::Secret;

/// Below which every link's address lies.
pub const MOUNT: &str = "/enter";

/// The address of a link, to be told to its person alone.
pub fn address(public_url: &str, secret: &Secret) -> String {
    format!("{public_url}{MOUNT}/{}", secret.expose())
}
