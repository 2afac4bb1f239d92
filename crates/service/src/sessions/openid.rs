//! Sessions for administrators whom a configured OpenID provider has named.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use vestibule_domain::event::{Action, Payload};
use vestibule_storage::administrators as people;

use super::{SignedIn, about};
use crate::administrators::Administrator;
use crate::{Change, Error, Service};

impl Service {
    /// State, nonce and verifier of a sign-in, 256 random bits each.
    pub fn sign_in_challenge(&self) -> [String; 3] {
        let mut entropy = self.entropy().lock();
        [(); 3].map(|()| {
            let mut bytes = [0; 32];
            entropy.fill_bytes(&mut bytes);
            URL_SAFE_NO_PAD.encode(bytes)
        })
    }

    /// Opens a session for the administrator of that name, who must be there and enabled: nobody is
    /// made, and nobody's role comes from elsewhere.
    pub fn sign_in_by_openid(
        &self,
        name: &str,
        address: Option<IpAddr>,
        request_id: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let (service, name) = (self.clone(), name.to_owned());
        let request_id = request_id.map(str::to_owned);
        self.store().write("sessions.open_by_openid", move |tx| {
            people::lock(tx)?;
            let now = service.now();
            let Some(found) = people::find_by_name(tx, &name)?.filter(|who| who.enabled) else {
                return Ok(SignedIn::Wrong);
            };
            let secret = service.new_session(tx, found.id, now)?;
            let administrator = Administrator::try_from(found)?;
            let change = about(
                &administrator,
                Action::AdministratorSignedIn,
                address,
                request_id.clone(),
                now,
            );
            service.record(
                tx,
                Change {
                    payload: Payload {
                        why: Some("by OpenID Connect".to_owned()),
                        ..Payload::default()
                    },
                    ..change
                },
            );
            Ok(SignedIn::Welcome {
                secret,
                administrator,
            })
        })
    }
}
