//! The page of one access request.

use chrono::Duration;
use vestibule_domain::access_request::{AccessRequest, RequestState};
use vestibule_domain::{AccessRequestId, VendorId};
use vestibule_service::access_requests::AccessRequestDetails;
use vestibule_service::events::{Choice as EventChoice, EventQuery, EventRecord};
use vestibule_service::pages::PageQuery;
use vestibule_service::{Error, Role};

use super::vote::{decide, vote_form};
use super::{state, trail};
use crate::console::form::Form;
use crate::console::page::{Block, Cell, Fact, Notice, Page, Section, Tone};
use crate::console::reply::Answer;
use crate::console::table::Table;
use crate::console::visit::Visit;
use crate::console::{MOUNT, access_groups, events, links, people, vendors};

/// Events shown with a request.
const EVENTS: u64 = 20;

pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let shown = find(visit).await?;
    let form = vote_form(visit, &shown.details.request, "", "");
    Ok(page(visit, &shown, form, false).into())
}

pub(super) struct Shown {
    pub(super) details: AccessRequestDetails,
    history: Vec<EventRecord>,
    /// The vendor it is for, while it is there.
    vendor: Option<String>,
}

pub(super) async fn find(visit: &Visit) -> Result<Shown, Error> {
    let id: AccessRequestId = visit.id("access request")?;
    let query = EventQuery {
        choice: EventChoice {
            subject: Some(id.as_uuid()),
            ..EventChoice::default()
        },
        page: PageQuery::first(EVENTS),
    };
    visit
        .run(move |service, call| {
            let history = service.list_events(call, &query)?.items;
            let details = service.find_access_request(call, id)?;
            let vendors: Vec<VendorId> = details.request.vendor.into_iter().collect();
            let vendor = service.vendor_names(call, &vendors)?.into_values().next();
            Ok(Shown {
                details,
                history,
                vendor,
            })
        })
        .await
}

pub(super) fn page(visit: &Visit, shown: &Shown, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    let Shown {
        details, history, ..
    } = shown;
    let request = &details.request;
    let mut sections = vec![
        Section::new(
            "asked",
            t.own("access_request.asked"),
            vec![Block::Facts(asked(visit, request))],
        ),
        votes(visit, details),
    ];
    if visit.may(Role::Operator) && request.state == RequestState::Pending {
        sections.push(decide(visit, details, form));
    }
    sections.push(Section::new(
        "history",
        t.own("person.history"),
        vec![Block::Table(events::table(visit, history))],
    ));
    Page {
        title: t.say("access_request.of", &[("name", &request.user_name)]),
        badge: Some(state(t, request.state)),
        trail: trail(t),
        current: "nav.access_requests",
        notice: wrong.then(|| Notice::new(Tone::Bad, t.own("access_request.not_decided"))),
        sections,
        aside: vec![Section::new(
            "facts",
            t.own("event.facts"),
            vec![Block::Facts(facts(visit, details, shown.vendor.as_deref()))],
        )],
        ..Page::default()
    }
}

/// What is wanted.
fn asked(visit: &Visit, request: &AccessRequest) -> Vec<Fact> {
    let t = visit.t;
    let asked = &request.asked;
    let duration = asked.duration_minutes.map_or_else(
        || t.own("link.usual"),
        |minutes| t.span(Duration::try_minutes(minutes).unwrap_or(Duration::MAX)),
    );
    let forwarding = if asked.mailed {
        "link.mailed"
    } else {
        "access_request.shown"
    };
    vec![
        Fact::new(
            t.own("access_request.justification"),
            Cell::text(&asked.justification),
        ),
        Fact::new(
            t.own("access_request.reason"),
            Cell::optional(asked.reason.as_deref()),
        ),
        Fact::new(
            t.own("access_request.governance_id"),
            Cell::optional(asked.governance_id.as_deref()),
        ),
        Fact::new(
            t.own("access_request.start"),
            match asked.start {
                Some(start) => Cell::Time(start),
                None => Cell::text(t.own("access_request.at_once")),
            },
        ),
        Fact::new(t.own("provider.life"), Cell::text(duration)),
        Fact::new(t.own("link.forwarding"), Cell::text(t.own(forwarding))),
    ]
}

fn facts(visit: &Visit, details: &AccessRequestDetails, vendor: Option<&str>) -> Vec<Fact> {
    let t = visit.t;
    let request = &details.request;
    let group = details.policy.as_ref().map_or_else(
        || Cell::text(t.own("access_request.group_gone")),
        |policy| Cell::link(&policy.name, access_groups::href(request.access_group)),
    );
    let link = request.link.map_or(Cell::Nothing, |link| {
        Cell::link(t.own("link.made"), links::href(link))
    });
    vec![
        Fact::new(
            t.own("person.user_name"),
            Cell::link(&request.user_name, people::href(request.user)),
        ),
        Fact::new(
            t.own("access_request.vendor"),
            match (request.vendor, vendor) {
                (Some(id), Some(name)) => Cell::link(name, vendors::href(id)),
                (Some(_), None) => Cell::text(t.own("access_request.group_gone")),
                (None, _) => Cell::Nothing,
            },
        ),
        Fact::new(t.own("vendor.access_group"), group),
        Fact::new(
            t.own("access_request.requester"),
            Cell::text(&request.requester.name),
        ),
        Fact::new(t.own("access_request.created"), Cell::Time(request.created)),
        Fact::new(t.own("access_request.expires"), Cell::Time(request.expires)),
        Fact::new(t.own("access_request.decided"), Cell::time(request.decided)),
        Fact::new(t.own("access_request.link"), link),
        Fact::new(t.own("provider.id"), Cell::Copy(request.id.to_string())),
    ]
}

/// How far it has come, level by level, and who said what.
fn votes(visit: &Visit, details: &AccessRequestDetails) -> Section {
    let t = visit.t;
    let tally = &details.tally;
    let mut blocks = Vec::new();
    if let (Some(needed), Some(policy)) = (details.needed(), &details.policy) {
        let text = t.say(
            "access_request.tally",
            &[
                ("approvals", &tally.approvals),
                ("needed", &needed),
                ("level", &tally.level),
                ("levels", &policy.approval_levels),
                ("disapprovals", &tally.disapprovals),
                ("cancel", &policy.disapprovals_to_cancel),
            ],
        );
        blocks.push(Block::Text(text));
        if !policy.approvers.is_empty() {
            blocks.push(Block::Facts(vec![Fact::new(
                t.own("access_group.approvers"),
                Cell::Tags(policy.approvers.clone()),
            )]));
        }
    }
    let mut table = Table::new(
        t.own("access_request.votes"),
        &[
            t.get("event.when"),
            t.get("event.who"),
            t.get("access_request.vote"),
            t.get("access_request.level"),
            t.get("access_request.comment"),
            t.get("event.one"),
        ],
    );
    table.empty = t.own("access_request.no_vote");
    table.rows = details
        .votes
        .iter()
        .map(|vote| {
            let word = if vote.approves {
                Cell::badge(Tone::Good, t.own("access_request.approves"))
            } else {
                Cell::badge(Tone::Bad, t.own("access_request.disapproves"))
            };
            vec![
                Cell::Time(vote.at),
                Cell::text(&vote.voice.name),
                word,
                Cell::Number(vote.level.into()),
                Cell::optional(vote.comment.as_deref()),
                Cell::link(
                    t.own("verdict.event"),
                    format!("{MOUNT}/events?id={}", vote.event),
                ),
            ]
        })
        .collect();
    blocks.push(Block::Table(table));
    Section::new("votes", t.own("access_request.votes"), blocks)
}
