//! Who waits for whom on PostgreSQL. On SQLite the one writer already excludes everybody else.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Session;

impl Session {
    /// Keeps others from deleting or placing the named users until this transaction ends.
    pub(crate) fn lock_users(&mut self, ids: &[String]) -> QueryResult<()> {
        use crate::schema::users;
        match self {
            // The one writer already excludes everybody else.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => users::table
                .filter(users::id.eq_any(ids))
                .select(users::id)
                .order(users::id)
                .for_no_key_update()
                .load::<String>(connection)
                .map(drop),
        }
    }

    /// Makes those who issue a provider's credentials take turns until this transaction ends.
    pub(crate) fn lock_provider(&mut self, id: &str) -> QueryResult<()> {
        use crate::schema::providers;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => providers::table
                .find(id)
                .select(providers::id)
                .for_no_key_update()
                .load::<String>(connection)
                .map(drop),
        }
    }

    /// Keeps others from changing a group or its members until this transaction ends.
    pub(crate) fn lock_group(&mut self, id: &str) -> QueryResult<()> {
        use crate::schema::groups;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => groups::table
                .filter(groups::id.eq(id))
                .select(groups::id)
                .for_no_key_update()
                .load::<String>(connection)
                .map(drop),
        }
    }

    /// Keeps others from changing, until this transaction ends, what decides about a person's access
    /// besides the person and their memberships: provider, vendor, internal groups, access groups.
    pub(crate) fn share_grounds(&mut self, provider: &str, user: &str) -> QueryResult<()> {
        use crate::schema::{access_groups, groups, placements, providers, vendors};
        let Self::Postgres(connection) = self else {
            // The one writer already excludes everybody else.
            return Ok(());
        };
        providers::table
            .find(provider)
            .select(providers::id)
            .for_share()
            .load::<String>(connection)?;
        let placed = placements::table
            .filter(placements::user_id.eq(user))
            .select(placements::vendor_id);
        vendors::table
            .filter(vendors::id.eq_any(placed))
            .select(vendors::id)
            .for_share()
            .load::<String>(connection)?;
        groups::table
            .filter(groups::provider_id.eq(provider))
            .filter(groups::access_group_id.is_not_null())
            .select(groups::id)
            .order(groups::id)
            .for_share()
            .load::<String>(connection)?;
        access_groups::table
            .select(access_groups::id)
            .order(access_groups::id)
            .for_share()
            .load::<String>(connection)
            .map(drop)
    }

    /// Keeps others from changing an access group until this transaction ends.
    pub(crate) fn share_access_group(&mut self, id: &str) -> QueryResult<()> {
        use crate::schema::access_groups;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => access_groups::table
                .filter(access_groups::id.eq(id))
                .select(access_groups::id)
                .for_share()
                .load::<String>(connection)
                .map(drop),
        }
    }

    /// Keeps others from changing an access group, from making links by it and from tying anything to it.
    pub(crate) fn lock_access_group(&mut self, id: &str) -> QueryResult<()> {
        use crate::schema::access_groups;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => access_groups::table
                .find(id)
                .select(access_groups::id)
                .for_no_key_update()
                .load::<String>(connection)
                .map(drop),
        }
    }

    /// The same, unless somebody else holds it. Answers whether it is held.
    pub(crate) fn try_access_group(&mut self, id: &str) -> QueryResult<bool> {
        use crate::schema::access_groups;
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(connection) => access_groups::table
                .find(id)
                .select(access_groups::id)
                .for_no_key_update()
                .skip_locked()
                .first::<String>(connection)
                .optional()
                .map(|held| held.is_some()),
        }
    }

    /// Makes those who give one link codes take turns.
    pub(crate) fn lock_link(&mut self, id: &str) -> QueryResult<()> {
        use crate::schema::access_links;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => access_links::table
                .find(id)
                .select(access_links::id)
                .for_no_key_update()
                .load::<String>(connection)
                .map(drop),
        }
    }

    /// Makes those who change the memberships of one provider's groups take turns, so that nesting
    /// and placements are computed from what will be true, and nobody waits in a circle.
    pub(crate) fn lock_memberships(&mut self, provider: u128) -> QueryResult<()> {
        self.take_turns(i64::from_be_bytes(fold_key(provider)))
    }

    /// The same, unless somebody else is at it. Answers whether it is held.
    pub(crate) fn try_memberships(&mut self, provider: u128) -> QueryResult<bool> {
        self.try_lease(i64::from_be_bytes(fold_key(provider)))
    }

    /// Makes those who do the named work take turns until this transaction ends.
    pub(crate) fn take_turns(&mut self, key: i64) -> QueryResult<()> {
        match self {
            // The one writer already excludes everybody else.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
                .bind::<BigInt, _>(key)
                .execute(connection)
                .map(drop),
        }
    }

    /// Makes those who name the same text take turns until this transaction ends.
    pub(crate) fn take_turns_by(&mut self, text: &str) -> QueryResult<()> {
        match self {
            // The one writer already excludes everybody else.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => {
                diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 7236830012))")
                    .bind::<Text, _>(text)
                    .execute(connection)
                    .map(drop)
            }
        }
    }

    /// Tries to become the one who does the named work until this transaction ends.
    pub(crate) fn try_lease(&mut self, key: i64) -> QueryResult<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(connection) => diesel::select(
                diesel::dsl::sql::<diesel::sql_types::Bool>("pg_try_advisory_xact_lock(")
                    .bind::<BigInt, _>(key)
                    .sql(")"),
            )
            .get_result(connection),
        }
    }
}

/// A provider's id as the key of an advisory lock; two providers that share one only wait for each
/// other.
fn fold_key(id: u128) -> [u8; 8] {
    let bytes = id.to_be_bytes();
    std::array::from_fn(|place| {
        bytes
            .iter()
            .skip(place)
            .step_by(8)
            .fold(0, |folded, byte| folded ^ byte)
    })
}
