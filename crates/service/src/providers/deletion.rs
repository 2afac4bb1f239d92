//! The end of a provider and of all that it owns, in many small steps.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload, Subject};
use vestibule_domain::link::LinkEnd;
use vestibule_domain::provider::ProviderState;
use vestibule_domain::{EventId, Hindrance, ProviderId, UserId};
use vestibule_storage::credentials;
use vestibule_storage::links::Scope;
use vestibule_storage::providers::{self, Cleared, Holdings};

use super::{RegisteredProvider, about, find, shown};
use crate::changes::{gone, value};
use crate::credentials::shown as token_shown;
use crate::events::{self, EventQuery};
use crate::pages::PageQuery;
use crate::{AdminCall, Change, Error, Precondition, Role, Service};

/// Why a provider was disabled whose deletion began.
const BEING_DELETED: &str = "the provider is being deleted";
/// Rows removed by one step, and so events written by it.
pub(super) const CLEARED: i64 = 200;

/// The deletions of this process that have begun and not come to their end.
pub(crate) type Deletions = Mutex<HashMap<ProviderId, Deletion>>;

/// How a deletion goes that this process is at, or was until something stopped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// What there was when it began.
    pub holdings: Holdings,
    /// What stopped it; the deletion may be begun again.
    pub stopped: Option<String>,
}

/// A deletion that has begun: the provider is shut out, and nothing is removed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    provider: ProviderId,
    holdings: Holdings,
    /// The event from which the end of everything follows.
    cause: EventId,
}

impl Service {
    /// Deletes a provider with all that it owns, in many small steps; called again after an
    /// interruption it goes on where it stopped. From the first step on the provider is disabled
    /// and without tokens. Answers what this call found.
    pub fn delete_provider(
        &self,
        call: &AdminCall,
        id: ProviderId,
        precondition: Precondition,
    ) -> Result<Holdings, Error> {
        let begun = self.begin_deletion(call, id, precondition)?;
        self.finish_deletion(call, &begun)
    }

    /// How the deletion of a provider goes, as far as this process is at it.
    pub fn deletion(&self, id: ProviderId) -> Option<Deletion> {
        self.deletions().get(&id).cloned()
    }

    /// Whether the deletion of a provider began, here or elsewhere, and was not called off.
    pub fn deletion_began(&self, call: &AdminCall, id: ProviderId) -> Result<bool, Error> {
        let found = self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            find(tx, id)
        })?;
        let query = EventQuery {
            choice: events::Choice {
                subject: Some(id.as_uuid()),
                action: Some(Action::ProviderDisabled.name().to_owned()),
                ..events::Choice::default()
            },
            page: PageQuery::first(1),
        };
        let last = self.list_events(call, &query)?.items;
        let payload = last.first().and_then(|event| event.payload.as_ref());
        let why = payload.and_then(|payload| payload.get("why")?.as_str());
        Ok(found.provider.state == ProviderState::Disabled && why == Some(BEING_DELETED))
    }

    /// Goes on with a deletion to its end.
    pub fn finish_deletion(&self, call: &AdminCall, begun: &Begun) -> Result<Holdings, Error> {
        let finished = self.clear_and_delete(call, begun);
        let mut deletions = self.deletions();
        match &finished {
            Ok(_) | Err(Error::NotFound(_)) => drop(deletions.remove(&begun.provider)),
            Err(error) => {
                if let Some(deletion) = deletions.get_mut(&begun.provider) {
                    deletion.stopped = Some(error.to_string());
                }
            }
        }
        finished
    }

    fn clear_and_delete(&self, call: &AdminCall, begun: &Begun) -> Result<Holdings, Error> {
        let Begun {
            provider: id,
            holdings,
            cause,
        } = *begun;
        loop {
            let (service, again) = (self.clone(), call.clone());
            let more = self
                .store()
                .write("providers.clear", move |tx| -> Result<bool, Error> {
                    let now = service.now();
                    let operator = crate::admin::admit(tx, &again, Role::Administrator, now)?;
                    still_disabled(&find(tx, id)?)?;
                    let Some(cleared) = providers::clear(tx, id, CLEARED)? else {
                        return Ok(false);
                    };
                    for (action, subject, before) in ended(&cleared)? {
                        let change = Change {
                            provider: Some(id),
                            cause: Some(cause),
                            payload: gone(before),
                            ..operator.change(action, subject, now)
                        };
                        service.record(tx, change);
                    }
                    // Whoever was given a link while the deletion went on loses it with their row.
                    if let Cleared::Users(users) = &cleared {
                        let people: Vec<UserId> = users.iter().map(|(user, _)| *user).collect();
                        let followed = Change {
                            provider: Some(id),
                            cause: Some(cause),
                            ..operator.change(Action::LinkEnded, id, now)
                        };
                        service.settle_links(tx, &Scope::Users(&people), &followed)?;
                    }
                    Ok(true)
                })?;
            if !more {
                break;
            }
        }
        let (service, call) = (self.clone(), call.clone());
        self.store().write("providers.delete", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let registered = find(tx, id)?;
            still_disabled(&registered)?;
            providers::delete(tx, id)?;
            let mut before = shown(&registered)?;
            if let Value::Object(fields) = &mut before {
                fields.insert("holdings".to_owned(), counted(&holdings));
            }
            service.record(
                tx,
                Change {
                    cause: Some(cause),
                    payload: gone(before),
                    ..about(
                        &operator,
                        Action::ProviderDeleted,
                        &registered.provider,
                        now,
                    )
                },
            );
            Ok(holdings)
        })
    }

    /// Shuts the provider out, so that nothing comes while it is being cleared. Answers what it
    /// owns, to be removed by [`Service::finish_deletion`].
    pub fn begin_deletion(
        &self,
        call: &AdminCall,
        id: ProviderId,
        precondition: Precondition,
    ) -> Result<Begun, Error> {
        let (service, call) = (self.clone(), call.clone());
        let begun = self.store().write("providers.begin_deletion", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let current = find(tx, id)?.provider;
            precondition.check(current.version)?;
            let holdings = providers::holdings(tx, id)?;
            let named: Vec<Value> = credentials::activation_tokens(tx, id)?
                .iter()
                .map(token_shown)
                .collect();
            credentials::delete_tokens(tx, id, true)?;
            let told = Payload {
                before: Some(json!({"holdings": counted(&holdings), "activation_tokens": named})),
                why: Some(BEING_DELETED.to_owned()),
                ..Payload::default()
            };
            let (_, event) =
                service.switch(tx, &operator, &current, ProviderState::Disabled, told, now)?;
            let followed = Change {
                cause: Some(event),
                ..about(&operator, Action::LinkEnded, &current, now)
            };
            service.end_links(tx, &Scope::Provider(id), LinkEnd::Removed, &followed)?;
            Ok::<_, Error>(Begun {
                provider: id,
                holdings,
                cause: event,
            })
        })?;
        let deletion = Deletion {
            holdings: begun.holdings,
            stopped: None,
        };
        self.deletions().insert(id, deletion);
        Ok(begun)
    }
}

fn still_disabled(registered: &RegisteredProvider) -> Result<(), Error> {
    if registered.provider.state == ProviderState::Disabled {
        Ok(())
    } else {
        Err(Error::Conflict(Hindrance::EnabledAgain.said([])))
    }
}

/// What the events about removed things tell: what ended, and how it was.
fn ended(cleared: &Cleared) -> Result<Vec<(Action, Subject, Value)>, Error> {
    let document = |text: &str| serde_json::from_str(text).map_err(Error::internal);
    match cleared {
        Cleared::Users(users) => users
            .iter()
            .map(|(id, text)| Ok((Action::UserDeleted, (*id).into(), document(text)?)))
            .collect(),
        Cleared::Vendors(vendors) => vendors
            .iter()
            .map(|vendor| Ok((Action::VendorClosed, vendor.id.into(), value(vendor)?)))
            .collect(),
        Cleared::Groups(groups) => groups
            .iter()
            .map(|(id, text)| Ok((Action::GroupDeleted, (*id).into(), document(text)?)))
            .collect(),
        Cleared::Resources(resources) => resources
            .iter()
            .map(|(id, text)| Ok((Action::ResourceDeleted, (*id).into(), document(text)?)))
            .collect(),
    }
}

fn counted(holdings: &Holdings) -> Value {
    let Holdings {
        users,
        groups,
        vendors,
        placements,
        tokens,
    } = holdings;
    json!({
        "users": users,
        "groups": groups,
        "vendors": vendors,
        "placements": placements,
        "tokens": tokens,
    })
}
