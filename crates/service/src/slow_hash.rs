//! Hashes for what people type: Argon2id, 19 MiB, two passes (R-TOK-4), in PHC form. Slow by design,
//! so never to be computed inside a transaction.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::RngCore as _;

use crate::{Error, Service};

impl Service {
    pub(crate) fn slow_hash(&self, secret: &str) -> Result<String, Error> {
        let mut salt = [0; 16];
        self.entropy().lock().fill_bytes(&mut salt);
        let salt =
            SaltString::encode_b64(&salt).map_err(|error| Error::internal(error.to_string()))?;
        let hash = hasher()?
            .hash_password(secret.as_bytes(), &salt)
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(hash.to_string())
    }
}

/// Whether a hash was made of this, in a time that does not depend on where they differ.
pub(crate) fn matches(hash: &str, presented: &str) -> Result<bool, Error> {
    let hash = PasswordHash::new(hash).map_err(|error| Error::internal(error.to_string()))?;
    Ok(hasher()?
        .verify_password(presented.as_bytes(), &hash)
        .is_ok())
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let parameters =
        Params::new(19 * 1_024, 2, 1, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}
