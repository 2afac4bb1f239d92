//! The global search: paste a name, an address, an id, a trace id or a whole error text.

use vestibule_service::overview::Found;

use super::page::{Block, Cell, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{
    MOUNT, access_groups, access_requests, administrators, internal_groups, links, people,
    providers, requests, vendors,
};

pub(super) async fn show(visit: &Visit) -> Answer {
    let t = visit.t;
    let text = visit.query.get("q").trim().to_owned();
    let asked = text.clone();
    let found = visit
        .run(move |service, call| service.search(call, &asked))
        .await?;
    // One thing only: there it is.
    if let [only] = found.as_slice()
        && !matches!(only, Found::Status(_))
    {
        return Ok(Reply::See(href(only)));
    }
    let mut table = Table::new(
        t.own("search.title"),
        &[
            t.get("search.kind"),
            t.get("search.found"),
            t.get("search.detail"),
        ],
    );
    table.empty = t.own(if text.is_empty() {
        "search.hint"
    } else {
        "search.nothing"
    });
    table.rows = found.iter().map(|one| row(t, one)).collect();
    let section = Section {
        lead: (!text.is_empty()).then(|| t.own("search.hint")),
        ..Section::new("found", t.own("search.title"), vec![Block::Table(table)])
    };
    Ok(Page {
        title: if text.is_empty() {
            t.own("search.title")
        } else {
            t.say("search.for", &[("text", &text)])
        },
        current: "search",
        sections: vec![section],
        ..Page::default()
    }
    .into())
}

fn row(t: Texts, one: &Found) -> Vec<Cell> {
    let (kind, name, detail) = match one {
        Found::Person(person) => (
            "user",
            match &person.name {
                Some(name) if *name != person.user_name => {
                    format!("{name} ({})", person.user_name)
                }
                _ => person.user_name.clone(),
            },
            if person.active {
                Cell::optional(person.email.clone())
            } else {
                Cell::badge(Tone::Bad, t.word("inactive"))
            },
        ),
        Found::Provider(_, name) => ("provider", name.clone(), Cell::Nothing),
        Found::Vendor(_, name) => ("vendor", name.clone(), Cell::Nothing),
        Found::Group(_, name) => ("group", name.clone(), Cell::Nothing),
        Found::AccessGroup(_, name) => ("access_group", name.clone(), Cell::Nothing),
        Found::AccessRequest(_, name) => ("access_request", name.clone(), Cell::Nothing),
        Found::Link(_, name) => ("link", name.clone(), Cell::Nothing),
        Found::Administrator(name) => ("administrator", name.clone(), Cell::Nothing),
        Found::Gone(id, action) => (
            "gone",
            t.own_of("action", action),
            Cell::Code(id.to_string()),
        ),
        Found::Event(id, action) => (
            "event",
            t.own_of("action", action),
            Cell::Code(id.to_string()),
        ),
        Found::Request(request) => (
            "request",
            format!("{} {}", request.method, request.target),
            Cell::Phrase(requests::reason(t, request)),
        ),
        Found::Status(status) => (
            "request",
            t.say("search.status", &[("status", status)]),
            Cell::Phrase(requests::meaning(t, *status)),
        ),
    };
    vec![
        Cell::text(t.own_of("subject", kind)),
        Cell::link(name, href(one)),
        detail,
    ]
}

fn href(found: &Found) -> String {
    match found {
        Found::Person(person) => people::href(person.id),
        Found::Provider(id, _) => providers::href(*id),
        Found::Vendor(id, _) => vendors::href(*id),
        Found::Group(id, _) => internal_groups::href(*id),
        Found::AccessGroup(id, _) => access_groups::href(*id),
        Found::AccessRequest(id, _) => access_requests::href(*id),
        Found::Link(id, _) => links::href(*id),
        Found::Administrator(name) => administrators::href(name),
        Found::Gone(id, _) => format!("{MOUNT}/events?subject={id}"),
        Found::Event(id, _) => format!("{MOUNT}/events?id={id}"),
        Found::Request(request) => requests::href(&request.trace_id),
        Found::Status(status) => format!("{MOUNT}/requests?status={status}"),
    }
}
