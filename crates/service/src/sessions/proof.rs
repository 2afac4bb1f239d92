//! Proving once more who one is, before what is dangerous (R-WEB-7).

use super::{Password, SignIn, SignedIn, settle};
use crate::{AdminCall, Error, Service};

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
    /// counted together, and a code of the second factor works once.
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
            Err(SignedIn::CodeNeeded) => return Ok(Proved::CodeNeeded),
            Err(SignedIn::TooOften { retry_after }) => {
                return Ok(Proved::TooOften { retry_after });
            }
            Err(SignedIn::Wrong | SignedIn::Welcome { .. }) => return Ok(Proved::Wrong),
        };
        let service = self.clone();
        self.store().write("sessions.prove", move |tx| {
            let settled = settle(tx, &attempt, &verified, service.now())?;
            Ok(settled.map_or(Proved::Wrong, |_| Proved::Yes))
        })
    }
}
