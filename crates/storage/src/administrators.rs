//! Administrators, their API tokens and the one-time set-up link.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{AdministratorId, CredentialId};
use vestibule_oauth::Digest;
use vestibule_scim::fold::fold;

use crate::columns::{instant, micros, optional_instant, parsed};
use crate::engine::direct;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::predicate::contains;
use crate::schema::{admin_tokens, administrators, setup_links};
use crate::store::{Read, Write};

/// A person who runs Vestibule. Lives apart from everything SCIM can reach.
#[derive(Debug, Clone)]
pub struct Administrator {
    pub id: AdministratorId,
    pub name: String,
    /// A role by its name.
    pub role: String,
    /// In PHC form.
    pub password_hash: String,
    pub enabled: bool,
    pub created: DateTime<Utc>,
    /// Key of the second factor; none while there is none.
    pub totp_key: Option<Vec<u8>>,
    /// The last step of the second factor whose code was used.
    pub totp_step: i64,
}

/// A bearer token of the admin API.
#[derive(Debug, Clone)]
pub struct AdminToken {
    pub id: CredentialId,
    pub administrator: AdministratorId,
    pub name: String,
    pub created: DateTime<Utc>,
    /// First instant at which it no longer works.
    pub expires: Option<DateTime<Utc>>,
}

pub(crate) type Columns = (
    administrators::id,
    administrators::name,
    administrators::role,
    administrators::password_hash,
    administrators::enabled,
    administrators::created,
    administrators::totp_key,
    administrators::totp_step,
);
pub(crate) const COLUMNS: Columns = (
    administrators::id,
    administrators::name,
    administrators::role,
    administrators::password_hash,
    administrators::enabled,
    administrators::created,
    administrators::totp_key,
    administrators::totp_step,
);

pub(crate) type Row = (
    String,
    String,
    String,
    String,
    bool,
    i64,
    Option<Vec<u8>>,
    i64,
);
/// Id, name, creation and expiry of a token.
type TokenRow = (String, String, i64, Option<i64>);

pub(crate) fn administrator(
    (id, name, role, password_hash, enabled, created, totp_key, totp_step): Row,
) -> Result<Administrator, Error> {
    Ok(Administrator {
        id: parsed(&id)?,
        name,
        role,
        password_hash,
        enabled,
        created: instant(created)?,
        totp_key,
        totp_step,
    })
}

pub fn count(read: &mut Read<'_>) -> Result<i64, Error> {
    Ok(administrators::table.count().get_result(read.connection)?)
}

sorts! {
    /// How administrators can be sorted.
    AdministratorSort by "administrators.id" {
        Created = "created" => "administrators.id",
        Name = "name" => "administrators.name_key",
        // There are few.
        Role = "role" => "administrators.role",
        Enabled = "enabled" => "CASE WHEN administrators.enabled THEN 1 ELSE 0 END",
    }
}

/// What an administrator is sorted by.
pub fn place(sort: AdministratorSort, one: &Administrator) -> (Option<Key>, String) {
    let key = match sort {
        AdministratorSort::Created => None,
        AdministratorSort::Role => Some(Key::Text(one.role.clone())),
        AdministratorSort::Enabled => Some(Key::Integer(one.enabled.into())),
        AdministratorSort::Name => Some(Key::Text(fold(&one.name))),
    };
    (key, one.id.to_string())
}

/// Which administrators are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// A role by its name.
    pub role: Option<&'static str>,
    pub enabled: Option<bool>,
    /// Contained in the name, without case.
    pub search: Option<String>,
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<AdministratorSort>,
) -> Result<Vec<Administrator>, Error> {
    let engine = read.connection.engine();
    let mut query = administrators::table.into_boxed();
    if let Some(role) = choice.role {
        query = query.filter(administrators::role.eq(role));
    }
    if let Some(enabled) = choice.enabled {
        query = query.filter(administrators::enabled.eq(enabled));
    }
    if let Some(text) = &choice.search {
        query = query.filter(contains(engine, &["administrators.name_key"], &fold(text)));
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(administrator).collect()
}

/// The names of administrators whose folded name begins with that, in their order.
pub fn named_like(read: &mut Read<'_>, folded: &str, limit: i64) -> Result<Vec<String>, Error> {
    Ok(administrators::table
        .filter(administrators::name_key.ge(folded))
        .filter(administrators::name_key.lt(format!("{folded}\u{10ffff}")))
        .order(administrators::name_key)
        .limit(limit)
        .select(administrators::name)
        .load(read.connection)?)
}

/// The administrator of that name, compared without case.
pub fn find_by_name(read: &mut Read<'_>, name: &str) -> Result<Option<Administrator>, Error> {
    administrators::table
        .filter(administrators::name_key.eq(fold(name)))
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(administrator)
        .transpose()
}

pub fn find(read: &mut Read<'_>, id: AdministratorId) -> Result<Option<Administrator>, Error> {
    administrators::table
        .filter(administrators::id.eq(id.to_string()))
        .select(COLUMNS)
        .first::<Row>(read.connection)
        .optional()?
        .map(administrator)
        .transpose()
}

/// Key of the turns of those who change administrators, on PostgreSQL.
const CHANGER: i64 = 7_236_830_016;

/// To be called before what is to be changed is read: nobody else changes an administrator, or signs one
/// in, until this transaction ends.
pub fn lock(write: &mut Write<'_>) -> Result<(), Error> {
    Ok(write.connection.take_turns(CHANGER)?)
}

/// Writes everything of an administrator but name and creation, under [`lock`].
pub fn replace(write: &mut Write<'_>, changed: &Administrator) -> Result<(), Error> {
    diesel::update(administrators::table.filter(administrators::id.eq(changed.id.to_string())))
        .set((
            administrators::role.eq(&changed.role),
            administrators::password_hash.eq(&changed.password_hash),
            administrators::enabled.eq(changed.enabled),
            administrators::totp_key.eq(changed.totp_key.as_deref()),
            administrators::totp_step.eq(changed.totp_step),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Removes an administrator with tokens and sessions.
pub fn delete(write: &mut Write<'_>, id: AdministratorId) -> Result<(), Error> {
    diesel::delete(administrators::table.filter(administrators::id.eq(id.to_string())))
        .execute(write.connection)?;
    Ok(())
}

pub fn insert(write: &mut Write<'_>, new: &Administrator) -> Result<(), Error> {
    diesel::insert_into(administrators::table)
        .values((
            administrators::id.eq(new.id.to_string()),
            administrators::name.eq(&new.name),
            administrators::name_key.eq(fold(&new.name)),
            administrators::role.eq(&new.role),
            administrators::password_hash.eq(&new.password_hash),
            administrators::enabled.eq(new.enabled),
            administrators::created.eq(micros(new.created)),
            administrators::totp_key.eq(new.totp_key.as_deref()),
            administrators::totp_step.eq(new.totp_step),
        ))
        .execute(write.connection)?;
    Ok(())
}

pub fn insert_token(
    write: &mut Write<'_>,
    token: &AdminToken,
    digest: &Digest,
) -> Result<(), Error> {
    diesel::insert_into(admin_tokens::table)
        .values((
            admin_tokens::digest.eq(digest.as_bytes().as_slice()),
            admin_tokens::id.eq(token.id.to_string()),
            admin_tokens::administrator_id.eq(token.administrator.to_string()),
            admin_tokens::name.eq(&token.name),
            admin_tokens::created.eq(micros(token.created)),
            admin_tokens::expires.eq(token.expires.map(micros)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// The token with this digest and its owner, whatever their state.
pub fn find_token(
    read: &mut Read<'_>,
    digest: &Digest,
) -> Result<Option<(AdminToken, Administrator)>, Error> {
    let found: Option<(TokenRow, Row)> = direct!(read, |connection| admin_tokens::table
        .inner_join(administrators::table)
        .filter(admin_tokens::digest.eq(digest.as_bytes().as_slice()))
        .select((
            (
                admin_tokens::id,
                admin_tokens::name,
                admin_tokens::created,
                admin_tokens::expires,
            ),
            COLUMNS,
        ))
        .get_result(connection))
    .optional()?;
    found
        .map(|((id, name, created, expires), row)| {
            let owner = administrator(row)?;
            let token = AdminToken {
                id: parsed(&id)?,
                administrator: owner.id,
                name,
                created: instant(created)?,
                expires: optional_instant(expires)?,
            };
            Ok((token, owner))
        })
        .transpose()
}

/// One API token, whoever's it is.
pub fn find_token_by_id(
    read: &mut Read<'_>,
    id: CredentialId,
) -> Result<Option<AdminToken>, Error> {
    let found: Option<(String, String, i64, Option<i64>)> = admin_tokens::table
        .filter(admin_tokens::id.eq(id.to_string()))
        .select((
            admin_tokens::administrator_id,
            admin_tokens::name,
            admin_tokens::created,
            admin_tokens::expires,
        ))
        .get_result(read.connection)
        .optional()?;
    found
        .map(|(administrator, name, created, expires)| {
            Ok(AdminToken {
                id,
                administrator: parsed(&administrator)?,
                name,
                created: instant(created)?,
                expires: optional_instant(expires)?,
            })
        })
        .transpose()
}

sorts! {
    /// How API tokens can be sorted.
    AdminTokenSort by "admin_tokens.id" {
        Created = "created" => "admin_tokens.id",
    }
}

/// The API tokens of an administrator.
pub fn tokens(
    read: &mut Read<'_>,
    administrator: AdministratorId,
    page: &Page<AdminTokenSort>,
) -> Result<Vec<AdminToken>, Error> {
    let query = admin_tokens::table
        .filter(admin_tokens::administrator_id.eq(administrator.to_string()))
        .into_boxed();
    let rows: Vec<TokenRow> = page
        .of(query)
        .select((
            admin_tokens::id,
            admin_tokens::name,
            admin_tokens::created,
            admin_tokens::expires,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(id, name, created, expires)| {
            Ok(AdminToken {
                id: parsed(&id)?,
                administrator,
                name,
                created: instant(created)?,
                expires: optional_instant(expires)?,
            })
        })
        .collect()
}

pub fn delete_token(write: &mut Write<'_>, id: CredentialId) -> Result<bool, Error> {
    let deleted = diesel::delete(admin_tokens::table.filter(admin_tokens::id.eq(id.to_string())))
        .execute(write.connection)?;
    Ok(deleted > 0)
}

/// Replaces whatever set-up link there was by a new one.
pub fn set_setup_link(
    write: &mut Write<'_>,
    digest: &Digest,
    created: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::delete(setup_links::table).execute(write.connection)?;
    diesel::insert_into(setup_links::table)
        .values((
            setup_links::digest.eq(digest.as_bytes().as_slice()),
            setup_links::created.eq(micros(created)),
            setup_links::expires.eq(micros(expires)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Whether there is such a set-up link that still works.
pub fn setup_link_works(
    read: &mut Read<'_>,
    digest: &Digest,
    at: DateTime<Utc>,
) -> Result<bool, Error> {
    let found: i64 = setup_links::table
        .filter(setup_links::digest.eq(digest.as_bytes().as_slice()))
        .filter(setup_links::expires.gt(micros(at)))
        .count()
        .get_result(read.connection)?;
    Ok(found > 0)
}

/// Uses the set-up link up: `false` when there is no such link that still works.
pub fn redeem_setup_link(
    write: &mut Write<'_>,
    digest: &Digest,
    at: DateTime<Utc>,
) -> Result<bool, Error> {
    let redeemed = diesel::delete(
        setup_links::table
            .filter(setup_links::digest.eq(digest.as_bytes().as_slice()))
            .filter(setup_links::expires.gt(micros(at))),
    )
    .execute(write.connection)?;
    Ok(redeemed > 0)
}
