//! What things are called, by their ids: for pages that tell of many kinds of them.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;
use vestibule_domain::event::SubjectKind;

use crate::columns::parsed;
use crate::error::Error;
use crate::schema::{
    access_groups, access_links, access_requests, administrators, blocks, credentials, groups,
    providers, users, vendors,
};
use crate::store::Read;

/// The names of things of one kind, as far as they are there and have any. Of a link, an access request
/// or a block that is the person it is for.
pub fn of(
    read: &mut Read<'_>,
    kind: SubjectKind,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, String>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! named {
        ($table:ident, $name:expr, $id:literal) => {
            $table::table
                .filter(read.one_of($id, ids))
                .select(($table::id, $name))
                .load::<(String, String)>(read.connection)?
        };
    }
    let rows: Vec<(String, String)> = match kind {
        SubjectKind::User => named!(users, users::user_name, "users.id"),
        SubjectKind::Group => named!(groups, groups::display_name, "groups.id"),
        SubjectKind::Vendor => named!(vendors, vendors::name, "vendors.id"),
        SubjectKind::AccessGroup => set(named!(
            access_groups,
            access_groups::settings,
            "access_groups.id"
        ))?,
        SubjectKind::Provider => set(named!(providers, providers::settings, "providers.id"))?,
        SubjectKind::Administrator => {
            named!(administrators, administrators::name, "administrators.id")
        }
        SubjectKind::Link => named!(access_links, access_links::user_name, "access_links.id"),
        SubjectKind::AccessRequest => {
            named!(
                access_requests,
                access_requests::user_name,
                "access_requests.id"
            )
        }
        SubjectKind::Block => named!(blocks, blocks::user_name_key, "blocks.id"),
        SubjectKind::Credential => {
            let found: Vec<(String, Option<String>)> = credentials::table
                .filter(read.one_of("credentials.id", ids))
                .select((credentials::id, credentials::name))
                .load(read.connection)?;
            let named = found.into_iter();
            named.filter_map(|(id, name)| Some((id, name?))).collect()
        }
        SubjectKind::Resource | SubjectKind::Definition | SubjectKind::SigningKey => Vec::new(),
    };
    rows.into_iter()
        .map(|(id, name)| Ok((parsed(&id)?, name)))
        .collect()
}

/// Names out of settings.
fn set(rows: Vec<(String, String)>) -> Result<Vec<(String, String)>, Error> {
    #[derive(serde::Deserialize)]
    struct Settings {
        name: String,
    }
    rows.into_iter()
        .map(|(id, settings)| {
            let settings: Settings = serde_json::from_str(&settings).map_err(Error::corrupt)?;
            Ok((id, settings.name))
        })
        .collect()
}
