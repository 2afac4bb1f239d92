//! What a provider sent that changes nothing and that an administrator should know.

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::EventId;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::provider::UserType;
use vestibule_scim::{Resource, schema};
use vestibule_storage::providers::Warning;
use vestibule_storage::{Write, providers};

use crate::{Caller, Change, Error, Service};

impl Service {
    /// Tells the administrators when a provider sends the opposite of what it was registered as.
    /// It changes nothing (R-ISO-9).
    pub(crate) fn warn_of_contradiction(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        subject: String,
        third_party: Option<bool>,
        event: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let registered = caller.provider.settings.user_type == UserType::ThirdParty;
        let Some(sent) = third_party.filter(|sent| *sent != registered) else {
            return Ok(());
        };
        let detail = format!(
            "sent thirdPartyVendor = {sent}, but the provider is registered for {} people; nothing changes",
            caller.provider.settings.user_type
        );
        self.warn(
            tx,
            caller,
            "third_party_vendor",
            subject,
            detail,
            event,
            now,
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a warning is made of as many parts"
    )]
    pub(crate) fn warn(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        kind: &str,
        subject: String,
        detail: String,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let event = self.record(
            tx,
            Change {
                action: Action::WarningRaised,
                cause: Some(cause),
                payload: Payload {
                    before: None,
                    after: Some(serde_json::json!({"kind": kind, "subject": subject})),
                    why: Some(detail.clone()),
                },
                ..caller.change(caller.provider.id, now)
            },
        );
        let warning = Warning {
            kind: kind.to_owned(),
            subject,
            detail,
            raised: now,
        };
        Ok(providers::warn(tx, caller.provider.id, &warning, event)?)
    }
}

/// `thirdPartyVendor` as it came inside a User or a Group.
pub(crate) fn vendor_flag(resource: &Resource) -> Option<bool> {
    let in_user = resource
        .0
        .get(schema::GROUP)
        .and_then(|group| group.get("thirdPartyVendor"));
    in_user
        .or_else(|| resource.0.get("thirdPartyVendor"))
        .and_then(Value::as_bool)
}
