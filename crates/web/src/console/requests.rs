//! Requests that were refused: what was refused, why, and what to do.

use std::net::IpAddr;

use uuid::Uuid;
use vestibule_domain::ProviderId;
use vestibule_domain::network::AllowedAddresses;
use vestibule_service::pages::Page as Found;
use vestibule_service::providers::Sources;
use vestibule_service::requests::{Advice, RefusedRequest, RequestQuery};
use vestibule_service::{Role, Service};

use super::form::{Field, Pick};
use super::page::{Anchor, Block, Button, Cell, Fact, Notice, Page, Remark, Section, Tone};
use super::phrase::{Part, Phrase};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, providers};
use crate::scim;

const PAGE: u64 = 50;
const ENDPOINTS: [&str; 2] = ["scim", "token"];

pub(super) fn href(trace_id: &str) -> String {
    format!("{MOUNT}/requests/{trace_id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.audit")),
        Anchor::new(t.own("nav.requests"), format!("{MOUNT}/requests")),
    ]
}

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let times = [
        visit.filter_when("since", t.own("timeline.from")),
        visit.filter_when("until", t.own("timeline.to")),
    ];
    let [since, until] = times.each_ref().map(|(_, read)| *read);
    let times = times.map(|(field, _)| field);
    let query = RequestQuery {
        since,
        until,
        whose: providers::chosen(visit).into(),
        endpoint: ENDPOINTS
            .iter()
            .find(|one| **one == visit.query.get("endpoint"))
            .map(|one| (*one).to_owned()),
        status: visit
            .query
            .given("status")
            .and_then(|status| status.parse().ok()),
        search: visit.query.given("q").map(str::to_owned),
        page: visit.part(PAGE, "-at"),
    };
    let chosen = providers::chosen(visit);
    let (found, sources, dropped) = visit
        .run(move |service: &Service, call| {
            let found = service.list_requests(call, &query)?;
            let named = found.items.iter().filter_map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources, service.dropped_requests(call)?))
        })
        .await?;
    if visit.wants_csv() {
        let mut table = export(visit, &found, &sources);
        table.paged(visit, &found);
        table.filtered_by(visit, filters(visit, &sources, times));
        return Ok(Reply::Export(Box::new(table), "refused-requests"));
    }
    let mut table = table(visit, &found.items, Some(&sources));
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "at")], "-at");
    table.filtered_by(visit, filters(visit, &sources, times));
    let mut page = Page::of_list(t, "nav.requests", "request.lead", trail(t), table);
    if dropped > 0 {
        let text = t.say("request.dropped", &[("dropped", &dropped)]);
        page.notice = Some(Notice::new(Tone::Waiting, text));
    }
    Ok(page.into())
}

fn filters(visit: &Visit, sources: &Sources, times: [Field; 2]) -> Vec<Field> {
    let t = visit.t;
    let endpoints = ENDPOINTS.map(|one| Pick::new(one, t.own_of("endpoint", one)));
    let statuses = [400, 401, 403, 404, 409, 412, 413, 415, 429, 500, 503]
        .map(|status: u16| Pick::new(status.to_string(), status.to_string()));
    let mut fields = vec![
        visit.filter("q", t.own("request.contains")),
        providers::filter(visit, sources),
        visit.filter_among("endpoint", t.own("request.endpoint"), endpoints),
        visit.filter_among("status", t.own("request.status"), statuses),
    ];
    fields.extend(times);
    fields
}

/// Refused requests as they are listed everywhere; without `sources`, of one provider.
pub(super) fn table(visit: &Visit, found: &[RefusedRequest], sources: Option<&Sources>) -> Table {
    let t = visit.t;
    let mut columns = vec![t.get("event.when")];
    if sources.is_some() {
        columns.push(t.get("vendor.provider"));
    }
    columns.extend([
        t.get("request.request"),
        t.get("request.status"),
        t.get("request.reason"),
    ]);
    let mut table = Table::new(t.own("nav.requests"), &columns);
    table.empty = t.own("request.none");
    table.rows = found
        .iter()
        .map(|one| {
            let mut row = vec![Cell::Time(one.at)];
            if let Some(sources) = sources {
                row.push(source(t, one, sources));
            }
            row.extend([
                Cell::link(
                    format!("{} {}", one.method, one.target),
                    href(&one.trace_id),
                ),
                status(one),
                Cell::Phrase(reason(t, one)),
            ]);
            row
        })
        .collect();
    table
}

/// Everything that is kept, for a spreadsheet.
fn export(visit: &Visit, found: &Found<RefusedRequest>, sources: &Sources) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        "",
        &[
            t.get("error.request"),
            t.get("event.when"),
            t.get("vendor.provider"),
            t.get("request.request"),
            t.get("request.status"),
            t.get("request.code"),
            t.get("request.answer"),
            t.get("request.reason"),
            t.get("request.advice"),
            t.get("provider.from"),
        ],
    );
    table.rows = found
        .items
        .iter()
        .map(|one| {
            vec![
                Cell::Code(one.trace_id.clone()),
                Cell::Time(one.at),
                source(t, one, sources),
                Cell::text(format!("{} {}", one.method, one.target)),
                Cell::Number(i64::from(one.status)),
                Cell::optional(one.code.clone()),
                Cell::text(one.answer.clone()),
                Cell::Phrase(reason(t, one)),
                Cell::Phrase(advice(t, one)),
                Cell::optional(one.address.clone()),
            ]
        })
        .collect();
    table
}

/// Whose request it was.
pub(super) fn source(t: Texts, one: &RefusedRequest, sources: &Sources) -> Cell {
    let Some(id) = one.provider else {
        return Cell::text(t.own("request.stranger"));
    };
    let name = sources.name(id);
    name.map_or_else(
        || Cell::text(t.own("request.gone")),
        |name| Cell::link(name, providers::href(id)),
    )
}

pub(super) fn status(one: &RefusedRequest) -> Cell {
    let tone = if one.status >= 500 {
        Tone::Waiting
    } else {
        Tone::Bad
    };
    let text = match &one.code {
        Some(code) => format!("{} {code}", one.status),
        None => one.status.to_string(),
    };
    Cell::badge(tone, text)
}

/// Why it was refused: by its code, or in a few words and those of the answer.
pub(super) fn reason(t: Texts, one: &RefusedRequest) -> Phrase {
    match one.why() {
        Some(said) => t.said("why", &said),
        None if let Some(attribute) = unknown_attribute(one) => {
            let key = if one.target.contains("/Users") {
                "request.unknown_user_attribute"
            } else {
                "request.unknown_attribute"
            };
            let values = [
                ("attribute", attribute.into()),
                ("answer", one.told().into()),
            ];
            t.phrase(key, &values)
        }
        None => t.phrase(
            "request.as_told",
            &[
                ("summary", t.own_of("diagnosis", diagnosis(one)).into()),
                ("answer", one.told().into()),
            ],
        ),
    }
}

/// The attribute that a filter names and nobody here knows.
fn unknown_attribute(one: &RefusedRequest) -> Option<&str> {
    let (_, name) = one.told().split_once("there is no attribute \"")?;
    let (name, _) = name.split_once("\" here")?;
    (diagnosis(one) == "filter").then_some(name)
}

/// Reasons that say no more than the diagnosis does.
const SAID: [&str; 7] = [
    "no_credential",
    "no_authentication",
    "unknown_client",
    "wrong_secret",
    "method",
    "referrer",
    "grant_type",
];

/// That the path is wrong below the base URL.
const NO_SUCH_ENDPOINT: &str = "no_such_endpoint";

/// What is wrong in a few words, and why where that says more.
pub(super) fn explanation(visit: &Visit, one: &RefusedRequest) -> Phrase {
    let t = visit.t;
    let Some(why) = one.why() else {
        return reason(t, one);
    };
    let summary = t.own_of("diagnosis", diagnosis(one));
    if SAID.contains(&why.code) {
        return summary.into();
    }
    let mut told = reason(t, one);
    told.capitalize();
    told.0.insert(0, Part::Words(format!("{summary} ")));
    told.0.push(Part::Words(".".to_owned()));
    if why.code == NO_SUCH_ENDPOINT {
        let url = format!("{}{}", visit.web.settings.public_url, scim::MOUNT);
        told.0.push(Part::Words(" ".to_owned()));
        told.0
            .extend(t.phrase("request.base_url", &[("url", url.into())]).0);
    }
    told
}

/// What to do about it.
fn advice(t: Texts, one: &RefusedRequest) -> Phrase {
    t.said("advice", &one.what_to_do().said([]))
}

/// What an answer with that status usually means, and what to do about it.
pub(super) fn meaning(t: Texts, status: u16) -> Phrase {
    t.said("advice", &Advice::of_status(status).said([]))
}

/// In a word, what is wrong.
pub(super) fn diagnosis(one: &RefusedRequest) -> &'static str {
    let why = one.why().map(|said| said.code);
    match (one.status, why, one.code.as_deref()) {
        (_, Some("unknown_client"), _) => "client",
        (_, Some("no_credential"), Some("invalid_client")) => "secret",
        (_, Some("no_authentication"), _) => "no_credential",
        (_, Some("no_such_member"), _) => "member",
        (_, Some(known @ ("address" | "referrer" | "scope" | "expired" | "no_credential")), _) => {
            known
        }
        (_, Some("method"), Some("invalid_client")) => "method",
        (_, _, Some("invalid_client")) => match one.what_to_do() {
            Advice::CompareAssertion => "assertion",
            Advice::CompareCertificate => "certificate",
            _ => "secret",
        },
        (_, _, Some("invalid_scope")) => "asked_scope",
        (_, _, Some("unsupported_grant_type")) => "grant_type",
        (_, _, Some("invalid_request")) => "token_request",
        (_, _, Some("invalidSyntax")) => "unreadable",
        (_, _, Some("invalidFilter")) => "filter",
        (_, _, Some("mutability")) => "read_only",
        (_, _, Some("tooMany")) | (408 | 413, ..) => "large",
        (412, ..) => "changed",
        (415, ..) => "media",
        (401, ..) => "token",
        (403, ..) => "scope",
        (404, ..) if one.of_one_resource() => "unknown",
        (404 | 405, ..) => "path",
        (409, _, Some("uniqueness")) => "taken",
        (429, ..) => "rate",
        (503, ..) => "later",
        (500.., ..) => "server",
        _ => "mapping",
    }
}

pub(super) async fn show(visit: &Visit) -> Answer {
    let t = visit.t;
    let id: Uuid = visit.id("refused request")?;
    let (one, sources, events, allowed) = visit
        .run(move |service: &Service, call| {
            let one = service.find_request(call, &id.to_string())?;
            let sources = service.sources(call, one.provider)?;
            let standing = one.provider.filter(|id| sources.name(*id).is_some());
            let allowed = match standing.filter(|_| blocked(&one)) {
                Some(id) => {
                    let provider = service.find_provider(call, id)?.provider;
                    Some(provider.settings.allowed_addresses)
                }
                None => None,
            };
            Ok((one, sources, service.events_of(call, id)?, allowed))
        })
        .await?;
    let mut notice = Notice::new(Tone::Waiting, t.own("request.advice"));
    notice.more = vec![Remark {
        text: advice(t, &one),
        link: None,
    }];
    let mut what = vec![
        Block::Phrase(sentence(t, &one, &sources)),
        Block::Notice(Notice::new(Tone::Bad, reason(t, &one))),
        Block::Notice(notice),
    ];
    if allowed
        .as_ref()
        .is_some_and(|allowed| settled(&one, allowed))
    {
        let text = t.own("request.allowed_since");
        what.push(Block::Notice(Notice::new(Tone::Good, text)));
    }
    let button = allowed.and_then(|allowed| allow(visit, &one, &allowed, &visit.path));
    if let Some(button) = button {
        what.push(Block::Facts(vec![Fact::new(
            t.own("verdict.go"),
            Cell::Button(button),
        )]));
    }
    let mut page = Page {
        title: format!("{} {}", one.method, one.target),
        badge: Some(super::page::Badge::new(Tone::Bad, one.status.to_string())),
        trail: trail(t),
        current: "nav.requests",
        sections: vec![
            Section::new("why", t.own("request.why"), what),
            Section::new(
                "facts",
                t.own("event.facts"),
                vec![Block::Facts(facts(t, &one, &sources))],
            ),
        ],
        ..Page::default()
    };
    if !events.is_empty() {
        let table = super::events::table(visit, &events);
        page.sections.push(Section::new(
            "events",
            t.own("event.of_request"),
            vec![Block::Table(table)],
        ));
    }
    page.sections.push(raw(t, one));
    Ok(page.into())
}

/// Who asked for what, when, and that it was refused.
fn sentence(t: Texts, one: &RefusedRequest, sources: &Sources) -> Phrase {
    let name = one.provider.map(|id| sources.name(id));
    let source = match name {
        Some(Some(name)) => name.to_owned(),
        Some(None) => t.own("request.gone"),
        None => t.own("request.stranger"),
    };
    let mut told = t.phrase(
        "request.sentence",
        &[
            ("source", source.into()),
            ("request", format!("{} {}", one.method, one.target).into()),
            ("at", one.at.into()),
            ("status", one.status.to_string().into()),
        ],
    );
    // A name stays as it is.
    if !matches!(name, Some(Some(_))) {
        told.capitalize();
    }
    told
}

/// What was sent and answered as it stood, for who looks closer.
fn raw(t: Texts, one: RefusedRequest) -> Section {
    let answer = Fact::new(t.own("request.answer"), Cell::text(one.answer));
    let mut blocks = vec![Block::Facts(vec![answer])];
    if let Some(body) = one.body {
        let sent = format!("{}. {}", t.get("request.body"), t.get("request.body_lead"));
        blocks.push(Block::Text(sent));
        blocks.push(Block::Source(body));
    }
    Section {
        folded: true,
        ..Section::new("raw", t.own("request.raw"), blocks)
    }
}

fn facts(t: Texts, one: &RefusedRequest, sources: &Sources) -> Vec<Fact> {
    vec![
        Fact::new(t.own("error.request"), Cell::Copy(one.trace_id.clone())),
        Fact::new(t.own("event.when"), Cell::Time(one.at)),
        Fact::new(t.own("vendor.provider"), source(t, one, sources)),
        Fact::new(
            t.own("request.endpoint"),
            Cell::text(t.own_of("endpoint", &one.endpoint)),
        ),
        Fact::new(t.own("request.status"), status(one)),
        Fact::new(t.own("provider.from"), Cell::optional(one.address.clone())),
        Fact::new(
            t.own("request.agent"),
            Cell::optional(one.user_agent.clone()),
        ),
    ]
}

/// Adds the address a request came from to those its provider allows, where that was what it was
/// refused for and it is not among them since.
pub(super) fn allow(
    visit: &Visit,
    one: &RefusedRequest,
    allowed: &AllowedAddresses,
    back: &str,
) -> Option<Button> {
    let provider: ProviderId = one.provider?;
    let address: IpAddr = one.address.as_deref()?.parse().ok()?;
    if !visit.may(Role::Administrator) || !blocked(one) || allowed.permits(Some(address)) {
        return None;
    }
    Some(Button {
        text: visit.t.say("request.allow", &[("address", &address)]),
        about: String::new(),
        action: format!("{}/allow", providers::href(provider)),
        fields: vec![("address", address.to_string()), ("back", back.to_owned())],
        tone: Tone::Good,
    })
}

/// Whether it was refused for an address that may call since.
pub(super) fn settled(one: &RefusedRequest, allowed: &AllowedAddresses) -> bool {
    let address = one.address.as_deref().and_then(|text| text.parse().ok());
    blocked(one) && address.is_some_and(|address| allowed.permits(Some(address)))
}

/// Whether it was refused for the address it came from.
pub(super) fn blocked(one: &RefusedRequest) -> bool {
    diagnosis(one) == "address"
}
