//! The rows of people, as their provider changes them over SCIM.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::mail::{self, AddressError, check_address};
use vestibule_domain::{EventId, UserId};
use vestibule_scim::filter::match_document;
use vestibule_scim::fold::{bare, fold};
use vestibule_scim::{Resource, ResourceType, ScimType};
use vestibule_storage::users::{NewUser, User};
use vestibule_storage::{Read, Write, users};

use crate::changes::{difference, gone, made};
use crate::links::{LetIn, panic};
use crate::resources::indexed::indexed;
use crate::warnings::vendor_flag;
use crate::{Caller, Change, Error, Service};

impl Service {
    pub(crate) fn insert_user(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        resource: &Resource,
        now: DateTime<Utc>,
    ) -> Result<User, Error> {
        check_emails(resource)?;
        let event = self.id(EventId::from_uuid, now);
        let id = self.id(UserId::from_uuid, now);
        let row = new_row(caller, resource_type, id, resource, event, now, now, 1)?;
        users::insert(tx, &row)?;
        panic::arrive(tx, id, caller.provider.id, resource)?;
        self.record(
            tx,
            Change {
                id: Some(event),
                action: Action::UserCreated,
                payload: made(Value::Object(resource.0.clone())),
                ..caller.change(id, now)
            },
        );
        let flag = vendor_flag(resource);
        self.warn_of_contradiction(tx, caller, id.to_string(), flag, event, now)?;
        // Whoever is in no group yet may get in by the provider's default access group.
        if caller.provider.settings.default_access_group.is_some() {
            self.consider(tx, LetIn::People(&[id]), event, now)?;
        }
        Ok(stored(row))
    }

    /// Puts `next`, which differs, in the place of `before`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom and when"
    )]
    pub(crate) fn change_user(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        current: &User,
        before: &Resource,
        next: &Resource,
        now: DateTime<Utc>,
    ) -> Result<User, Error> {
        // Whoever has such an address from before can still be changed otherwise, and be deactivated.
        if before.0.get("emails") != next.0.get("emails") {
            check_emails(next)?;
        }
        let event = self.id(EventId::from_uuid, now);
        let active_event = if before.active() == next.active() {
            current.active_event
        } else {
            event
        };
        let row = new_row(
            caller,
            resource_type,
            current.id,
            next,
            active_event,
            current.created,
            // A clock that was set back must not make a resource older than it was.
            now.max(current.modified),
            current.version + 1,
        )?;
        users::replace(tx, current.version, &row)?;
        let (old, new) = difference(&before.0, &next.0);
        self.record(
            tx,
            Change {
                id: Some(event),
                action: Action::UserChanged,
                payload: Payload {
                    before: Some(old),
                    after: Some(new),
                    why: None,
                },
                ..caller.change(current.id, now)
            },
        );
        let changed = stored(row);
        self.follow_rename(tx, caller, current, &changed, event, now)?;
        let template = Change {
            cause: Some(event),
            ..caller.change(caller.provider.id, now)
        };
        self.follow_panic(tx, current, (before, next), &template)?;
        let bears_on_access = (current.active, &current.user_name, &current.email)
            != (changed.active, &changed.user_name, &changed.email);
        if bears_on_access {
            self.follow_access(tx, caller, &[changed.id], event, now)?;
        }
        let flag = vendor_flag(next);
        if vendor_flag(before) != flag {
            self.warn_of_contradiction(tx, caller, current.id.to_string(), flag, event, now)?;
        }
        Ok(changed)
    }

    /// Under [`vestibule_storage::memberships::lock`].
    pub(crate) fn delete_user(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        user: &User,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let event = self.record(
            tx,
            Change {
                action: Action::UserDeleted,
                payload: gone(Value::Object(resource(&user.document)?.0)),
                ..caller.change(user.id, now)
            },
        );
        self.leave_everywhere(tx, caller, &user.id.to_string(), event, now)?;
        users::delete(tx, user, now, event)?;
        self.free_address(tx, caller, user, event, now)?;
        self.follow_access(tx, caller, &[user.id], event, now)
    }
}

/// That no address could break out of the header of a mail.
fn check_emails(resource: &Resource) -> Result<(), Error> {
    let broken = resource
        .emails()
        .filter_map(|email| email.get("value").and_then(Value::as_str))
        .any(|value| check_address(value) == Err(AddressError::ControlCharacter));
    if broken {
        let detail = "emails.value: an address has no line break or other control character";
        return Err(vestibule_scim::Error::bad_request(ScimType::InvalidValue, detail).into());
    }
    Ok(())
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is another column of the row"
)]
fn new_row(
    caller: &Caller,
    resource_type: &ResourceType,
    id: UserId,
    resource: &Resource,
    active_event: EventId,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
) -> Result<NewUser, Error> {
    let user_name = resource
        .user_name()
        .ok_or_else(|| Error::internal("a valid User has a userName"))?;
    let email = resource.primary_email();
    Ok(NewUser {
        id,
        provider: caller.provider.id,
        user_name: user_name.to_owned(),
        user_name_key: indexed("userName", fold(user_name))?,
        display_name_key: indexed(
            "displayName",
            resource.display_name().map(fold).unwrap_or_default(),
        )?,
        title_key: key_of(title(&resource.0)),
        family_key: key_of(last_name(&resource.0)),
        external_id: resource
            .external_id()
            .map(|id| indexed("externalId", id.to_owned()))
            .transpose()?,
        email: email.map(str::to_owned),
        email_key: email
            .map(|email| indexed("emails.value", mail::key(email)))
            .transpose()?,
        email_keys: resource
            .emails()
            .filter_map(|email| email.get("value").and_then(Value::as_str))
            .map(|email| indexed("emails.value", fold(email)))
            .collect::<Result<_, Error>>()?,
        active: resource.active(),
        active_event,
        document: resource.to_text(),
        match_document: Value::Object(match_document(resource_type, &resource.0)).to_string(),
        created,
        modified,
        version,
    })
}

/// Characters of a name that an index takes.
const NAME: usize = 200;

/// The name that pages show of a person: the display name, the formatted one, or the given and the
/// family name.
pub(crate) fn title(document: &Map<String, Value>) -> Option<String> {
    let text = |value: Option<&Value>| {
        let text = value?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let name = document.get("name");
    let part = |part: &str| text(name.and_then(|name| name.get(part)));
    text(document.get("displayName"))
        .or_else(|| part("formatted"))
        .or_else(|| text(document.get("NameFormatted")))
        .or_else(|| {
            let parts = [part("givenName"), part("familyName")];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
}

/// The family name, or the last word of the name that is shown where none is sent.
fn last_name(document: &Map<String, Value>) -> Option<String> {
    let sent = document.get("name").and_then(|name| name.get("familyName"));
    let sent = sent.and_then(Value::as_str).map(str::trim);
    if let Some(sent) = sent.filter(|sent| !sent.is_empty()) {
        return Some(sent.to_owned());
    }
    let shown = title(document)?;
    let (_, last) = shown.rsplit_once(char::is_whitespace)?;
    Some(last.to_owned())
}

/// As it is looked for: without case and marks.
fn key_of(name: Option<String>) -> String {
    let bare = name.map(|name| bare(&name)).unwrap_or_default();
    bare.chars().take(NAME).collect()
}

pub(crate) fn find(tx: &mut Read<'_>, caller: &Caller, id: &str) -> Result<User, Error> {
    let id: UserId = id.parse().map_err(|_| Error::NotFound("User"))?;
    users::find(tx, caller.provider.id, id)?.ok_or(Error::NotFound("User"))
}

pub(crate) fn find_locked(tx: &mut Write<'_>, caller: &Caller, id: &str) -> Result<User, Error> {
    let id: UserId = id.parse().map_err(|_| Error::NotFound("User"))?;
    users::find_locked(tx, caller.provider.id, id)?.ok_or(Error::NotFound("User"))
}

/// A row that was just written, as it reads back.
fn stored(row: NewUser) -> User {
    User {
        id: row.id,
        provider: row.provider,
        user_name: row.user_name,
        email: row.email,
        active: row.active,
        active_event: row.active_event,
        document: row.document,
        created: row.created,
        modified: row.modified,
        version: row.version,
    }
}

/// A stored document as a resource.
pub(crate) fn resource(document: &str) -> Result<Resource, Error> {
    Ok(Resource(
        serde_json::from_str(document).map_err(Error::internal)?,
    ))
}
