//! Remote Access > Access control > Access groups.

mod form;
mod list;
mod page;

use vestibule_domain::AccessGroupId;
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_service::Error;
use vestibule_service::access_groups::AccessGroupQuery;
use vestibule_service::pages::PageQuery;

use super::MOUNT;
use super::form::{Field, Pick};
use super::page::{Anchor, Badge, Cell, Tone};
use super::text::Texts;
use super::visit::Visit;

pub(super) use form::{create, new};
pub(super) use list::list;
pub(super) use page::{change, delete, show};

/// Access groups that a form offers.
const OFFERED: u64 = 1_000;

pub(super) fn href(id: AccessGroupId) -> String {
    format!("{MOUNT}/access-groups/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.access_control")),
        Anchor::new(t.own("nav.access_groups"), format!("{MOUNT}/access-groups")),
    ]
}

/// What a form offers to choose from, none first.
pub(super) async fn picks(visit: &Visit) -> Result<Vec<Pick>, Error> {
    let found = visit
        .run(|service, call| {
            let query = AccessGroupQuery {
                page: PageQuery::first(OFFERED),
                ..AccessGroupQuery::default()
            };
            service.list_access_groups(call, &query)
        })
        .await?
        .items;
    let mut picks = vec![Pick::new("", visit.t.own("access_group.none_chosen"))];
    picks.extend(found.iter().map(|one| {
        let name = &one.settings.name;
        let text = if one.settings.enabled {
            name.clone()
        } else {
            format!("{name} ({})", visit.t.word("disabled"))
        };
        Pick::new(one.id.to_string(), text)
    }));
    Ok(picks)
}

/// The access group by which a list is filtered.
pub(super) fn chosen(visit: &Visit) -> Option<AccessGroupId> {
    visit.wanted_id("access_group")
}

/// A choice among access groups by which a list is filtered; one that is not offered is, once chosen.
pub(super) fn filter(visit: &Visit, groups: &[Pick]) -> Field {
    let offered = groups.iter().filter(|pick| !pick.value.is_empty());
    let mut picks: Vec<Pick> = offered.cloned().collect();
    let other = chosen(visit).map(|id| id.to_string());
    let other = other.filter(|id| picks.iter().all(|pick| pick.value != *id));
    picks.extend(other.map(|id| Pick::new(id.clone(), id)));
    visit.filter_among("access_group", visit.t.own("vendor.access_group"), picks)
}

/// An access group by its name, leading to its page.
pub(super) fn cell(groups: &[Pick], id: AccessGroupId) -> Cell {
    let text = id.to_string();
    let named = groups.iter().find(|pick| pick.value == text);
    let name = named.map_or(text, |pick| pick.text.clone());
    Cell::link(name, href(id))
}

pub(super) fn enabled_badge(t: Texts, enabled: bool) -> Badge {
    if enabled {
        Badge::new(Tone::Good, t.word("enabled"))
    } else {
        Badge::new(Tone::Bad, t.word("disabled"))
    }
}

/// The choice of what is enabled, or disabled, by which a list is filtered.
pub(super) fn state_filter(visit: &Visit) -> Field {
    let t = visit.t;
    let states = ["enabled", "disabled"].map(|one| Pick::new(one, t.word(one)));
    visit.filter_among("state", t.own("administrator.state"), states)
}

/// What was chosen of it.
pub(super) fn wanted_state(visit: &Visit) -> Option<bool> {
    match visit.query.get("state") {
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => None,
    }
}

fn may(t: Texts, settings: &AccessGroupSettings) -> String {
    let mut may = Vec::new();
    if settings.may_start_sessions {
        may.push(t.get("access_group.sessions"));
    }
    if settings.may_view_passwords {
        may.push(t.get("access_group.passwords"));
    }
    may.join(", ")
}
