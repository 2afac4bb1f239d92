//! The requests behind a person: those that made them what they are, and those that were refused.

use super::Shown;
use crate::console::page::{Block, Cell, Section};
use crate::console::table::Table;
use crate::console::visit::Visit;
use crate::console::{MOUNT, requests};

/// The requests that made the person what they are, and those about them that were refused.
pub(super) fn section(visit: &Visit, shown: &Shown) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("person.requests"),
        &[
            t.get("event.when"),
            t.get("error.request"),
            t.get("event.what"),
        ],
    );
    table.empty = t.own("person.no_request");
    let mut seen: Vec<&str> = Vec::new();
    // What administrators did stands among the events.
    let history = shown.history.iter();
    for event in history.filter(|event| event.actor_kind != "administrator") {
        let Some(id) = event.request_id.as_deref().filter(|id| !seen.contains(id)) else {
            continue;
        };
        seen.push(id);
        let made: Vec<String> = shown
            .history
            .iter()
            .filter(|other| other.request_id.as_deref() == Some(id))
            .map(|other| t.own_of("action", &other.action))
            .collect();
        table.rows.push(vec![
            Cell::Time(event.at),
            Cell::link(id, format!("{MOUNT}/search?q={id}")),
            Cell::text(made.join(", ")),
        ]);
    }
    let mut blocks = vec![Block::Table(table)];
    if !shown.refused.is_empty() {
        blocks.push(Block::Table(requests::table(visit, &shown.refused, None)));
    }
    Section {
        lead: Some(t.own("person.requests_lead")),
        ..Section::new("requests", t.own("person.requests"), blocks)
    }
}
