//! The first page: who can get in today, what changes next, what needs somebody.

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::access_request::{AccessRequest, RequestState};
use vestibule_domain::vendor::{Vendor, VendorStatus};
use vestibule_service::access_requests::AccessRequestQuery;
use vestibule_service::cockpit::{CredentialQuery, CredentialRecord, CredentialState};
use vestibule_service::events::EventQuery;
use vestibule_service::overview::Overview;
use vestibule_service::pages::PageQuery;
use vestibule_service::providers::Sources;
use vestibule_service::requests::{RefusedRequest, RequestQuery};
use vestibule_service::vendors::{Choice, VendorQuery};
use vestibule_service::{Role, Service};

use super::page::{Anchor, Block, Cell, Chart, Page, Section, Shares, Tile, Tone};
use super::reply::Answer;
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, access_requests, events, providers, requests, vendors};

/// Rows of each list.
const ROWS: u64 = 8;
/// Weeks of the chart.
const WEEKS: i64 = 12;

pub(super) async fn show(visit: &Visit) -> Answer {
    let t = visit.t;
    let (overview, waiting, latest, refused, sources) = visit
        .run(|service: &Service, call| {
            let pending = VendorQuery {
                choice: Choice {
                    status: Some(VendorStatus::Pending),
                    ..Choice::default()
                },
                page: PageQuery::first(ROWS),
            };
            let latest = EventQuery {
                page: PageQuery::first(ROWS),
                ..EventQuery::default()
            };
            let refused = RequestQuery {
                page: PageQuery::first(ROWS),
                ..RequestQuery::default()
            };
            let undecided = AccessRequestQuery {
                state: Some(RequestState::Pending),
                page: PageQuery::first(ROWS),
                ..AccessRequestQuery::default()
            };
            let ending = CredentialQuery {
                state: Some(CredentialState::Soon),
                page: PageQuery::first(ROWS),
                ..CredentialQuery::default()
            };
            let waiting = Waiting {
                vendors: service.list_vendors(call, &pending)?.items,
                requests: service.list_access_requests(call, &undecided)?.items,
                credentials: service.list_credentials(call, &ending)?.items,
            };
            let refused = service.list_requests(call, &refused)?.items;
            let sources = refused.iter().filter_map(|one| one.provider);
            let sources = service.sources(call, sources)?;
            Ok((
                service.overview(call)?,
                waiting,
                service.list_events(call, &latest)?.items,
                refused,
                sources,
            ))
        })
        .await?;
    let mut page = Page {
        title: t.own("home.title"),
        current: "nav.home",
        sections: vec![today(visit, &overview)],
        ..Page::default()
    };
    if !overview.any_provider {
        let mut section = Section::new(
            "start",
            t.own("home.start"),
            vec![Block::Text(t.own("home.start_lead"))],
        );
        if visit.may(Role::Administrator) {
            section.actions = vec![
                Anchor::primary(t.own("setup.title"), format!("{MOUNT}/set-up")),
                Anchor::new(t.own("provider.new"), format!("{MOUNT}/providers/new")),
            ];
        }
        page.sections.insert(0, section);
    }
    page.sections.push(needs(visit, &overview, &waiting));
    page.sections.push(failed(visit, &refused, &sources));
    page.sections.push(Section {
        actions: vec![Anchor::new(t.own("event.all"), format!("{MOUNT}/events"))],
        ..Section::new(
            "latest",
            t.own("home.latest"),
            vec![Block::Table(events::table(visit, &latest))],
        )
    });
    page.aside = vec![
        next(visit, &overview),
        activity(visit, &overview),
        people(visit, &overview),
        expiries(visit, &overview),
    ];
    Ok(page.into())
}

fn today(visit: &Visit, overview: &Overview) -> Section {
    let t = visit.t;
    let vendors = |status| overview.vendors.get(&status).copied().unwrap_or(0);
    let counted = overview.admitted.map(|counted| counted.people);
    let admitted = |figure: Option<i64>, key: &'static str, path: &str| Tile {
        figure: figure.map_or_else(|| "…".to_owned(), |figure| figure.to_string()),
        label: t.own(key),
        href: format!("{MOUNT}{path}"),
        tone: Tone::Good,
    };
    let tile = |figure: i64, key: &'static str, path: &str, tone| Tile {
        figure: figure.to_string(),
        label: t.own(key),
        href: format!("{MOUNT}{path}"),
        tone,
    };
    let pending = vendors(VendorStatus::Pending);
    let tiles = vec![
        admitted(
            counted.map(|people| people.third_party),
            "home.admitted_third_party",
            "/vendors?status=enabled",
        ),
        admitted(
            counted.map(|people| people.internal),
            "home.admitted_internal",
            "/people",
        ),
        tile(overview.active, "home.active", "/people", Tone::Plain),
        tile(overview.inactive, "home.inactive", "/people", Tone::Plain),
        tile(
            vendors(VendorStatus::Enabled),
            "home.vendors_enabled",
            "/vendors?status=enabled",
            Tone::Plain,
        ),
        tile(
            pending,
            "home.vendors_pending",
            "/vendors?status=pending",
            if pending > 0 {
                Tone::Waiting
            } else {
                Tone::Plain
            },
        ),
        tile(
            overview.refused,
            "home.refused",
            "/requests",
            if overview.refused > 0 {
                Tone::Bad
            } else {
                Tone::Plain
            },
        ),
    ];
    let when = match overview.admitted {
        Some(counted) => t.phrase("home.counted", &[("at", counted.at.into())]),
        None => t.get("home.counting").into(),
    };
    Section::new(
        "today",
        t.own("home.today"),
        vec![Block::Tiles(tiles), Block::Phrase(when)],
    )
}

/// What waits for somebody, besides providers.
struct Waiting {
    vendors: Vec<Vendor>,
    requests: Vec<AccessRequest>,
    credentials: Vec<CredentialRecord>,
}

fn needs(visit: &Visit, overview: &Overview, waiting: &Waiting) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("home.needs"),
        &[t.get("home.what"), t.get("vendor.step")],
    );
    table.empty = t.own("home.nothing_needs");
    if visit.web.settings.gateway_url.is_none() {
        let settings = format!("{MOUNT}/settings");
        table.rows.push(vec![
            Cell::link(t.get("nav.system_settings"), settings),
            Cell::text(t.own("home.no_gateway")),
        ]);
    }
    if overview.signing_error.is_some() {
        let health = format!("{MOUNT}/health");
        table.rows.push(vec![
            Cell::link(t.get("nav.health"), health),
            Cell::text(t.own("health.no_hand_over")),
        ]);
    }
    let ending = overview.ending.iter().map(|provider| {
        let over = provider.expired(overview.at);
        let ended = "home.provider_expired";
        (provider, if over { ended } else { "home.provider_expires" })
    });
    let closed = overview.closed.iter();
    let closed = closed.map(|provider| (provider, "home.provider_nobody"));
    for (provider, key) in ending.chain(closed) {
        let name = Cell::link(&provider.settings.name, providers::href(provider.id));
        table.rows.push(vec![name, Cell::text(t.own(key))]);
    }
    for one in &waiting.credentials {
        let Some(days) = one.expires_within_days else {
            continue;
        };
        let kind = t.own_of("credential", one.kind.name());
        table.rows.push(vec![
            Cell::link(&one.provider_name, providers::href(one.provider)),
            Cell::text(t.say(
                if days == 1 {
                    "home.credential_soon_day"
                } else {
                    "home.credential_soon"
                },
                &[("kind", &kind), ("days", &days)],
            )),
        ]);
    }
    for request in &waiting.requests {
        let words = t.say("access_request.of", &[("name", &request.user_name)]);
        table.rows.push(vec![
            Cell::link(words, access_requests::href(request.id)),
            Cell::text(t.own("home.decide")),
        ]);
    }
    for vendor in &waiting.vendors {
        table.rows.push(vec![
            Cell::link(&vendor.name, vendors::href(vendor.id)),
            Cell::text(vendors::step(t, vendor, overview.at)),
        ]);
    }
    Section {
        actions: whole_lists(t, overview, waiting),
        ..Section::new("needs", t.own("home.needs"), vec![Block::Table(table)])
    }
}

/// Where the rest is: a list that is full may be longer than what is shown of it.
fn whole_lists(t: Texts, overview: &Overview, waiting: &Waiting) -> Vec<Anchor> {
    let length = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let lists = [
        (overview.ending.len(), "all_providers", "providers?sort=end"),
        (
            overview.closed.len(),
            "all_closed",
            "providers?addresses=none",
        ),
        (
            waiting.credentials.len(),
            "all_credentials",
            "credentials?state=soon",
        ),
        (
            waiting.requests.len(),
            "all_requests",
            "access-requests?state=pending",
        ),
        (
            waiting.vendors.len(),
            "all_vendors",
            "vendors?status=pending",
        ),
    ];
    let longer = lists.into_iter().filter(|(found, ..)| *found >= length);
    longer
        .map(|(_, word, path)| Anchor::new(t.own_of("home", word), format!("{MOUNT}/{path}")))
        .collect()
}

/// What was refused last, with who can be asked about it.
fn failed(visit: &Visit, refused: &[RefusedRequest], sources: &Sources) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("home.failed"),
        &[
            t.get("event.when"),
            t.get("vendor.provider"),
            t.get("request.request"),
            t.get("request.reason"),
        ],
    );
    table.empty = t.own("home.nothing_failed");
    table.rows = refused
        .iter()
        .take(5)
        .map(|one| {
            vec![
                Cell::Time(one.at),
                requests::source(t, one, sources),
                Cell::link(
                    format!("{} {}", one.method, one.target),
                    requests::href(&one.trace_id),
                ),
                Cell::Phrase(requests::reason(t, one)),
            ]
        })
        .collect();
    Section {
        actions: vec![Anchor::new(t.own("event.all"), format!("{MOUNT}/requests"))],
        ..Section::new("failed", t.own("home.failed"), vec![Block::Table(table)])
    }
}

/// How much changed, day by day.
fn activity(visit: &Visit, overview: &Overview) -> Section {
    let t = visit.t;
    let name = |at: &DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let values = overview
        .days
        .iter()
        .map(|(at, count)| {
            let label = t.say("home.day", &[("day", &name(at)), ("count", count)]);
            (label, *count)
        })
        .collect();
    let end = |found: Option<&(DateTime<Utc>, i64)>| found.map(|(at, _)| name(at));
    let chart = Chart::new(
        t.own("home.activity_label"),
        values,
        end(overview.days.first()).unwrap_or_default(),
        end(overview.days.last()).unwrap_or_default(),
    );
    Section::new(
        "activity",
        t.own("home.activity"),
        vec![Block::Chart(chart)],
    )
}

/// Of all people, who is active and of which kind.
fn people(visit: &Visit, overview: &Overview) -> Section {
    let t = visit.t;
    let parts = vec![
        (
            t.own("home.third_party_active"),
            overview.active - overview.internal,
        ),
        (t.own("home.internal_active"), overview.internal),
        (t.word("inactive"), overview.inactive),
    ];
    let shares = Shares::new(t.own("home.people_label"), parts);
    Section::new("people", t.own("home.people"), vec![Block::Shares(shares)])
}

fn next(visit: &Visit, overview: &Overview) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("home.next"),
        &[
            t.get("event.when"),
            t.get("vendor.name"),
            t.get("home.turn"),
        ],
    );
    table.empty = t.own("home.no_turn");
    table.rows = overview
        .turns
        .iter()
        .take(10)
        .map(|turn| {
            let badge = if turn.ends {
                Cell::badge(Tone::Bad, t.own("home.ends"))
            } else {
                Cell::badge(Tone::Good, t.own("home.starts"))
            };
            vec![
                Cell::Time(turn.at),
                Cell::link(&turn.name, vendors::href(turn.vendor)),
                badge,
            ]
        })
        .collect();
    let all = format!("{MOUNT}/timeline");
    Section {
        actions: vec![Anchor::new(t.own("nav.timeline"), all)],
        ..Section::new("next", t.own("home.next"), vec![Block::Table(table)])
    }
}

/// Ends of vendors over the coming weeks.
fn expiries(visit: &Visit, overview: &Overview) -> Section {
    let t = visit.t;
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let values: Vec<(String, i64)> = (0..WEEKS)
        .map(|week| {
            let from = overview.at + Duration::weeks(week);
            let to = from + Duration::weeks(1);
            let count = overview
                .turns
                .iter()
                .filter(|turn| turn.ends && from <= turn.at && turn.at < to)
                .count();
            let label = t.say("home.week", &[("from", &day(from)), ("count", &count)]);
            (label, i64::try_from(count).unwrap_or(i64::MAX))
        })
        .collect();
    if values.iter().all(|(_, count)| *count == 0) {
        let none = Block::Text(t.own("home.no_expiry"));
        return Section::new("expiries", t.own("home.expiries"), vec![none]);
    }
    let chart = Chart::new(
        t.own("home.expiries_label"),
        values,
        day(overview.at),
        day(overview.at + Duration::weeks(WEEKS)),
    );
    Section::new(
        "expiries",
        t.own("home.expiries"),
        vec![Block::Chart(chart)],
    )
}
