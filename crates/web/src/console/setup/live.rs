//! The lane that listens: what a product's first calls did, with plain diagnoses.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use vestibule_domain::ProviderId;
use vestibule_domain::provider::UserType;
use vestibule_service::events::{Choice as EventChoice, EventQuery, EventRecord};
use vestibule_service::listening::Heard;
use vestibule_service::pages::PageQuery;
use vestibule_service::providers::ProviderDetails;
use vestibule_service::requests::{RefusedRequest, RequestQuery, Whose};
use vestibule_service::{AdminCall, Error, Service};

use super::super::page::{Anchor, Block, Cell, Section, Step, Tone};
use super::super::reply::{Answer, Reply};
use super::super::table::Table;
use super::super::visit::Visit;
use super::super::{MOUNT, events, requests};

/// Refused requests, and events, that are looked at.
const ROWS: u64 = 20;
/// Refused requests of nobody known that are looked at.
const STRANGERS: u64 = 100;
/// Lines that they are told in.
const LINES: usize = 5;
/// Calls that are shown.
const SHOWN: usize = 25;
/// After which the stream ends and the browser opens it anew, so that it keeps no server from stopping.
const LIFE: u32 = 15;
const PAUSE: Duration = Duration::from_secs(1);

/// What a product has done so far.
struct Lane {
    refused: Vec<RefusedRequest>,
    /// Refused requests of senders nobody knows since it is registered: one of these may be the product
    /// with a mistyped secret, and any may be another's.
    strangers: Vec<RefusedRequest>,
    events: Vec<EventRecord>,
    /// Calls that went well on this node.
    well: Vec<Heard>,
}

/// What was heard of a provider, and of senders nobody knows.
fn heard(service: &Service, call: &AdminCall, of: &ProviderDetails) -> Result<Lane, Error> {
    let provider = of.provider.id;
    let newest = |whose, rows| {
        let query = RequestQuery {
            whose,
            page: PageQuery::first(rows),
            ..RequestQuery::default()
        };
        service.list_requests(call, &query).map(|page| page.items)
    };
    let refused = newest(Whose::Provider(provider), ROWS)?;
    let mut strangers = newest(Whose::Strangers, STRANGERS)?;
    strangers.retain(|one| one.at >= of.provider.created);
    let events = service.list_events(
        call,
        &EventQuery {
            choice: EventChoice {
                provider: Some(provider),
                ..EventChoice::default()
            },
            page: PageQuery::first(ROWS),
        },
    )?;
    Ok(Lane {
        well: service.listen(call, provider)?,
        refused,
        strangers,
        events: events
            .items
            .into_iter()
            .filter(|one| one.actor_kind == "provider")
            .collect(),
    })
}

/// Changes whenever there is something new to see.
fn mark(service: &Service, call: &AdminCall, id: ProviderId) -> Result<String, Error> {
    let details = service.find_provider(call, id)?;
    let heard = heard(service, call, &details)?;
    let uses: i64 = details.uses.iter().map(|one| one.uses).sum();
    let tolerated: i64 = details.tolerances.iter().map(|one| one.uses).sum();
    let newest = |of: &[RefusedRequest]| of.first().map(|one| one.trace_id.clone());
    let (refused, strangers) = (newest(&heard.refused), newest(&heard.strangers));
    let event = heard.events.first().map(|one| one.id.to_string());
    let well = heard.well.first().map_or("", |one| one.request_id.as_str());
    Ok(format!(
        "{}.{}.{}.{well}.{uses}.{tolerated}.{}",
        refused.unwrap_or_default(),
        strangers.unwrap_or_default(),
        event.unwrap_or_default(),
        // An address that was allowed.
        details.provider.version,
    ))
}

/// Server-sent events: one whenever there is something new. The browser names the last it has seen.
pub(in crate::console) async fn stream(visit: &Visit) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    // Refused like every page when there is no such provider.
    visit
        .run(move |service: &Service, call| service.find_provider(call, id))
        .await?;
    let start = (visit.clone(), visit.last_event.clone(), LIFE);
    let body = futures_util::stream::unfold(start, move |(visit, seen, left)| async move {
        if left == 0 {
            return None;
        }
        if left < LIFE {
            sleep(PAUSE).await;
        }
        // A session that has ended hears nothing more.
        let now = visit
            .run(move |service, call| mark(service, call, id))
            .await
            .ok()?;
        let told = if seen == now {
            Bytes::from_static(b":\n\n")
        } else {
            Bytes::from(format!("retry: 500\nid: {now}\nevent: changed\ndata: \n\n"))
        };
        Some((Ok::<_, Error>(told), (visit, now, left - 1)))
    });
    Ok(Reply::Raw(
        HttpResponse::Ok()
            .content_type("text/event-stream")
            .streaming(Box::pin(body)),
    ))
}

/// How far the product has come, and its calls, newest first.
pub(super) async fn lane(
    visit: &Visit,
    details: &ProviderDetails,
    here: &str,
) -> Result<[Section; 2], Error> {
    let t = visit.t;
    let of = details.clone();
    let heard = visit
        .run(move |service, call| heard(service, call, &of))
        .await?;
    let listening = Section {
        lead: Some(t.own("setup.live_lead")),
        ..Section::new(
            "live",
            t.own("setup.live"),
            vec![progress(visit, details, &heard)],
        )
    };
    let mut blocks = vec![Block::Table(calls(visit, &heard, details, here))];
    if !heard.strangers.is_empty() {
        blocks.push(Block::Text(t.own("setup.strangers_lead")));
        blocks.push(Block::Table(strangers(visit, &heard.strangers)));
    }
    if !details.tolerances.is_empty() {
        blocks.push(Block::Text(t.own("provider.tolerances_lead")));
        blocks.push(Block::Table(tolerances(visit, details)));
    }
    Ok([
        listening,
        Section::new("live-calls", t.own("setup.calls"), blocks),
    ])
}

fn progress(visit: &Visit, details: &ProviderDetails, heard: &Lane) -> Block {
    let t = visit.t;
    let id = details.provider.id;
    let holds = details.holdings;
    let last = details.uses.iter().max_by_key(|one| one.last_used);
    let from = last.and_then(|one| one.last_address.clone());
    // Where its address was in the way, its credential had been found right before.
    let blocked = heard
        .refused
        .iter()
        .find(|one| one.endpoint == "scim" && requests::blocked(one));
    let allowed = &details.provider.settings.allowed_addresses;
    let settled = blocked.is_some_and(|one| requests::settled(one, allowed));
    let blocked = blocked.is_some();
    let proof = match from {
        None if last.is_none() && settled => t.own("setup.proved_allowed"),
        None if last.is_none() && blocked => t.own("setup.proved_blocked"),
        from => from.unwrap_or_default(),
    };
    let step = |holds: bool, key: &'static str, detail: String, link: Option<Anchor>| Step {
        holds,
        open: !holds,
        label: t.own(key),
        detail: detail.into(),
        link,
    };
    let third_party = details.provider.settings.user_type == UserType::ThirdParty;
    let (key, path) = if third_party {
        ("setup.step_decide_vendor", "vendors")
    } else {
        ("setup.step_decide_group", "internal-groups")
    };
    let decide = (holds.groups > 0)
        .then(|| Anchor::new(t.own(key), format!("{MOUNT}/{path}?provider={id}")));
    Block::Steps(vec![
        step(
            last.is_some() || blocked,
            "setup.step_credential",
            proof,
            None,
        ),
        step(
            holds.users > 0,
            "setup.step_person",
            holds.users.to_string(),
            (holds.users > 0)
                .then(|| Anchor::new(t.own("nav.people"), format!("{MOUNT}/people?provider={id}"))),
        ),
        step(
            holds.groups > 0,
            "setup.step_group",
            holds.groups.to_string(),
            decide,
        ),
    ])
}

fn calls(visit: &Visit, heard: &Lane, details: &ProviderDetails, here: &str) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("setup.calls"),
        &[
            t.get("event.when"),
            t.get("setup.call"),
            t.get("setup.outcome"),
            t.get("setup.diagnosis"),
        ],
    );
    table.empty = t.own("setup.silence");
    let mut rows = Vec::new();
    for one in &heard.events {
        let href = format!("{MOUNT}/events?id={}", one.id);
        let row = vec![
            Cell::Time(one.at),
            Cell::link(t.own_of("action", &one.action), href),
            Cell::badge(Tone::Good, t.own("setup.done")),
            events::about(visit, one),
        ];
        rows.push((one.at, row));
    }
    // What changed something stands there already, under what it did.
    let known = |one: &&Heard| {
        let id = Some(one.request_id.as_str());
        heard
            .events
            .iter()
            .all(|event| event.request_id.as_deref() != id)
    };
    for one in heard.well.iter().filter(known) {
        let row = vec![
            Cell::Time(one.at),
            Cell::text(format!("{} {}", one.method, one.target)),
            Cell::badge(Tone::Good, one.status.to_string()),
            Cell::text(t.own("setup.worked")),
        ];
        rows.push((one.at, row));
    }
    if rows.is_empty() {
        rows.extend(counted(visit, details));
    }
    let allowed = &details.provider.settings.allowed_addresses;
    for one in &heard.refused {
        let text = format!("{} {}", one.method, one.target);
        let cell = match requests::allow(visit, one, allowed, here) {
            Some(button) => Cell::Deed {
                text: requests::explanation(visit, one),
                button,
            },
            None if requests::settled(one, allowed) => {
                let since = t.own("request.allowed_since");
                let tried = details.uses.iter().any(|used| used.last_used >= one.at);
                Cell::text(if tried {
                    since
                } else {
                    format!("{since} {}", t.get("setup.try_again"))
                })
            }
            None => Cell::Phrase(requests::explanation(visit, one)),
        };
        let row = vec![
            Cell::Time(one.at),
            Cell::link(text, requests::href(&one.trace_id)),
            requests::status(one),
            cell,
        ];
        rows.push((one.at, row));
    }
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    rows.truncate(SHOWN);
    table.rows = rows.into_iter().map(|(_, row)| row).collect();
    table
}

/// Calls of nobody known, those alike in one line with their number, the latest first.
fn strangers(visit: &Visit, refused: &[RefusedRequest]) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("setup.strangers"),
        &[
            t.get("setup.last"),
            t.get("setup.call"),
            t.get("provider.from"),
            t.get("setup.diagnosis"),
            t.get("setup.times"),
        ],
    );
    let mut lines: Vec<(&RefusedRequest, i64)> = Vec::new();
    for one in refused {
        let alike = |known: &RefusedRequest| {
            let path = |one: &RefusedRequest| one.target.split('?').next().map(str::to_owned);
            known.reason == one.reason
                && known.method == one.method
                && known.address == one.address
                && path(known) == path(one)
        };
        match lines.iter_mut().find(|(known, _)| alike(known)) {
            Some((_, times)) => *times += 1,
            None => lines.push((one, 1)),
        }
    }
    lines.truncate(LINES);
    table.rows = lines
        .into_iter()
        .map(|(one, times)| {
            vec![
                Cell::Time(one.at),
                Cell::link(
                    format!("{} {}", one.method, one.target),
                    requests::href(&one.trace_id),
                ),
                Cell::optional(one.address.clone()),
                Cell::Phrase(requests::explanation(visit, one)),
                Cell::Number(times),
            ]
        })
        .collect();
    table
}

/// That calls went well, where this node has not heard them: another did, or it was started anew.
fn counted(visit: &Visit, details: &ProviderDetails) -> Option<(DateTime<Utc>, Vec<Cell>)> {
    let t = visit.t;
    let last = details.uses.iter().max_by_key(|one| one.last_used)?;
    let count: i64 = details.uses.iter().map(|one| one.uses).sum();
    let row = vec![
        Cell::Time(last.last_used),
        Cell::text(t.say("setup.counted", &[("count", &count)])),
        Cell::badge(Tone::Good, t.own("setup.done")),
        Cell::text(t.own("setup.worked")),
    ];
    Some((last.last_used, row))
}

fn tolerances(visit: &Visit, details: &ProviderDetails) -> Table {
    let t = visit.t;
    let mut table = Table::new(
        t.own("provider.tolerances"),
        &[
            t.get("provider.tolerance"),
            t.get("setup.diagnosis"),
            t.get("provider.tolerated_names"),
            t.get("provider.uses"),
        ],
    );
    table.rows = details
        .tolerances
        .iter()
        .map(|one| {
            vec![
                Cell::text(t.own_of("tolerance_name", &one.name)),
                Cell::text(t.own_of("tolerance", &one.name)),
                Cell::text(one.names.join(", ")),
                Cell::Number(one.uses),
            ]
        })
        .collect();
    table
}
