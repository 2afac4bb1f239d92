//! What a provider sent that changes nothing and that an administrator should know.

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::EventId;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::provider::UserType;
use vestibule_domain::said::Said;
use vestibule_scim::{Resource, schema};
use vestibule_storage::{Write, warnings};

pub use vestibule_storage::warnings::{Choice, Warning, WarningSort};

use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Caller, Change, Error, Role, Service};

/// Every kind of warning that is raised.
pub const KINDS: [&str; 5] = [
    "third_party_vendor",
    "access_group",
    "placement_flapping",
    "credential_expiring",
    "link_not_mailed",
];

/// Which warnings are wanted, newest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct WarningQuery {
    pub choice: Choice,
    pub page: PageQuery<WarningSort>,
}

vestibule_domain::sentences! {
    /// What warnings say, and events of sign-ins that failed.
    pub enum Warned {
        Contradiction = "contradiction"
            "sent thirdPartyVendor = {sent}, but the provider is registered for {registered} people; nothing changes",
        UnknownAccessGroup = "unknown_access_group"
            "sent accessGroup {name}, and no access group has this name; nothing changes: correct it at its source, or make one of this name",
        ClosedAccessGroup = "closed_access_group"
            "sent accessGroup {name}, which may not be linked by provisioning; nothing changes: allow it there, or tie the vendor by hand",
        InternalAccessGroup = "internal_access_group"
            "sent accessGroup {name} for an internal group; nothing changes: only vendors are linked by provisioning, so tie the group by hand",
        DecidedAccessGroup = "decided_access_group"
            "sent accessGroup {name} for a vendor that is no longer pending; nothing changes: tie it to another by hand",
        Flapping = "flapping"
            "taken from the vendor they were placed in {times} times within {minutes} minutes; look for two products, or two rules of one, that take turns over the person's groups",
        SecretEndsInADay = "secret_ends_in_a_day"
            "a client secret ends within {days} day, at {at}",
        SecretEnds = "secret_ends" "a client secret ends within {days} days, at {at}",
        TokenEndsInADay = "token_ends_in_a_day"
            "the activation token {name} ends within {days} day, at {at}",
        TokenEnds = "token_ends" "the activation token {name} ends within {days} days, at {at}",
        LinkNotGiven = "link_not_given" "{person} was to be mailed an access link: {why}",
        Panicked = "panicked"
            "a panic button was pressed on {person}, or on somebody known by the same name, address or id, so no access link comes by itself; if they are to get in, make them one by hand",
        NoMailServer = "no_mail_server"
            "{person} was to be mailed an access link, and no mail server is configured; set smtp_host and mail_from, or make a link that is shown and forward it",
        SignInsFailedFrom = "sign_ins_failed_from"
            "{count} failed since the last success, from {address}",
        SignInsFailed = "sign_ins_failed" "{count} failed since the last success",
        LinkNotSent = "link_not_sent"
            "the letter with the access link of {person} to {address} is {state}: {why}; correct the address or the mail server and make another link, or make one that is shown and forward it",
    }
}

impl Service {
    pub fn list_warnings(
        &self,
        call: &AdminCall,
        query: &WarningQuery,
    ) -> Result<Page<Warning>, Error> {
        let asked = self.asked(&query.page, (WarningSort::Raised, true))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            if let Some(id) = query.choice.provider {
                crate::providers::find(tx, id)?;
            }
            let found = warnings::list(tx, &query.choice, asked.page())?;
            Ok(asked.answer(found, warnings::place))
        })
    }

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
        let detail = Warned::Contradiction.said([
            ("sent", sent.to_string().into()),
            (
                "registered",
                caller.provider.settings.user_type.name().into(),
            ),
        ]);
        self.warn(
            tx,
            caller,
            "third_party_vendor",
            subject,
            &detail,
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
        detail: &Said,
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
                    why: Some(detail.to_string()),
                },
                ..caller.change(caller.provider.id, now)
            },
        );
        let warning = Warning {
            provider: caller.provider.id,
            kind: kind.to_owned(),
            subject,
            detail: detail.to_string(),
            raised: now,
            event,
        };
        Ok(warnings::raise(tx, &warning)?)
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
