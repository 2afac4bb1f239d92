//! The record of every change.

mod alone;
mod change;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vestibule_domain::event::{Action, SubjectKind};
use vestibule_domain::{
    AccessGroupId, AccessRequestId, EventId, LinkId, ProviderId, UserId, VendorId,
};
use vestibule_service::events::{Choice, EventQuery, EventRecord};
use vestibule_service::{Error, Service};

use super::form::Pick;
use super::page::{Anchor, Block, Cell, Page, Section};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::visit::Visit;
use super::{
    MOUNT, access_groups, access_requests, administrators, links, people, providers, vendors,
};

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
    let mut whens = Vec::new();
    let mut when = |name: &'static str, label: String| {
        let (field, read) = visit.filter_when(name, label);
        whens.push(field);
        read
    };
    let (since, until) = (
        when("since", t.own("timeline.from")),
        when("until", t.own("timeline.to")),
    );
    let choice = Choice {
        subject: visit.wanted_id("subject"),
        provider: providers::chosen(visit),
        action: visit.query.given("action").map(str::to_owned),
        since,
        until,
        ..Choice::default()
    };
    let page = visit.part(PAGE, "-at");
    let mut asked = EventQuery { choice, page };
    let chosen = providers::chosen(visit);
    let by = visit.query.given("by").map(str::to_owned);
    let (found, sources, known) = visit
        .run(move |service: &Service, call| {
            if let Some(id) = asked.choice.subject {
                asked.choice.also = service.beside_person(call, UserId::from_uuid(id))?;
            }
            let mut known = true;
            if let Some(name) = &by {
                match service.find_administrator(call, name) {
                    Ok(one) => asked.choice.administrator = Some(one.id),
                    Err(Error::NotFound(_)) => known = false,
                    Err(error) => return Err(error),
                }
            }
            let found = service.list_events(call, &asked)?;
            let sources = service.sources(call, chosen)?;
            Ok((found, sources, known))
        })
        .await?;
    let mut by = visit.filter("by", t.own("event.by"));
    if !known {
        by.mistake = Some(t.get("event.by_nobody").into());
    }
    let mut table = table(visit, &found.items);
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "at")], "-at");
    let actions = Action::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("action", one.name())));
    let mut filters = vec![
        visit.filter_among("action", t.own("event.what"), actions),
        providers::filter(visit, &sources),
        by,
    ];
    filters.extend(whens);
    filters.push(visit.filter_id("subject", t.own("event.subject_id")));
    table.filtered_by(visit, filters);
    if visit.wants_csv() {
        let id = |id: &str| Cell::Code(id.to_owned());
        let ids = found.items.iter().map(|one| id(&one.id.to_string()));
        table.for_machines(t.own("event.id"), ids);
        let subjects = found.items.iter().map(|one| id(&one.subject_id));
        table.for_machines(t.own("event.about_id"), subjects);
        return Ok(Reply::Export(Box::new(table), "events"));
    }
    Ok(Page::of_list(t, "nav.events", "event.lead", trail, table).into())
}

/// One event in full, or all of one request.
async fn one(visit: &Visit, id: Uuid, trail: Vec<Anchor>) -> Answer {
    let t = visit.t;
    let (found, beside) = visit
        .run(move |service: &Service, call| {
            let found = service.events_of(call, id)?;
            let beside = match found.as_slice() {
                [event] => Some(service.beside_event(call, event)?),
                _ => None,
            };
            Ok((found, beside))
        })
        .await?;
    let mut page = Page {
        title: t.own("event.one"),
        trail,
        current: "nav.events",
        ..Page::default()
    };
    if let ([event], Some(beside)) = (found.as_slice(), beside) {
        alone::fill(&mut page, visit, event, &beside);
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
                who(visit, event),
                about(visit, event),
                change::cell(visit, event),
            ]
        })
        .collect();
    table
}

/// Who made a change: an administrator's page, or a provider's and the address it called from.
fn who(visit: &Visit, event: &EventRecord) -> Cell {
    let kind = visit.t.own_of("actor", &event.actor_kind);
    let detail = event.actor_detail.as_deref();
    let id: Option<Uuid> = event.actor_id.as_deref().and_then(|id| id.parse().ok());
    match (event.actor_kind.as_str(), id, detail) {
        ("administrator", _, Some(name)) => Cell::link(name, administrators::href(name)),
        ("provider", Some(id), detail) => {
            let name = event.actor_name.clone().unwrap_or(kind);
            let text = match detail {
                Some(address) => format!("{name} ({address})"),
                None => name,
            };
            Cell::link(text, providers::href(ProviderId::from_uuid(id)))
        }
        ("person", Some(id), detail) => {
            let name = event.actor_name.as_deref();
            let parts = [Some(kind.as_str()), name, detail].into_iter().flatten();
            let text = parts.collect::<Vec<_>>().join(" ");
            Cell::link(text, people::href(UserId::from_uuid(id)))
        }
        (_, _, Some(detail)) => Cell::text(format!("{kind} {detail}")),
        _ => Cell::text(kind),
    }
}

/// What an event is about, by its name, or the beginning of its id where it has none; it leads to its
/// page while it has one.
pub(super) fn about(visit: &Visit, event: &EventRecord) -> Cell {
    let words = visit.t.own_of("subject", &event.subject_kind);
    let kind = event.subject_kind.parse().ok();
    let Some((kind, id)) = kind.zip(event.subject_id.parse::<Uuid>().ok()) else {
        return Cell::text(words);
    };
    let name = event.subject_name.as_deref();
    let text = match name {
        Some(name) => format!("{words} {name}"),
        None => format!("{words} {}", id.to_string().get(..13).unwrap_or_default()),
    };
    let href = match (kind, name) {
        // Gone, or with no page of its own.
        _ if !event.standing => format!("{MOUNT}/events?subject={id}"),
        (SubjectKind::Administrator, Some(name)) => administrators::href(name),
        _ => subject(kind, id),
    };
    Cell::link(text, href)
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
