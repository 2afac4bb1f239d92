//! The record of every change.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vestibule_domain::event::{Action, SubjectKind};
use vestibule_domain::{
    AccessGroupId, AccessRequestId, EventId, LinkId, ProviderId, UserId, VendorId,
};
use vestibule_service::Service;
use vestibule_service::events::{Choice, EventQuery, EventRecord};

use super::form::Pick;
use super::page::{Anchor, Block, Cell, Fact, Page, Section};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, access_groups, access_requests, links, people, providers, vendors, warnings};

const PAGE: u64 = 50;

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let trail = vec![
        Anchor::words(t.own("nav.audit")),
        Anchor::new(t.own("nav.events"), format!("{MOUNT}/events")),
    ];
    if let Some(id) = visit
        .query
        .given("id")
        .and_then(|id| id.parse::<Uuid>().ok())
    {
        return one(visit, id, trail).await;
    }
    let choice = Choice {
        subject: visit.wanted_id("subject"),
        provider: providers::chosen(visit),
        action: visit.query.given("action").map(str::to_owned),
        ..Choice::default()
    };
    let page = visit.part(PAGE, "-at");
    let asked = EventQuery { choice, page };
    let chosen = providers::chosen(visit);
    let (found, sources) = visit
        .run(move |service: &Service, call| {
            let found = service.list_events(call, &asked)?;
            let sources = service.sources(call, chosen)?;
            Ok((found, sources))
        })
        .await?;
    let mut table = table(visit, &found.items);
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "at")], "-at");
    let actions = Action::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("action", one.name())));
    table.filtered_by(
        visit,
        vec![
            visit.filter_among("action", t.own("event.what"), actions),
            providers::filter(visit, &sources),
            visit.filter_id("subject", t.own("event.subject_id")),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(table, "events"));
    }
    Ok(Page::of_list(t, "nav.events", "event.lead", trail, table).into())
}

/// One event in full, or all of one request.
async fn one(visit: &Visit, id: Uuid, trail: Vec<Anchor>) -> Answer {
    let t = visit.t;
    let found = visit
        .run(move |service: &Service, call| service.events_of(call, id))
        .await?;
    let mut page = Page {
        title: t.own("event.one"),
        trail,
        current: "nav.events",
        ..Page::default()
    };
    if let [event] = found.as_slice() {
        page.title = t.own_of("action", &event.action);
        let payload = event
            .payload
            .as_ref()
            .and_then(|payload| serde_json::to_string_pretty(payload).ok())
            .unwrap_or_else(|| t.own("event.erased"));
        let facts = vec![
            Fact::new(t.own("event.when"), Cell::Time(event.at)),
            Fact::new(t.own("event.who"), Cell::text(who(visit, event))),
            Fact::new(t.own("event.about"), about(visit, event)),
            Fact::new(
                t.own("event.cause"),
                event.cause.as_ref().map_or(Cell::Nothing, |cause| {
                    Cell::link(cause, format!("{MOUNT}/events?id={cause}"))
                }),
            ),
            Fact::new(
                t.own("event.request"),
                event.request_id.as_ref().map_or(Cell::Nothing, |id| {
                    Cell::link(id, format!("{MOUNT}/search?q={id}"))
                }),
            ),
            Fact::new(
                t.own("event.sealed"),
                event.seq.map_or(Cell::Nothing, Cell::Number),
            ),
            Fact::new(t.own("provider.id"), Cell::Copy(event.id.to_string())),
        ];
        page.sections = vec![
            Section::new("facts", t.own("event.facts"), vec![Block::Facts(facts)]),
            Section::new(
                "payload",
                t.own("event.payload"),
                vec![Block::Source(payload)],
            ),
        ];
    } else {
        let table = table(visit, &found);
        page.sections = vec![Section::new(
            "list",
            t.own("event.of_request"),
            vec![Block::Table(table)],
        )];
    }
    Ok(page.into())
}

/// Events as they are listed everywhere.
pub(super) fn table(visit: &Visit, found: &[EventRecord]) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("nav.events"),
        &[
            t.get("event.when"),
            t.get("event.what"),
            t.get("event.who"),
            t.get("event.about"),
            t.get("event.change"),
        ],
    );
    table.empty = t.own("event.none");
    table.rows = found
        .iter()
        .map(|event| {
            vec![
                Cell::Time(event.at),
                Cell::link(
                    t.own_of("action", &event.action),
                    format!("{MOUNT}/events?id={}", event.id),
                ),
                Cell::text(who(visit, event)),
                about(visit, event),
                change(visit.t, event),
            ]
        })
        .collect();
    table
}

fn who(visit: &Visit, event: &EventRecord) -> String {
    let kind = visit.t.own_of("actor", &event.actor_kind);
    match &event.actor_detail {
        Some(detail) => format!("{kind} {detail}"),
        None => kind,
    }
}

/// The page of what an event is about.
pub(super) fn about(visit: &Visit, event: &EventRecord) -> Cell {
    let words = visit.t.own_of("subject", &event.subject_kind);
    let kind = event.subject_kind.parse().ok();
    match kind.zip(event.subject_id.parse().ok()) {
        Some((kind, id)) => Cell::link(words, subject(kind, id)),
        None => Cell::text(words),
    }
}

/// The page of something that events are about; its events where it has none.
pub(super) fn subject(kind: SubjectKind, id: Uuid) -> String {
    match kind {
        SubjectKind::User => people::href(UserId::from_uuid(id)),
        SubjectKind::Vendor => vendors::href(VendorId::from_uuid(id)),
        SubjectKind::Provider => providers::href(ProviderId::from_uuid(id)),
        SubjectKind::AccessGroup => access_groups::href(AccessGroupId::from_uuid(id)),
        SubjectKind::AccessRequest => access_requests::href(AccessRequestId::from_uuid(id)),
        SubjectKind::Link => links::href(LinkId::from_uuid(id)),
        // An internal group or the vendor that came of it.
        SubjectKind::Group => format!("{MOUNT}/search?q={id}"),
        SubjectKind::Block
        | SubjectKind::Credential
        | SubjectKind::Administrator
        | SubjectKind::Resource
        | SubjectKind::Definition
        | SubjectKind::SigningKey => format!("{MOUNT}/events?subject={id}"),
    }
}

/// An instant that leads to the event of that instant.
pub(super) fn when(at: DateTime<Utc>, event: EventId) -> Cell {
    Cell::TimeOf {
        at,
        href: format!("{MOUNT}/events?id={event}"),
    }
}

/// What changed, in a line: names of the fields.
fn change(t: Texts, event: &EventRecord) -> Cell {
    const SHOWN: usize = 4;
    let payload = event.payload.as_ref();
    if let Some(why) = payload.and_then(|payload| payload.get("why")?.as_str()) {
        return warnings::sentence(t, why);
    }
    let keys = |side: &str| {
        payload
            .and_then(|payload| payload.get(side)?.as_object())
            .map(|fields| fields.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let mut fields = keys("after");
    for field in keys("before") {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    let more = fields.len() > SHOWN;
    fields.truncate(SHOWN);
    let mut text = fields.join(", ");
    if more {
        text.push('…');
    }
    Cell::text(text)
}
