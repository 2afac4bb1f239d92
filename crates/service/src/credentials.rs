//! A provider's credentials: two secrets that work at once, activation tokens, and their end.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::settings::{self, MAX_NAME};
use vestibule_domain::{CredentialId, Hindrance, Mistake, ProviderId};
use vestibule_oauth::{Scopes, Secret, SecretKind, grant};
use vestibule_scim::fold::fold;
use vestibule_storage::Write;
use vestibule_storage::credentials::{self, ClientSecret};

pub use vestibule_storage::credentials::{Token, TokenSort, Use};

use crate::changes::{gone, made};
use crate::pages::{Page, PageQuery};
use crate::providers::{self, NewCredentials};
use crate::tokens::ended;
use crate::{AdminCall, Change, Error, Operator, Role, Service};

/// How long the previous secret goes on working when nothing is said.
const OVERLAP: Duration = Duration::hours(24);
/// Minutes that it can at most: a year.
const MAXIMUM_OVERLAP: i64 = 525_600;
/// The longest life of an activation token, in minutes: ten years.
const MAXIMUM_ACTIVATION: u64 = 3_653 * 24 * 60;

/// An activation token just issued, shown this once.
#[derive(Debug)]
pub struct IssuedToken {
    pub id: CredentialId,
    pub access_token: Secret,
    /// Its remaining life in seconds, as it is stored.
    pub expires_in: u64,
    pub scopes: Scopes,
}

impl Service {
    /// Issues another secret. The newest of those that work goes on working for a while (none = 24
    /// hours, zero = not at all), older ones end at once: at most two work.
    pub fn rotate_secret(
        &self,
        call: &AdminCall,
        provider: ProviderId,
        old_secret_expires_in: Option<Duration>,
    ) -> Result<NewCredentials, Error> {
        let (service, call) = (self.clone(), call.clone());
        let overlap = old_secret_expires_in.unwrap_or(OVERLAP);
        if overlap < Duration::zero() || overlap > Duration::minutes(MAXIMUM_OVERLAP) {
            let range = [
                ("min", "0".into()),
                ("max", MAXIMUM_OVERLAP.to_string().into()),
            ];
            let mistake = Mistake::OutOfRange.said(range);
            return Err(Error::invalid("overlap_minutes", &mistake));
        }
        self.store().write("credentials.rotate_secret", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Administrator, service.now())?;
            credentials::lock(tx, provider)?;
            let now = service.now();
            let registered = providers::find(tx, provider)?;
            let mut secrets = credentials::secrets(tx, provider)?;
            let previous = match secrets.pop_if(|newest| live(newest, now)) {
                Some(newest) => Some(phase_out(tx, &newest, now + overlap)?),
                None => None,
            };
            // Those that ended by time alone were told then; that they are forgotten now is told here.
            let mut forgotten = Vec::new();
            for older in secrets {
                credentials::delete_secret(tx, provider, older.id)?;
                if live(&older, now) {
                    service.record_secret_end(tx, &operator, &older, now);
                } else {
                    forgotten.push(secret_shown(&older));
                }
            }
            let (secret_id, client_secret) = service.issue_secret(tx, provider, now)?;
            service.record(
                tx,
                Change {
                    provider: Some(provider),
                    payload: Payload {
                        before: (!forgotten.is_empty()).then(|| json!({"forgotten": forgotten})),
                        ..made(json!({"id": secret_id, "expires": null, "previous": previous}))
                    },
                    ..operator.change(Action::SecretIssued, secret_id, now)
                },
            );
            Ok(NewCredentials {
                provider: registered,
                secret_id,
                client_secret,
            })
        })
    }

    /// Ends a secret at once. Tokens it fetched go on until they expire or are revoked.
    pub fn revoke_secret(
        &self,
        call: &AdminCall,
        provider: ProviderId,
        id: CredentialId,
    ) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("credentials.revoke_secret", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            providers::find(tx, provider)?;
            let secrets = credentials::secrets(tx, provider)?;
            let secret = secrets
                .iter()
                .find(|secret| secret.id == id)
                .ok_or(Error::NotFound("client secret"))?;
            credentials::delete_secret(tx, provider, id)?;
            service.record_secret_end(tx, &operator, secret, now);
            Ok(())
        })
    }

    /// Issues a named, long-lived token for a product that cannot fetch its own. `ttl_minutes` is
    /// lowered to ten years and to the provider's validity; `expires_in` tells the truth.
    pub fn issue_activation_token(
        &self,
        call: &AdminCall,
        provider: ProviderId,
        name: &str,
        ttl_minutes: Option<u64>,
        scope: Option<Scopes>,
    ) -> Result<IssuedToken, Error> {
        let (service, call, name) = (self.clone(), call.clone(), name.to_owned());
        self.store()
            .write("credentials.issue_activation_token", move |tx| {
                let operator = crate::admin::admit(tx, &call, Role::Administrator, service.now())?;
                credentials::lock(tx, provider)?;
                let now = service.now();
                let provider = providers::find(tx, provider)?.provider;
                settings::line("name", &name, MAX_NAME)?;
                if ttl_minutes == Some(0) {
                    return Err(Error::invalid("ttl", &Mistake::NoMinute.said([])));
                }
                let key = fold(&name);
                let same = |token: &Token| {
                    token.expires > now && token.name.as_deref().map(fold).as_ref() == Some(&key)
                };
                if credentials::activation_tokens(tx, provider.id)?
                    .iter()
                    .any(same)
                {
                    return Err(Error::Uniqueness(Hindrance::TokenName.said([])));
                }
                let scopes = grant::scopes(scope, provider.settings.scopes).map_err(|refused| {
                    Error::Invalid {
                        field: "scope".to_owned(),
                        detail: format!("scope: {}", refused.description),
                    }
                })?;
                let expires_in = grant::lifetime(
                    ttl_minutes.map(minutes),
                    minutes(service.settings().activation_token_minutes),
                    minutes(MAXIMUM_ACTIVATION),
                    left(provider.settings.valid_until, now),
                );
                if expires_in.is_zero() {
                    return Err(Error::Conflict(Hindrance::ValidityEnded.said([])));
                }
                let access_token =
                    Secret::generate(SecretKind::AccessToken, &mut service.entropy().lock());
                let token = Token {
                    id: service.id(CredentialId::from_uuid, now),
                    provider: provider.id,
                    name: Some(name.clone()),
                    activation: true,
                    scopes,
                    issued: now,
                    expires: later(now, expires_in.as_secs()),
                    certificate: None,
                };
                credentials::insert_token(tx, &token, &access_token.digest())?;
                service.record(
                    tx,
                    Change {
                        provider: Some(provider.id),
                        payload: made(shown(&token)),
                        ..operator.change(Action::ActivationTokenIssued, token.id, now)
                    },
                );
                Ok(IssuedToken {
                    id: token.id,
                    access_token,
                    expires_in: expires_in.as_secs(),
                    scopes,
                })
            })
    }

    /// The activation tokens of a provider, also those that have expired; the oldest first unless
    /// another order is asked for.
    pub fn activation_tokens(
        &self,
        call: &AdminCall,
        provider: ProviderId,
        page: &PageQuery<TokenSort>,
    ) -> Result<Page<Token>, Error> {
        let asked = self.asked(page, (TokenSort::Issued, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            providers::find(tx, provider)?;
            let found = credentials::list_activation_tokens(tx, provider, asked.page())?;
            Ok(asked.answer(found, |_, token| (None, token.id.to_string())))
        })
    }

    /// Ends one token of a provider, of either kind.
    pub fn revoke_token(
        &self,
        call: &AdminCall,
        provider: ProviderId,
        id: CredentialId,
    ) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("credentials.revoke_token", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let token =
                credentials::find_token_by_id(tx, provider, id)?.ok_or(Error::NotFound("token"))?;
            credentials::delete_token(tx, provider, id)?;
            let action = ended(&token);
            service.record(
                tx,
                Change {
                    provider: Some(provider),
                    payload: gone(shown(&token)),
                    ..operator.change(action, id, now)
                },
            );
            Ok(())
        })
    }

    /// Ends every token of a provider, activation tokens included. Answers how many.
    pub fn revoke_all_tokens(
        &self,
        call: &AdminCall,
        provider: ProviderId,
    ) -> Result<usize, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store()
            .write("credentials.revoke_all_tokens", move |tx| {
                let now = service.now();
                let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
                let registered = providers::find(tx, provider)?;
                let named: Vec<Value> = credentials::activation_tokens(tx, provider)?
                    .iter()
                    .map(shown)
                    .collect();
                let ended = credentials::delete_tokens(tx, provider, true)?;
                if ended > 0 {
                    let about = providers::about(
                        &operator,
                        Action::TokenRevoked,
                        &registered.provider,
                        now,
                    );
                    let payload = gone(json!({"tokens": ended, "activation_tokens": named}));
                    service.record(tx, Change { payload, ..about });
                }
                Ok(ended)
            })
    }

    /// Ends every token of a provider, of either kind, that was issued before `epoch`, also one that
    /// should turn up again. An epoch never goes back, and cannot lie in the future. Answers how many
    /// tokens that were.
    pub fn revoke_tokens_before(
        &self,
        call: &AdminCall,
        provider: ProviderId,
        epoch: DateTime<Utc>,
    ) -> Result<usize, Error> {
        let (service, call) = (self.clone(), call.clone());
        // What is stored is what is told.
        let epoch = epoch.trunc_subsecs(6);
        self.store()
            .write("credentials.revoke_tokens_before", move |tx| {
                let now = service.now();
                let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
                let registered = providers::find(tx, provider)?;
                if epoch > now {
                    let mistake = Mistake::InFuture.said([]);
                    return Err(Error::invalid("issued_before", &mistake));
                }
                let named: Vec<Value> = credentials::activation_tokens(tx, provider)?
                    .iter()
                    .filter(|token| token.issued < epoch)
                    .map(shown)
                    .collect();
                vestibule_storage::providers::raise_epoch(tx, provider, epoch)?;
                let ended = credentials::delete_tokens_before(tx, provider, epoch)?;
                let about =
                    providers::about(&operator, Action::TokenRevoked, &registered.provider, now);
                let payload = gone(json!({
                    "issued_before": epoch,
                    "tokens": ended,
                    "activation_tokens": named,
                }));
                service.record(tx, Change { payload, ..about });
                Ok(ended)
            })
    }

    fn record_secret_end(
        &self,
        tx: &mut Write<'_>,
        operator: &Operator,
        secret: &ClientSecret,
        now: DateTime<Utc>,
    ) {
        self.record(
            tx,
            Change {
                provider: Some(secret.provider),
                payload: gone(secret_shown(secret)),
                ..operator.change(Action::SecretRevoked, secret.id, now)
            },
        );
    }
}

/// Lets a secret end at the given instant, unless it ends before. Answers how it was and is.
fn phase_out(
    tx: &mut Write<'_>,
    secret: &ClientSecret,
    end: DateTime<Utc>,
) -> Result<Value, Error> {
    let expires = secret.expires.map_or(end, |expires| expires.min(end));
    credentials::set_secret_expiry(tx, secret.provider, secret.id, Some(expires))?;
    Ok(
        json!({"id": secret.id, "before": {"expires": secret.expires}, "after": {"expires": expires}}),
    )
}

/// Whether a secret works.
pub(crate) fn live(secret: &ClientSecret, now: DateTime<Utc>) -> bool {
    secret.expires.is_none_or(|expires| now < expires)
}

/// The validity that is left; none when there is no end.
pub(crate) fn left(valid_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<StdDuration> {
    valid_until.map(|until| (until - now).to_std().unwrap_or_default())
}

/// That many minutes.
pub(crate) fn minutes(minutes: u64) -> StdDuration {
    StdDuration::from_secs(minutes.saturating_mul(60))
}

/// That many seconds from now, or the end of time.
pub(crate) fn later(now: DateTime<Utc>, seconds: u64) -> DateTime<Utc> {
    i64::try_from(seconds)
        .ok()
        .and_then(Duration::try_seconds)
        .and_then(|life| now.checked_add_signed(life))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A secret as it stands in a payload.
fn secret_shown(secret: &ClientSecret) -> Value {
    json!({"id": secret.id, "created": secret.created, "expires": secret.expires})
}

/// A token as it stands in a payload.
pub(crate) fn shown(token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "activation": token.activation,
        "scope": token.scopes,
        "expires": token.expires,
    })
}

#[cfg(test)]
mod tests;
