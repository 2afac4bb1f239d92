//! The token endpoint: client credentials for a short-lived token; and what a client may do with a
//! token of its own: end it (RFC 7009), ask about it (RFC 7662).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use vestibule_domain::event::Action;
use vestibule_domain::{CredentialId, ProviderId, gate};
use vestibule_oauth::{
    AboutToken, ActiveToken, Confirmation, Secret, SecretKind, TokenError, TokenRequest,
    TokenResponse, grant,
};
use vestibule_storage::Write;
use vestibule_storage::credentials::{self, Found, Token};

use crate::caller::Tally;
use crate::changes::{gone, made};
use crate::clients::{Client, Contact, use_once};
use crate::credentials::{later, left, minutes, shown};
use crate::{Error, Service, throttle};

impl Service {
    /// Answers a token request. Checked in DOMAIN.md's order: throttle, credential, address,
    /// referrer, paused, rate, scope.
    pub async fn grant_token(
        &self,
        request: Result<TokenRequest, TokenError>,
        contact: &Contact,
    ) -> Result<TokenResponse, Error> {
        let request = request?;
        let (service, from) = (self.clone(), contact.clone());
        let tally = Tally::default();
        let granted = self.store().queue("tokens.grant", move |tx| {
            let now = service.now();
            let granted = service.granted(tx, &request, &from, &tally, now);
            throttle::counted(tx, &request.client, from.address, now, granted)
        });
        let (response, by, now) = granted.await??;
        self.telemetry()
            .used(by.credential, by.provider().id, contact.address, now);
        Ok(response)
    }

    fn granted(
        &self,
        tx: &mut Write<'_>,
        request: &TokenRequest,
        from: &Contact,
        tally: &Tally,
        now: DateTime<Utc>,
    ) -> Result<(TokenResponse, Client, DateTime<Utc>), Error> {
        let client = self.authenticate_client(tx, &request.client, from, now)?;
        use_once(tx, &request.client, client.single_use)?;
        let provider = client.provider();
        gate::paused_gate(provider).map_err(|refusal| self.refused(&refusal))?;
        self.take_once(tally, provider, now)?;
        let settings = self.settings();
        let scope = grant::scopes(request.scope.clone()?, provider.settings.scopes)?;
        let expires_in = grant::lifetime(
            request.ttl.clone()?,
            minutes(settings.default_token_minutes),
            minutes(settings.maximum_token_minutes),
            left(provider.settings.valid_until, now),
        );
        if expires_in.is_zero() {
            // Less than a second of validity is none: no token could be told the truth about.
            return Err(request.client.refused().into());
        }
        let access_token = Secret::generate(SecretKind::AccessToken, &mut self.entropy().lock());
        let token = Token {
            id: self.id(CredentialId::from_uuid, now),
            provider: provider.id,
            name: None,
            activation: false,
            scopes: scope,
            issued: now,
            expires: later(now, expires_in.as_secs()),
            certificate: client.certificate,
        };
        credentials::insert_token(tx, &token, &access_token.digest())?;
        if self.trims().is_due(provider.id, settings.live_tokens) {
            credentials::trim_tokens(tx, provider.id, settings.live_tokens)?;
        }
        let payload = made(shown(&token));
        let change = client.change(from, Action::TokenIssued, token.id, payload, now);
        self.record(tx, change);
        let response = TokenResponse {
            access_token,
            expires_in,
            scope,
        };
        Ok((response, client, now))
    }

    /// Ends a token of the asking client's own, of either kind. RFC 7009, section 2.2: a token that
    /// is not there is no error, "since the client cannot handle such an error in a reasonable
    /// way"; nor is one of somebody else, which goes on. A paused provider may end its tokens.
    pub async fn revoke_own_token(
        &self,
        request: Result<AboutToken, TokenError>,
        contact: &Contact,
    ) -> Result<(), Error> {
        let request = request?;
        let (service, from) = (self.clone(), contact.clone());
        let tally = Tally::default();
        let revoked = self.store().queue("tokens.revoke", move |tx| {
            let now = service.now();
            let revoked = service.revoked(tx, &request, &from, &tally, now);
            throttle::counted(tx, &request.client, from.address, now, revoked)
        });
        let (by, now) = revoked.await??;
        self.telemetry()
            .used(by.credential, by.provider().id, contact.address, now);
        Ok(())
    }

    fn revoked(
        &self,
        tx: &mut Write<'_>,
        request: &AboutToken,
        from: &Contact,
        tally: &Tally,
        now: DateTime<Utc>,
    ) -> Result<(Client, DateTime<Utc>), Error> {
        let client = self.authenticate_client(tx, &request.client, from, now)?;
        use_once(tx, &request.client, client.single_use)?;
        let provider = client.provider().id;
        self.take_once(tally, client.provider(), now)?;
        let found = credentials::find_token(tx, &request.token)?;
        let own = found.map(|found| found.token);
        if let Some(token) = own.filter(|token| token.provider == provider) {
            credentials::delete_token_by_digest(tx, provider, &request.token)?;
            let action = ended(&token);
            let payload = gone(shown(&token));
            let change = client.change(from, action, token.id, payload, now);
            self.record(tx, change);
        }
        Ok((client, now))
    }

    /// Tells of a token of the asking client's own, if it works.
    pub async fn introspect_own_token(
        &self,
        request: Result<AboutToken, TokenError>,
        contact: &Contact,
    ) -> Result<Option<ActiveToken>, Error> {
        let request = request?;
        let (now, tally) = (self.now(), Tally::default());
        let told = self.store().read(|tx| {
            let client = self.authenticate_client(tx, &request.client, contact, now)?;
            gate::paused_gate(client.provider()).map_err(|refusal| self.refused(&refusal))?;
            self.take_once(&tally, client.provider(), now)?;
            let found = credentials::find_token(tx, &request.token)?;
            let own = found.filter(|Found { token, epoch, .. }| {
                token.provider == client.provider().id && works(token, *epoch, now)
            });
            Ok((own.map(|found| found.token), client))
        });
        let told = match told {
            // Told only if the assertion was not used before: that is a write.
            Ok((
                own,
                by @ Client {
                    single_use: Some(_),
                    ..
                },
            )) => {
                let (client, single_use) = (request.client.clone(), by.single_use);
                let once = self.store().queue("clients.use_assertion", move |tx| {
                    use_once(tx, &client, single_use)
                });
                once.await.map(|()| (own, by))
            }
            told => told,
        };
        let (own, by) = match told {
            Err(failed) if throttle::is_failure(&failed) => {
                let (client, address) = (request.client.clone(), contact.address);
                let counted = self.store().queue("clients.failed", move |tx| {
                    throttle::count(tx, &client, address, now)
                });
                counted.await?;
                return Err(failed);
            }
            told => told?,
        };
        self.telemetry()
            .used(by.credential, by.provider().id, contact.address, now);
        let (scopes, end) = (
            by.provider().settings.scopes,
            by.provider().settings.valid_until,
        );
        let client_id = by.registered.client_id;
        Ok(own.map(|token| ActiveToken {
            scope: token.scopes.intersect(scopes),
            sub: client_id.clone(),
            client_id,
            token_type: "Bearer",
            // The provider's validity may have been brought forward since.
            exp: end
                .map_or(token.expires, |end| end.min(token.expires))
                .timestamp(),
            iat: token.issued.timestamp(),
            iss: contact.issuer.clone(),
            cnf: token
                .certificate
                .map(|certificate| Confirmation { certificate }),
        }))
    }
}

/// Tokens of each provider granted by this node since it last looked for older ones to end. Looking walks
/// past all that stay, so it is done once for every so many grants.
#[derive(Debug, Default)]
pub(crate) struct Trims(Mutex<HashMap<ProviderId, i64>>);

impl Trims {
    /// Counts a grant, and tells whether to look: the first time, and after each sixteenth of as many as
    /// may live.
    fn is_due(&self, provider: ProviderId, live_tokens: i64) -> bool {
        let mut granted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = granted.entry(provider).or_insert(live_tokens);
        *count += 1;
        let due = *count > live_tokens / 16;
        if due {
            *count = 0;
        }
        due
    }
}

/// Whether a token works at all, whatever the state of its provider.
pub(crate) fn works(token: &Token, epoch: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    now < token.expires && epoch.is_none_or(|epoch| token.issued >= epoch)
}

/// What is recorded when that token is revoked.
pub(crate) fn ended(token: &Token) -> Action {
    if token.activation {
        Action::ActivationTokenRevoked
    } else {
        Action::TokenRevoked
    }
}

#[cfg(test)]
mod tests;
