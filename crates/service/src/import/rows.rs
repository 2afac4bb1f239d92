//! One row: what a product would have sent of a person, and of the vendor they belong to.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use vestibule_domain::import::{Column, Entry, RowOutcome};
use vestibule_domain::{GroupId, Mistake, ProviderId, UserId};
use vestibule_scim::fold::fold;
use vestibule_scim::schema;
use vestibule_storage::page::Page;
use vestibule_storage::users::{Choice, PersonSort, User};
use vestibule_storage::{Failure as _, Read, Write, groups, placements, users};

use super::{Realm, RowReport};
use crate::{Caller, Error, Precondition, Representation, Service, Submitted, Wanted};

impl Service {
    pub(super) fn import_each(
        &self,
        tx: &mut Write<'_>,
        realm: &Realm,
        entries: &[Entry],
    ) -> Result<Vec<RowReport>, Error> {
        let mut named: HashMap<String, GroupId> = HashMap::new();
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let outcome = match &entry.mistake {
                Some(mistake) => Err(mistake.clone()),
                None => match tx.attempt(|tx| self.import_row(tx, realm, &mut named, entry)) {
                    Ok(done) => Ok(done),
                    Err(error) => Err(told(error)?),
                },
            };
            let done = |outcome, user, detail| RowReport {
                line: entry.line,
                user_name: entry.user_name().to_owned(),
                outcome,
                detail,
                user: Some(user),
            };
            rows.push(match outcome {
                Ok(Imported::Created(user)) => done(RowOutcome::Created, user, None),
                Ok(Imported::Exists(user, detail)) => done(RowOutcome::Exists, user, detail),
                Err(detail) => {
                    // What a refused row had made is undone.
                    named.clear();
                    RowReport::refused(entry, detail)
                }
            });
        }
        Ok(rows)
    }

    fn import_row(
        &self,
        tx: &mut Write<'_>,
        realm: &Realm,
        named: &mut HashMap<String, GroupId>,
        entry: &Entry,
    ) -> Result<Imported, Error> {
        let caller = &realm.caller;
        let provider = caller.provider.id;
        if let Some(present) = present(tx, provider, entry.user_name())? {
            let detail = differences(tx, realm, &present, entry)?;
            return Ok(Imported::Exists(present.id, detail));
        }
        let person = Value::Object(resource(entry));
        let made = self.as_product(tx, caller, "Users", None, person)?;
        let user: UserId = made
            .ok_or_else(|| Error::internal("what was created is shown"))?
            .id()
            .parse()
            .map_err(Error::internal)?;
        let group = match (realm.group, entry.cell(Column::Vendor)) {
            (Some(group), _) => group,
            (None, None) => {
                return Err(Error::invalid("vendor", &Mistake::Empty.said([])));
            }
            (None, Some(vendor)) => self.group_named(tx, caller, named, vendor)?,
        };
        let joining = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}],
        });
        self.as_product(tx, caller, "Groups", Some(group), joining)?;
        Ok(Imported::Created(user))
    }

    /// The group that a vendor comes with; a new one makes a pending vendor.
    fn group_named(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        named: &mut HashMap<String, GroupId>,
        vendor: &str,
    ) -> Result<GroupId, Error> {
        let key = fold(vendor);
        if let Some(known) = named.get(&key) {
            return Ok(*known);
        }
        let group = if let Some(there) = groups::find_named(tx, caller.provider.id, &key)? {
            there
        } else {
            let body = json!({"schemas": [schema::GROUP], "displayName": vendor});
            let made = self.as_product(tx, caller, "Groups", None, body)?;
            made.ok_or_else(|| Error::internal("what was created is shown"))?
                .id()
                .parse()
                .map_err(Error::internal)?
        };
        named.insert(key, group);
        Ok(group)
    }

    /// What the provider's product would have done: create a resource, or patch a group.
    fn as_product(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        endpoint: &str,
        patched: Option<GroupId>,
        body: Value,
    ) -> Result<Option<Representation>, Error> {
        let submitted = Submitted {
            base: String::new(),
            body: Ok(body),
            wanted: Ok(Wanted::default()),
        };
        let mut operation = match patched {
            None => self.creation(endpoint, submitted),
            Some(id) => self.modification(endpoint, &id.to_string(), Precondition::NONE, submitted),
        };
        let changed = self.perform(tx, caller, "", &mut operation, self.now())?;
        Ok(changed.shown())
    }
}

/// What a row that was not refused came to.
enum Imported {
    Created(UserId),
    Exists(UserId, Option<String>),
}

/// Why a row is refused; what concerns more than the row is passed on.
fn told(error: Error) -> Result<String, Error> {
    if error.is_passing() {
        return Err(error);
    }
    match error {
        Error::Scim(_)
        | Error::Uniqueness(_)
        | Error::Conflict(_)
        | Error::Invalid { .. }
        | Error::NotFound(_) => Ok(error.to_string()),
        other => Err(other),
    }
}

fn present(
    tx: &mut Read<'_>,
    provider: ProviderId,
    user_name: &str,
) -> Result<Option<User>, Error> {
    let choice = Choice {
        provider: Some(provider),
        user_name_key: Some(fold(user_name)),
        ..Choice::default()
    };
    let first = Page::first(PersonSort::Created, 1);
    Ok(users::list_anywhere(tx, &choice, &first)?.pop())
}

/// A row as a SCIM User (RFC 7643, section 4.1).
pub(super) fn resource(entry: &Entry) -> Map<String, Value> {
    let mut user = Map::from_iter([
        ("schemas".to_owned(), json!([schema::USER])),
        ("active".to_owned(), json!(true)),
    ]);
    for (attribute, column) in [
        ("userName", Column::UserName),
        ("displayName", Column::DisplayName),
        ("externalId", Column::ExternalId),
    ] {
        if let Some(cell) = entry.cell(column) {
            user.insert(attribute.to_owned(), json!(cell));
        }
    }
    let parts = [
        ("givenName", entry.cell(Column::GivenName)),
        ("familyName", entry.cell(Column::FamilyName)),
    ];
    let name: Map<String, Value> = parts
        .into_iter()
        .filter_map(|(part, cell)| Some((part.to_owned(), json!(cell?))))
        .collect();
    if !name.is_empty() {
        user.insert("name".to_owned(), Value::Object(name));
    }
    if let Some(email) = entry.cell(Column::Email) {
        let emails = json!([{"value": email, "type": "work", "primary": true}]);
        user.insert("emails".to_owned(), emails);
    }
    user
}

/// In which columns somebody who is there differs from the row that names them.
fn differences(
    tx: &mut Read<'_>,
    realm: &Realm,
    present: &User,
    entry: &Entry,
) -> Result<Option<String>, Error> {
    let document: Value = serde_json::from_str(&present.document).map_err(Error::internal)?;
    let elsewhere = is_elsewhere(tx, realm, present.id, entry)?;
    let differs = |column: Column| {
        let there = match column {
            Column::UserName => return false,
            Column::Vendor => return elsewhere,
            Column::Email => present.email.as_deref(),
            Column::GivenName => text_at(&document, "/name/givenName"),
            Column::FamilyName => text_at(&document, "/name/familyName"),
            Column::DisplayName => text_at(&document, "/displayName"),
            Column::ExternalId => text_at(&document, "/externalId"),
        };
        entry
            .cell(column)
            .is_some_and(|cell| there.is_none_or(|there| there != cell))
    };
    let columns: Vec<&str> = Column::ALL
        .iter()
        .filter(|column| differs(**column))
        .map(|column| column.name())
        .collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let columns = columns.join(", ");
    Ok(Some(format!("differs in {columns}; was not changed")))
}

fn text_at<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer)?.as_str()
}

/// Whether somebody is placed in another vendor than the row says, or in none.
fn is_elsewhere(
    tx: &mut Read<'_>,
    realm: &Realm,
    user: UserId,
    entry: &Entry,
) -> Result<bool, Error> {
    let wanted = match (realm.group, entry.cell(Column::Vendor)) {
        (Some(group), _) => Some(group),
        (None, Some(vendor)) => groups::find_named(tx, realm.caller.provider.id, &fold(vendor))?,
        (None, None) => return Ok(false),
    };
    let placed = placements::find(tx, &[user])?
        .get(&user)
        .map(|stored| stored.placement.group);
    Ok(wanted.is_none() || placed != wanted)
}
