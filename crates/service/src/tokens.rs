//! The token endpoint: client credentials for a short-lived token.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vestibule_domain::event::{Action, Actor};
use vestibule_domain::gate::{self, Refusal};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::{
    Digest, Secret, SecretKind, TokenError, TokenErrorKind, TokenRequest, TokenResponse, grant,
};
use vestibule_storage::credentials::{self, Token};
use vestibule_storage::{Read, providers};

use crate::changes::made;
use crate::credentials::{later, live, seconds_left, shown};
use crate::{Change, Error, Service};

/// Secrets compared for every request, whether there are as many or not.
const COMPARED: usize = 2;

impl Service {
    /// Answers a token request. `address` is the caller's, `referers` the values of all `Referer`
    /// lines. Checked in DOMAIN.md's order: credential, address, referrer, paused, scope.
    pub fn grant_token(
        &self,
        request: Result<TokenRequest, TokenError>,
        address: Option<IpAddr>,
        referers: &[String],
        request_id: String,
    ) -> Result<TokenResponse, Error> {
        let request = request?;
        let service = self.clone();
        let referers = referers.to_vec();
        let granted = self.store().write("tokens.grant", move |tx| {
            let now = service.now();
            let (provider, secret) = authenticate(tx, &request, now)?;
            let referers: Vec<&str> = referers.iter().map(String::as_str).collect();
            gate::network_gate(&provider, address, &referers)
                .map_err(|refusal| service.refused(&refusal))?;
            gate::paused_gate(&provider).map_err(|refusal| service.refused(&refusal))?;
            service.rates().take(&provider, now)?;
            let settings = service.settings();
            let scope = grant::scopes(request.scope, provider.settings.scopes)?;
            let expires_in = grant::lifetime(
                request.ttl_minutes,
                settings.default_token_minutes,
                settings.maximum_token_minutes,
                seconds_left(provider.settings.valid_until, now),
            );
            if expires_in == 0 {
                // Less than a second of validity is none: no token could be told the truth about.
                return Err(Error::Token(TokenError::invalid_client(request.used_basic)));
            }
            let access_token =
                Secret::generate(SecretKind::AccessToken, &mut service.entropy().lock());
            let token = Token {
                id: service.id(CredentialId::from_uuid, now),
                provider: provider.id,
                name: None,
                activation: false,
                scopes: scope,
                issued: now,
                expires: later(now, expires_in),
            };
            credentials::insert_token(tx, &token, &access_token.digest())?;
            credentials::trim_tokens(tx, provider.id, settings.live_tokens)?;
            service.record(
                tx,
                Change {
                    id: None,
                    at: now,
                    actor: Actor::Provider {
                        id: provider.id,
                        address,
                    },
                    action: Action::TokenIssued,
                    subject: token.id.into(),
                    provider: Some(provider.id),
                    cause: None,
                    request_id: Some(request_id.clone()),
                    payload: made(shown(&token)),
                },
            );
            Ok((
                TokenResponse {
                    access_token,
                    expires_in,
                    scope,
                },
                secret,
                provider.id,
                now,
            ))
        });
        let (response, secret, provider, now) = granted?;
        self.telemetry().used(secret, provider, address, now);
        Ok(response)
    }

    /// What the token endpoint answers when a gate behind the credential is shut.
    fn refused(&self, refusal: &Refusal) -> Error {
        let kind = match refusal {
            Refusal::Paused => TokenErrorKind::TemporarilyUnavailable,
            Refusal::Disabled
            | Refusal::Expired
            | Refusal::Address(_)
            | Refusal::Referrer
            | Refusal::ScopeTooSmall { .. } => TokenErrorKind::UnauthorizedClient,
        };
        let error = TokenError::new(kind, refusal.to_string());
        Error::Token(match kind {
            TokenErrorKind::TemporarilyUnavailable => {
                error.with_retry_after(self.settings().retry_after)
            }
            _ => error,
        })
    }
}

/// The provider that asks and the secret it asked with. Unknown, wrong, disabled and expired are
/// one answer, after the same statements and as many comparisons (R-TOK-5).
fn authenticate(
    tx: &mut Read<'_>,
    request: &TokenRequest,
    now: DateTime<Utc>,
) -> Result<(Provider, CredentialId), Error> {
    let presented = Digest::of(request.credentials.client_secret.secret());
    let registered = providers::find_by_client_id(tx, &request.credentials.client_id)?;
    let nobody = ProviderId::from_uuid(Uuid::nil());
    let id = registered
        .as_ref()
        .map_or(nobody, |registered| registered.provider.id);
    let secrets = credentials::secrets(tx, id)?;
    let mut right = None;
    for secret in &secrets {
        if presented.matches(&secret.digest) && live(secret, now) {
            right = Some(secret.id);
        }
    }
    let never = Digest::of("");
    for _ in secrets.len()..COMPARED {
        std::hint::black_box(presented.matches(&never));
    }
    registered
        .map(|registered| registered.provider)
        .filter(|provider| gate::credential_gate(provider, now).is_ok())
        .zip(right)
        .ok_or_else(|| TokenError::invalid_client(request.used_basic).into())
}

#[cfg(test)]
mod tests;
