//! Presses of the panic button: after one, a link comes only from an administrator's hand.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use vestibule_domain::{GroupId, PanicId, ProviderId, UserId, VendorId, mail};
use vestibule_scim::fold::fold;

use crate::columns::{instant, micros};
use crate::engine::Engine;
use crate::error::Error;
use crate::links;
use crate::schema::{panic_marks, panics};
use crate::sql::{Shape, Sql};
use crate::store::{Read, Write};

/// Whose links were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Vendor(VendorId),
    InternalGroup(GroupId),
}

pub fn insert(
    write: &mut Write<'_>,
    id: PanicId,
    target: Target,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let (vendor, group) = match target {
        Target::Vendor(vendor) => (Some(vendor.to_string()), None),
        Target::InternalGroup(group) => (None, Some(group.to_string())),
    };
    diesel::insert_into(panics::table)
        .values((
            panics::id.eq(id.to_string()),
            panics::vendor_id.eq(vendor),
            panics::group_id.eq(group),
            panics::at.eq(micros(at)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// The latest press for a vendor or any of some groups.
pub fn latest(
    read: &mut Read<'_>,
    vendor: Option<VendorId>,
    groups: &[GroupId],
) -> Result<Option<DateTime<Utc>>, Error> {
    let mut latest: Option<i64> = None;
    if let Some(vendor) = vendor {
        latest = panics::table
            .filter(panics::vendor_id.eq(vendor.to_string()))
            .select(diesel::dsl::max(panics::at))
            .first(read.connection)?;
    }
    for chunk in groups.chunks(1_000) {
        let of_chunk: Option<i64> = panics::table
            .filter(read.one_of("panics.group_id", chunk))
            .select(diesel::dsl::max(panics::at))
            .first(read.connection)?;
        latest = latest.max(of_chunk);
    }
    latest.map(instant).transpose()
}

/// Somebody, by all that they can be known by again when they were renamed, or deleted and pushed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub user: UserId,
    pub provider: ProviderId,
    pub user_name: String,
    /// Every address, as it is written; they are known at every provider.
    pub emails: Vec<String>,
    pub primary_email: Option<String>,
    pub external_id: Option<String>,
}

impl Known {
    /// What they are known by to whoever presses, their id first.
    fn marks(&self) -> Vec<String> {
        let (user, provider) = (self.user, self.provider);
        let own = [
            format!("user:{user}"),
            format!("name:{provider}/{}", fold(&self.user_name)),
        ];
        let emails = self.addresses().map(|address| email(&mail::key(address)));
        let external = self.external_id.iter();
        let external = external.map(|id| format!("external:{provider}/{id}"));
        own.into_iter().chain(emails).chain(external).collect()
    }

    /// The same, and how presses of before addresses had one key noted them.
    fn looked_up(&self) -> Vec<String> {
        let folded = self.addresses().map(|address| email(&fold(address)));
        self.marks().into_iter().chain(folded).collect()
    }

    /// Many products name people by their address.
    fn addresses(&self) -> impl Iterator<Item = &str> {
        let named = Some(&self.user_name).filter(|name| name.contains('@'));
        self.emails.iter().chain(named).map(String::as_str)
    }

    fn primary_mark(&self) -> Option<String> {
        let primary = self.primary_email.as_deref()?;
        Some(email(&mail::key(primary)))
    }
}

fn email(key: &str) -> String {
    format!("email:{key}")
}

/// The marks of [`Known::marks`], as SQL over the rows of people; their further addresses stand elsewhere,
/// and those whose key SQL cannot make are added one by one.
const MARKS: [&str; 5] = [
    "'user:' || id",
    "'name:' || provider_id || '/' || user_name_key",
    "'email:' || email_key",
    "CASE WHEN user_name_key LIKE '%@%' THEN 'email:' || user_name_key END",
    "'external:' || provider_id || '/' || external_id",
];

/// Notes whom a press concerns: those placed in the vendor, or `people`, who are below the group.
pub fn hold(
    write: &mut Write<'_>,
    target: Target,
    people: &[UserId],
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let engine = write.connection.engine();
    let whom = match target {
        Target::Vendor(vendor) => {
            vec![
                Sql::of("users.id IN (SELECT user_id FROM placements WHERE vendor_id = ")
                    .text(vendor.to_string())
                    .sql(")"),
            ]
        }
        Target::InternalGroup(_) => people
            .chunks(1_000)
            .map(|chunk| Sql::one_of(engine, "users.id", chunk))
            .collect(),
    };
    for these in whom {
        if engine == Engine::Postgres {
            // Whoever is changed meanwhile is held as they are known before or after it.
            Sql::of("SELECT id FROM users WHERE ")
                .then(&these)
                .sql(" ORDER BY id FOR UPDATE")
                .select::<()>(Shape::Few)
                .execute(write.connection)?;
        }
        for mark in MARKS {
            Sql::of("INSERT INTO panic_marks SELECT ")
                .sql(mark)
                .sql(", id, ")
                .integer(micros(at))
                .sql(" FROM users WHERE ")
                .sql(mark)
                .sql(" IS NOT NULL AND ")
                .then(&these)
                .sql(LATER)
                .select::<()>(Shape::Few)
                .execute(write.connection)?;
        }
        Sql::of("INSERT INTO panic_marks SELECT DISTINCT 'email:' || value_key, user_id, ")
            .integer(micros(at))
            .sql(" FROM user_emails WHERE user_id IN (SELECT users.id FROM users WHERE ")
            .then(&these)
            .sql(")")
            .sql(LATER)
            .select::<()>(Shape::Few)
            .execute(write.connection)?;
        for (user, address) in addresses(write, &these)? {
            let key = mail::key(&address);
            if key != address {
                put(write, &email(&key), &user, at)?;
            }
        }
    }
    Ok(())
}

/// The addresses of people, their names among them, folded.
fn addresses(read: &mut Read<'_>, these: &Sql) -> Result<Vec<(String, String)>, Error> {
    Ok(Sql::of(
        "SELECT user_id, value_key FROM user_emails WHERE user_id IN (SELECT users.id FROM users WHERE ",
    )
    .then(these)
    .sql(") UNION SELECT id, user_name_key FROM users WHERE user_name_key LIKE '%@%' AND ")
    .then(these)
    .select::<(Text, Text)>(Shape::Few)
    .load(read.connection)?)
}

/// The latest press counts.
const LATER: &str = " ON CONFLICT (mark, user_id) DO UPDATE SET at = excluded.at WHERE excluded.at > panic_marks.at";

/// Lets the marks of before addresses had one key hold by that key as well.
pub(crate) fn unify(write: &mut Write<'_>) -> Result<(), Error> {
    let marks: Vec<(String, String, i64)> = panic_marks::table
        .filter(panic_marks::mark.like("email:%"))
        .select((panic_marks::mark, panic_marks::user_id, panic_marks::at))
        .load(write.connection)?;
    for (mark, user, at) in marks {
        let unified = mark.strip_prefix("email:").map(mail::key);
        if let Some(unified) = unified.map(|key| email(&key)).filter(|key| *key != mark) {
            put(write, &unified, &user, instant(at)?)?;
        }
    }
    Ok(())
}

/// Holds somebody who is new by all that they are known by, if a press concerns them by any of it.
pub fn arrive(write: &mut Write<'_>, person: &Known) -> Result<(), Error> {
    match held(write, person)? {
        Some(at) => mark(write, person, at),
        None => Ok(()),
    }
}

/// Lets what holds somebody hold them also as they are known now. Whoever is known from now on by what
/// holds somebody else, or gets letters there, is held from now on, whatever was made for them before.
/// Answers whether that is so.
pub fn follow(
    write: &mut Write<'_>,
    before: &Known,
    after: &Known,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if before == after {
        return Ok(false);
    }
    let taken = taken(write, before, after)?;
    // Their own id tells since when they are held themselves; what they are known by, since which press.
    let mut known_by = before.looked_up();
    known_by.remove(0);
    if let Some(pressed) = latest_of(write, known_by)?.max(taken) {
        keep(write, before)?;
        mark(write, after, pressed)?;
    }
    if taken.is_some() {
        let user = after.user.to_string();
        put(write, &format!("user:{user}"), &user, now)?;
    }
    Ok(taken.is_some())
}

/// The latest press that concerned whoever was known before by what somebody is known by from now on, or
/// has as their primary address from now on. What they were known by themselves holds them no more once
/// an administrator has given them a link since.
fn taken(
    read: &mut Read<'_>,
    before: &Known,
    after: &Known,
) -> Result<Option<DateTime<Utc>>, Error> {
    let had = before.looked_up();
    let mut gained = after.looked_up();
    gained.retain(|mark| !had.contains(mark));
    if after.primary_mark() != before.primary_mark() {
        gained.extend(after.primary_mark());
    }
    let own: Vec<String> = panic_marks::table
        .filter(read.one_of("panic_marks.mark", &gained))
        .filter(panic_marks::user_id.eq(after.user.to_string()))
        .select(panic_marks::mark)
        .load(read.connection)?;
    let (own, foreign): (Vec<_>, Vec<_>) = gained.into_iter().partition(|mark| own.contains(mark));
    let mut pressed = latest_of(read, foreign)?;
    if let Some(at) = latest_of(read, own)?
        && !links::made_by_hand_since(read, after.user, at)?
    {
        pressed = pressed.max(Some(at));
    }
    Ok(pressed)
}

/// Notes that somebody is known by what they are held by, so that it is their own when they get it back.
pub fn keep(write: &mut Write<'_>, person: &Known) -> Result<(), Error> {
    let engine = write.connection.engine();
    Sql::of("INSERT INTO panic_marks SELECT mark, ")
        .text(person.user.to_string())
        .sql(", max(at) FROM panic_marks WHERE ")
        .then(&Sql::one_of(engine, "mark", person.looked_up()))
        .sql(" GROUP BY mark ON CONFLICT (mark, user_id) DO NOTHING")
        .select::<()>(Shape::Few)
        .execute(write.connection)?;
    Ok(())
}

fn mark(write: &mut Write<'_>, person: &Known, at: DateTime<Utc>) -> Result<(), Error> {
    for mark in person.marks() {
        put(write, &mark, &person.user.to_string(), at)?;
    }
    Ok(())
}

fn put(write: &mut Write<'_>, mark: &str, user: &str, at: DateTime<Utc>) -> Result<(), Error> {
    Sql::of("INSERT INTO panic_marks VALUES (")
        .text(mark.to_owned())
        .sql(", ")
        .text(user.to_owned())
        .sql(", ")
        .integer(micros(at))
        .sql(")")
        .sql(LATER)
        .select::<()>(Shape::Few)
        .execute(write.connection)?;
    Ok(())
}

/// The latest press that concerned somebody.
pub fn held(read: &mut Read<'_>, person: &Known) -> Result<Option<DateTime<Utc>>, Error> {
    latest_of(read, person.looked_up())
}

fn latest_of(read: &mut Read<'_>, marks: Vec<String>) -> Result<Option<DateTime<Utc>>, Error> {
    let latest: Option<i64> = panic_marks::table
        .filter(read.one_of("panic_marks.mark", marks))
        .select(diesel::dsl::max(panic_marks::at))
        .first(read.connection)?;
    latest.map(instant).transpose()
}
