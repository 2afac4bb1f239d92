//! Providers: registering, changing, switching and deleting the sources of people and groups.

pub(crate) mod deletion;
mod lists;
mod permitted;

use chrono::{DateTime, SubsecRound as _, Utc};
use rand::RngCore as _;
use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::provider::{Provider, ProviderSettings, ProviderState};
use vestibule_domain::{CredentialId, EventId, Hindrance, Mistake, ProviderId};
use vestibule_oauth::{Secret, SecretKind};
use vestibule_storage::credentials::{self, ClientSecret, Token, Use};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::page::Page as Part;
use vestibule_storage::telemetry;
use vestibule_storage::warnings::{self, Choice as WarningChoice, Warning, WarningSort};
use vestibule_storage::{Read, Write, memberships, providers};

pub use deletion::{Begun, Deletion};
pub use lists::{ProviderQuery, Sources, ToleranceQuery};
pub use vestibule_storage::providers::{
    Choice, Holdings, ProviderSort, Registered as RegisteredProvider,
};
pub use vestibule_storage::telemetry::{Choice as ToleranceChoice, ToleranceSort, ToleranceUses};

use crate::changes::{changed, made, moved, value};
use crate::links::LetIn;
use crate::{AdminCall, Change, Error, Operator, Precondition, Role, Service, cockpit};

/// How every provider pushes.
pub const PROTOCOL: &str = "scim";
/// How every provider authenticates.
pub const AUTHENTICATION_METHOD: &str = "oauth2";
/// Warnings, and activation tokens, shown with a provider.
const SHOWN: i64 = 100;
/// Random letters and digits in a client id: 95 bits.
const CLIENT_ID: usize = 16;

/// What a provider's product is to be configured with. The secret is shown this once.
#[derive(Debug)]
pub struct NewCredentials {
    pub provider: RegisteredProvider,
    pub secret_id: CredentialId,
    pub client_secret: Secret,
}

/// A client secret as an administrator may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretInfo {
    pub id: CredentialId,
    pub created: DateTime<Utc>,
    /// First instant at which it no longer works.
    pub expires: Option<DateTime<Utc>>,
}

/// All there is to say about a provider.
#[derive(Debug, Clone)]
pub struct ProviderDetails {
    pub provider: Provider,
    pub client_id: String,
    /// Tokens issued before it no longer work.
    pub epoch: Option<DateTime<Utc>>,
    /// Oldest first, also those that have expired.
    pub secrets: Vec<SecretInfo>,
    /// The 100 issued last, the oldest of them first.
    pub activation_tokens: Vec<Token>,
    /// Of these, of the tokens it fetched, and of its keys, issuers and certificates.
    pub uses: Vec<Use>,
    /// The newest first, at most 100.
    pub warnings: Vec<Warning>,
    /// Most used first.
    pub tolerances: Vec<ToleranceUses>,
    pub holdings: Holdings,
}

impl Service {
    /// Registers a provider with its first secret.
    pub fn register_provider(
        &self,
        call: &AdminCall,
        settings: ProviderSettings,
        state: ProviderState,
    ) -> Result<NewCredentials, Error> {
        let (service, call) = (self.clone(), call.clone());
        let settings = whole_micros(settings);
        self.store().write("providers.register", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            service.permit(tx, &settings, None)?;
            let provider = Provider {
                id: service.id(ProviderId::from_uuid, now),
                settings: settings.clone(),
                state,
                created: now,
                modified: now,
                version: 1,
            };
            let registered = RegisteredProvider {
                provider,
                client_id: service.client_id(),
                epoch: None,
            };
            providers::insert(tx, &registered)?;
            cockpit::date_keys(tx, None, &registered.provider, now)?;
            let event = service.record(
                tx,
                Change {
                    payload: made(shown(&registered)?),
                    ..about(
                        &operator,
                        Action::ProviderCreated,
                        &registered.provider,
                        now,
                    )
                },
            );
            providers::set_default_event(tx, registered.provider.id, event)?;
            let (secret_id, client_secret) =
                service.issue_secret(tx, registered.provider.id, now)?;
            service.record(
                tx,
                Change {
                    provider: Some(registered.provider.id),
                    cause: Some(event),
                    payload: made(json!({"id": secret_id, "expires": null})),
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

    pub fn find_provider(
        &self,
        call: &AdminCall,
        id: ProviderId,
    ) -> Result<ProviderDetails, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let RegisteredProvider {
                provider,
                client_id,
                epoch,
            } = find(tx, id)?;
            let secrets = credentials::secrets(tx, id)?
                .iter()
                .map(SecretInfo::from)
                .collect::<Vec<_>>();
            let newest = Part {
                descending: true,
                ..Part::first(credentials::TokenSort::Issued, SHOWN)
            };
            let mut activation_tokens = credentials::list_activation_tokens(tx, id, &newest)?;
            activation_tokens.reverse();
            let shown = secrets.iter().map(|secret| secret.id);
            let shown = shown.chain(activation_tokens.iter().map(|token| token.id));
            let shown = shown.chain(cockpit::own_credentials(&provider, self.now()));
            let uses = credentials::uses(tx, shown)?;
            Ok(ProviderDetails {
                provider,
                client_id,
                epoch,
                secrets,
                activation_tokens,
                uses,
                warnings: newest_warnings(tx, id)?,
                tolerances: most_used_tolerances(tx, id)?,
                holdings: providers::holdings(tx, id)?,
            })
        })
    }

    /// Changes what `edit` changes; the user type is what it was registered with. With a version,
    /// only while the provider still has it.
    pub fn change_provider(
        &self,
        call: &AdminCall,
        id: ProviderId,
        precondition: Precondition,
        mut edit: impl FnMut(&mut ProviderSettings) -> Result<(), Error> + Send + 'static,
    ) -> Result<RegisteredProvider, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("providers.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let current = find(tx, id)?;
            let before = &current.provider;
            precondition.check(before.version)?;
            let mut settings = before.settings.clone();
            edit(&mut settings)?;
            let settings = whole_micros(settings);
            if settings.user_type != before.settings.user_type {
                return Err(Error::invalid(
                    "user_type",
                    &Mistake::UserTypeFixed.said([]),
                ));
            }
            let Some(payload) = changed(&before.settings, &settings)? else {
                return Ok(current);
            };
            if settings.default_access_group != before.settings.default_access_group {
                // Nobody takes another way in from the staff meanwhile. Before any row, as pushes do.
                memberships::lock(tx, id)?;
            }
            let now = service.now();
            service.permit(tx, &settings, Some(before))?;
            let next = Provider {
                settings,
                ..advanced(before, now)
            };
            service.tell_of(tx, id.as_uuid(), now)?;
            providers::replace(tx, before.version, &next)?;
            cockpit::date_keys(tx, Some(before), &next, now)?;
            let change = Change {
                payload,
                ..about(&operator, Action::ProviderChanged, &next, now)
            };
            let event = service.record(tx, change.clone());
            if next.settings.default_access_group != before.settings.default_access_group {
                providers::set_default_event(tx, id, event)?;
                if let Some(tied) = next.settings.default_access_group {
                    links::share_access_group(tx, tied)?;
                }
                let followed = Change {
                    cause: Some(event),
                    ..change
                };
                service.settle_links(tx, &Scope::Provider(id), &followed)?;
                if let Some(default) = next.settings.default_access_group {
                    service.consider(tx, LetIn::Staff(id, Some(default)), event, now)?;
                }
            }
            if next.settings.link_delivery != before.settings.link_delivery {
                service.consider(tx, LetIn::Staff(id, None), event, now)?;
            }
            Ok(RegisteredProvider {
                provider: next,
                ..current
            })
        })
    }

    /// Pauses, disables or activates a provider. Disabling ends the tokens that the token endpoint
    /// issued; activation tokens work again once it is enabled. A disabled one is not paused: ending the
    /// pause would make its credentials good again.
    pub fn set_provider_state(
        &self,
        call: &AdminCall,
        id: ProviderId,
        precondition: Precondition,
        state: ProviderState,
    ) -> Result<RegisteredProvider, Error> {
        let from_disabled = state != ProviderState::Paused;
        self.move_provider(call, id, precondition, state, from_disabled)
    }

    /// Ends a pause. A disabled provider is enabled instead, which is another thing.
    pub fn resume_provider(
        &self,
        call: &AdminCall,
        id: ProviderId,
    ) -> Result<RegisteredProvider, Error> {
        self.move_provider(call, id, Precondition::NONE, ProviderState::Active, false)
    }

    fn move_provider(
        &self,
        call: &AdminCall,
        id: ProviderId,
        precondition: Precondition,
        state: ProviderState,
        from_disabled: bool,
    ) -> Result<RegisteredProvider, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("providers.set_state", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let current = find(tx, id)?;
            precondition.check(current.provider.version)?;
            if current.provider.state == ProviderState::Disabled && !from_disabled {
                return Err(Error::Conflict(Hindrance::DisabledNotPaused.said([])));
            }
            if current.provider.state == state {
                return Ok(current);
            }
            let (provider, _) = service.switch(
                tx,
                &operator,
                &current.provider,
                state,
                Payload::default(),
                now,
            )?;
            Ok(RegisteredProvider {
                provider,
                ..current
            })
        })
    }

    /// What deleting a provider would take along.
    pub fn preview_provider_deletion(
        &self,
        call: &AdminCall,
        id: ProviderId,
    ) -> Result<Holdings, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            find(tx, id)?;
            Ok(providers::holdings(tx, id)?)
        })
    }

    /// Puts a provider into a state and records it, with what `told` adds to it.
    fn switch(
        &self,
        tx: &mut Write<'_>,
        operator: &Operator,
        current: &Provider,
        state: ProviderState,
        told: Payload,
        now: DateTime<Utc>,
    ) -> Result<(Provider, EventId), Error> {
        let next = Provider {
            state,
            ..advanced(current, now)
        };
        providers::replace(tx, current.version, &next)?;
        if state == ProviderState::Disabled {
            credentials::delete_tokens(tx, current.id, false)?;
        }
        let mut payload = moved(json!({"state": current.state}), json!({"state": state}));
        if let (Some(Value::Object(before)), Some(Value::Object(more))) =
            (&mut payload.before, told.before)
        {
            before.extend(more);
        }
        payload.why = told.why;
        let action = match (current.state, state) {
            (_, ProviderState::Disabled) => Action::ProviderDisabled,
            (_, ProviderState::Paused) => Action::ProviderPaused,
            (ProviderState::Disabled, ProviderState::Active) => Action::ProviderEnabled,
            (_, ProviderState::Active) => Action::ProviderResumed,
        };
        let event = self.record(
            tx,
            Change {
                payload,
                ..about(operator, action, &next, now)
            },
        );
        Ok((next, event))
    }

    /// A new secret for a provider; to be recorded by the caller.
    pub(crate) fn issue_secret(
        &self,
        tx: &mut Write<'_>,
        provider: ProviderId,
        now: DateTime<Utc>,
    ) -> Result<(CredentialId, Secret), Error> {
        let id = self.id(CredentialId::from_uuid, now);
        let secret = Secret::generate(SecretKind::ClientSecret, &mut self.entropy().lock());
        let stored = ClientSecret {
            id,
            provider,
            digest: secret.digest(),
            created: now,
            expires: None,
        };
        credentials::insert_secret(tx, &stored)?;
        Ok((id, secret))
    }

    fn client_id(&self) -> String {
        const LETTERS: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rng = self.entropy().lock();
        // The six bits of 62 and 63 are thrown away, so that every letter is as likely as another.
        let letters = std::iter::repeat_with(|| rng.next_u32() >> 26)
            .filter_map(|bits| LETTERS.get(usize::try_from(bits).ok()?).copied())
            .map(char::from);
        std::iter::once("vcl_".to_owned())
            .chain(letters.take(CLIENT_ID).map(String::from))
            .collect()
    }
}

impl From<&ClientSecret> for SecretInfo {
    fn from(secret: &ClientSecret) -> Self {
        Self {
            id: secret.id,
            created: secret.created,
            expires: secret.expires,
        }
    }
}

fn newest_warnings(tx: &mut Read<'_>, id: ProviderId) -> Result<Vec<Warning>, Error> {
    let choice = WarningChoice {
        provider: Some(id),
        kind: None,
    };
    let newest = Part {
        descending: true,
        ..Part::first(WarningSort::Raised, SHOWN)
    };
    Ok(warnings::list(tx, &choice, &newest)?)
}

/// There are no more than the tolerances have names.
fn most_used_tolerances(tx: &mut Read<'_>, id: ProviderId) -> Result<Vec<ToleranceUses>, Error> {
    let choice = ToleranceChoice {
        provider: Some(id),
        name: None,
    };
    let most = Part {
        descending: true,
        ..Part::first(ToleranceSort::Uses, SHOWN)
    };
    Ok(telemetry::tolerances(tx, &choice, &most)?)
}

/// The provider an administrator means.
pub(crate) fn find(tx: &mut Read<'_>, id: ProviderId) -> Result<RegisteredProvider, Error> {
    providers::find(tx, id)?.ok_or(Error::NotFound("provider"))
}

/// The start of an event about a provider.
pub(crate) fn about(
    operator: &Operator,
    action: Action,
    provider: &Provider,
    at: DateTime<Utc>,
) -> Change {
    Change {
        provider: Some(provider.id),
        ..operator.change(action, provider.id, at)
    }
}

/// What is stored is what is told: instants to the microsecond.
fn whole_micros(mut settings: ProviderSettings) -> ProviderSettings {
    settings.valid_until = settings.valid_until.map(|until| until.trunc_subsecs(6));
    settings
}

/// The provider's next version.
fn advanced(provider: &Provider, now: DateTime<Utc>) -> Provider {
    // A clock that was set back must not make it older than it was.
    Provider {
        modified: now.max(provider.modified),
        version: provider.version + 1,
        ..provider.clone()
    }
}

/// A provider as it stands in a payload.
fn shown(registered: &RegisteredProvider) -> Result<Value, Error> {
    let RegisteredProvider {
        provider,
        client_id,
        ..
    } = registered;
    let mut shown = value(&provider.settings)?;
    if let Value::Object(fields) = &mut shown {
        fields.insert("client_id".to_owned(), json!(client_id));
        fields.insert("state".to_owned(), json!(provider.state));
    }
    Ok(shown)
}

#[cfg(test)]
mod tests;
