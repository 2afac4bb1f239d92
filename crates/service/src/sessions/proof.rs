//! Proving once more who one is, before what is dangerous (R-WEB-7).

use super::stored;
use super::{Password, SignIn, SignedIn};
use crate::{AdminCall, AdminCredential, Error, Service};

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proved {
    Yes,
    Wrong,
    /// The password is right; the code of the second factor is asked for.
    CodeNeeded,
    /// Too many failures; seconds to wait.
    TooOften {
        retry_after: i64,
    },
}

impl Service {
    /// Verifies whoever is signed in with this call's session as signing in does: failures are
    /// counted together, and a code of the second factor works once. The session remembers it for ten
    /// minutes.
    pub fn prove(
        &self,
        call: &AdminCall,
        password: Password,
        code: Option<String>,
    ) -> Result<Proved, Error> {
        let attempt = SignIn {
            name: self.present(call)?.administrator.name,
            password,
            code,
            address: call.address,
            request_id: call.request_id.clone(),
        };
        let verified = match self.verify(&attempt)? {
            Ok(verified) => verified,
            Err(refusal) => return Ok(Proved::from(refusal)),
        };
        let (service, call) = (self.clone(), call.clone());
        self.store().write("sessions.prove", move |tx| {
            let now = match service.settle(tx, &attempt, &verified)? {
                Ok((_, now)) => now,
                Err(refusal) => return Ok(Proved::from(refusal)),
            };
            if let AdminCredential::Session(Ok(digest)) = call.credential {
                stored::prove(tx, &digest, now)?;
            }
            Ok(Proved::Yes)
        })
    }
}

impl From<SignedIn> for Proved {
    /// Of an attempt that was refused; no session was opened for it.
    fn from(refusal: SignedIn) -> Self {
        match refusal {
            SignedIn::CodeNeeded => Self::CodeNeeded,
            SignedIn::TooOften { retry_after } => Self::TooOften { retry_after },
            SignedIn::Wrong | SignedIn::Welcome { .. } => Self::Wrong,
        }
    }
}
