//! People, as their provider sees them over SCIM.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::placement::Membership;
use vestibule_domain::provider::UserType;
use vestibule_domain::{EventId, GroupId, UserId};
use vestibule_oauth::Scopes;
use vestibule_scim::filter::match_document;
use vestibule_scim::fold::fold;
use vestibule_scim::{Patch, Projection, Resource, Tolerances, patch, schema};
use vestibule_storage::providers::Warning;
use vestibule_storage::users::{NewUser, Page, User};
use vestibule_storage::{Read, Write, memberships, providers, users};

use crate::caller::Parsed;
use crate::list::Listed;
use crate::{Call, Caller, Change, Error, Precondition, Representation, Service, representation};

/// A body a client sent, and what it wants back. The error is kept until its sender is known.
#[derive(Debug, Clone)]
pub struct Submitted {
    pub body: Value,
    pub projection: Projection,
}

impl Service {
    pub fn create_user(
        &self,
        call: Call,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        let service = self.clone();
        let parsed = self.parsed_user(submitted);
        self.store().write("users.create", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            let (resource, projection) = service.settle(&caller, &parsed, now)?;
            let event = service.id(EventId::from_uuid, now);
            let id = service.id(UserId::from_uuid, now);
            let row = service.user_row(&caller, id, resource, event, now, now, 1)?;
            users::insert(tx, &row)?;
            service.record(
                tx,
                Change {
                    id: Some(event),
                    action: Action::UserCreated,
                    payload: Payload {
                        before: None,
                        after: Some(Value::Object(resource.0.clone())),
                        why: None,
                    },
                    ..caller.change(id, now)
                },
            );
            service.warn_of_contradiction(
                tx,
                &caller,
                id.to_string(),
                vendor_flag(resource),
                event,
                now,
            )?;
            service.represent_user(&call.base, &stored(row), &[], &HashMap::new(), projection)
        })
    }

    pub fn read_user(
        &self,
        call: &Call,
        id: &str,
        projection: Result<Projection, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        self.store().read(|tx| {
            let caller = self.authenticate(tx, &call.presented, Scopes::READ, self.now())?;
            let projection = projection?;
            let user = find(tx, &caller, id)?;
            self.read_represented(tx, &call.base, &user, &projection)
        })
    }

    pub fn list_users(
        &self,
        call: &Call,
        request: Result<vestibule_scim::ListRequest, vestibule_scim::Error>,
    ) -> Result<Listed, Error> {
        let parsed = self.parsed_list(request, Service::user_type);
        self.store().read(|tx| {
            let now = self.now();
            let caller = self.authenticate(tx, &call.presented, Scopes::READ, now)?;
            let query = self.settle(&caller, &parsed, now)?;
            let location = format!("{}{}/", call.base, self.user_type().endpoint);
            let provider = caller.provider.id;
            let total = users::count(tx, provider, query.filter.as_ref(), &location)?;
            let page = Page {
                condition: query.filter.as_ref(),
                sort: query
                    .sort
                    .as_ref()
                    .map(|sort| (&sort.target, sort.descending)),
                offset: i64::try_from(query.page.start_index() - 1).unwrap_or(i64::MAX),
                limit: i64::try_from(query.count).unwrap_or(i64::MAX),
                location: &location,
            };
            let found = if query.count == 0 || page.offset >= total {
                Vec::new()
            } else {
                users::list(tx, provider, &page)?
            };
            let (groups, names) = groups_of(tx, &found, &query.projection)?;
            let resources = found
                .iter()
                .map(|user| {
                    let memberships = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
                    Ok(self
                        .represent_user(&call.base, user, memberships, &names, &query.projection)?
                        .body)
                })
                .collect::<Result<_, Error>>()?;
            Ok(Listed {
                total,
                start_index: query.page.start_index(),
                resources,
            })
        })
    }

    pub fn replace_user(
        &self,
        call: Call,
        id: &str,
        precondition: Precondition,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        let service = self.clone();
        let id = id.to_owned();
        let parsed = self.parsed_user(submitted);
        self.store().write("users.replace", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            let current = find_locked(tx, &caller, &id)?;
            precondition.check(current.version)?;
            let (next, projection) = service.settle(&caller, &parsed, now)?;
            let user = service.change_user(tx, &caller, current, next, now)?;
            service.read_represented(tx, &call.base, &user, projection)
        })
    }

    pub fn patch_user(
        &self,
        call: Call,
        id: &str,
        precondition: Precondition,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        let service = self.clone();
        let id = id.to_owned();
        let parsed = self.parsed_patch(submitted);
        self.store().write("users.patch", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            let current = find_locked(tx, &caller, &id)?;
            precondition.check(current.version)?;
            let (operations, projection) = service.settle(&caller, &parsed, now)?;
            let mut tolerances = Tolerances::new(caller.provider.settings.dialect);
            let limits = &service.settings().limits;
            let before = resource(&current.document)?;
            let next = patch::apply(
                operations,
                service.user_type(),
                &before,
                limits,
                &mut tolerances,
            )?;
            service
                .telemetry()
                .tolerated(caller.provider.id, &tolerances, now);
            let user = service.change_user(tx, &caller, current, &with_active(next), now)?;
            service.read_represented(tx, &call.base, &user, projection)
        })
    }

    pub fn delete_user(
        &self,
        call: Call,
        id: &str,
        precondition: Precondition,
    ) -> Result<(), Error> {
        let service = self.clone();
        let id = id.to_owned();
        self.store().write("users.delete", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            memberships::lock(tx, caller.provider.id)?;
            let user = find_locked(tx, &caller, &id)?;
            precondition.check(user.version)?;
            let before = resource(&user.document)?;
            let event = service.record(
                tx,
                Change {
                    action: Action::UserDeleted,
                    payload: Payload {
                        before: Some(Value::Object(before.0)),
                        after: None,
                        why: None,
                    },
                    ..caller.change(user.id, now)
                },
            );
            service.leave_everywhere(tx, &caller, &id, event, now)?;
            users::delete(tx, &user, now, event)?;
            service.follow_access(tx, &caller, &[user.id], event, now)
        })
    }

    /// Puts `next` in the place of `current`, unless they are the same.
    fn change_user(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        current: User,
        next: &Resource,
        now: DateTime<Utc>,
    ) -> Result<User, Error> {
        let before = resource(&current.document)?;
        if before == *next {
            return Ok(current);
        }
        let event = self.id(EventId::from_uuid, now);
        let active_event = if before.active() == next.active() {
            current.active_event
        } else {
            event
        };
        let mut row = self.user_row(
            caller,
            current.id,
            next,
            active_event,
            current.created,
            now,
            current.version + 1,
        )?;
        // A clock that was set back must not make a resource older than it was.
        row.modified = row.modified.max(current.modified);
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
        self.follow_rename(tx, caller, &current, &changed, event, now)?;
        let bears_on_access = (current.active, &current.user_name, &current.email)
            != (changed.active, &changed.user_name, &changed.email);
        if bears_on_access {
            self.follow_access(tx, caller, &[changed.id], event, now)?;
        }
        if vendor_flag(&before) != vendor_flag(next) {
            self.warn_of_contradiction(
                tx,
                caller,
                current.id.to_string(),
                vendor_flag(next),
                event,
                now,
            )?;
        }
        Ok(changed)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is another column of the row"
    )]
    fn user_row(
        &self,
        caller: &Caller,
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
            user_name_key: fold(user_name),
            display_name_key: resource.display_name().map(fold).unwrap_or_default(),
            external_id: resource.external_id().map(str::to_owned),
            email: email.map(str::to_owned),
            email_key: email.map(fold),
            email_keys: resource
                .emails()
                .filter_map(|email| email.get("value").and_then(Value::as_str).map(fold))
                .collect(),
            active: resource.active(),
            active_event,
            document: resource.to_text(),
            match_document: Value::Object(match_document(self.user_type(), &resource.0))
                .to_string(),
            created,
            modified,
            version,
        })
    }

    fn parsed_user(
        &self,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Parsed<(Resource, Projection)> {
        let service = self.clone();
        Parsed::new(move |tolerances| {
            let submitted = submitted.clone()?;
            let limits = &service.settings().limits;
            let resource =
                Resource::parse(service.user_type(), submitted.body, limits, tolerances)?;
            Ok((with_active(resource), submitted.projection))
        })
    }

    fn parsed_patch(
        &self,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Parsed<(Patch, Projection)> {
        let service = self.clone();
        Parsed::new(move |tolerances| {
            let submitted = submitted.clone()?;
            let operations = Patch::parse(submitted.body, &service.settings().limits, tolerances)?;
            Ok((operations, submitted.projection))
        })
    }

    fn read_represented(
        &self,
        tx: &mut Read<'_>,
        base: &str,
        user: &User,
        projection: &Projection,
    ) -> Result<Representation, Error> {
        let (groups, names) = groups_of(tx, std::slice::from_ref(user), projection)?;
        let memberships = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
        self.represent_user(base, user, memberships, &names, projection)
    }

    fn represent_user(
        &self,
        base: &str,
        user: &User,
        memberships: &[Membership],
        names: &HashMap<GroupId, String>,
        projection: &Projection,
    ) -> Result<Representation, Error> {
        representation::user(self.user_type(), base, user, memberships, names, projection)
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

/// The direct and indirect groups of some people, and the groups' names.
#[expect(clippy::type_complexity, reason = "two maps, each plain")]
fn groups_of(
    tx: &mut Read<'_>,
    people: &[User],
    projection: &Projection,
) -> Result<(HashMap<UserId, Vec<Membership>>, HashMap<GroupId, String>), Error> {
    if people.is_empty() || !projection.wants("groups") {
        return Ok((HashMap::new(), HashMap::new()));
    }
    let people: Vec<UserId> = people.iter().map(|user| user.id).collect();
    let groups = crate::memberships::of_users(tx, &people)?;
    let mut ids: Vec<GroupId> = groups
        .values()
        .flatten()
        .map(|membership| membership.group)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let names = vestibule_storage::groups::names(tx, &ids)?;
    Ok((groups, names))
}

fn find(tx: &mut Read<'_>, caller: &Caller, id: &str) -> Result<User, Error> {
    let id: UserId = id.parse().map_err(|_| Error::NotFound("User"))?;
    users::find(tx, caller.provider.id, id)?.ok_or(Error::NotFound("User"))
}

fn find_locked(tx: &mut Write<'_>, caller: &Caller, id: &str) -> Result<User, Error> {
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

/// `active` is true unless the client says otherwise, and is always told.
fn with_active(mut resource: Resource) -> Resource {
    if !resource.0.contains_key("active") {
        resource.0.insert("active".to_owned(), Value::Bool(true));
    }
    resource
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

/// The attributes that differ, before and after.
pub(crate) fn difference(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> (Value, Value) {
    let changed = |these: &Map<String, Value>, those: &Map<String, Value>| {
        let changed = these
            .iter()
            .filter(|(name, value)| those.get(*name) != Some(value))
            .map(|(name, value)| (name.clone(), value.clone()));
        Value::Object(changed.collect())
    };
    (changed(before, after), changed(after, before))
}
