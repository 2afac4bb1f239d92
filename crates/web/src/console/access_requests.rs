//! Access requests: links that others have to approve first.

mod ask;

use chrono::Duration;
use vestibule_domain::access_group::AccessGroup;
use vestibule_domain::access_request::{
    AccessRequest, RequestState, Voice, VoteError, approvals_needed,
};
use vestibule_domain::{AccessRequestId, UserId, VendorId};
use vestibule_service::access_requests::{AccessRequestDetails, AccessRequestQuery};
use vestibule_service::events::{Choice as EventChoice, EventQuery, EventRecord};
use vestibule_service::pages::PageQuery;
use vestibule_service::{Error, Role};

use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Badge, Block, Button, Cell, Fact, Notice, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, access_groups, events, links, people, providers, vendors};

pub(super) use ask::{ask, new};

const PAGE: u64 = 50;
/// Events shown with a request.
const EVENTS: u64 = 20;
/// The word of the form that stands for an approval.
const APPROVE: &str = "approve";

pub(super) fn href(id: AccessRequestId) -> String {
    format!("{MOUNT}/access-requests/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.access_control")),
        Anchor::new(
            t.own("nav.access_requests"),
            format!("{MOUNT}/access-requests"),
        ),
    ]
}

fn state(t: Texts, state: RequestState) -> Badge {
    let tone = match state {
        RequestState::Pending => Tone::Waiting,
        RequestState::Approved => Tone::Good,
        RequestState::Disapproved => Tone::Bad,
        RequestState::Withdrawn | RequestState::Expired => Tone::Plain,
    };
    Badge::new(tone, t.own_of("request_state", state.name()))
}

/// Every request, newest first.
pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = AccessRequestQuery {
        user: visit.wanted_id("user"),
        provider: providers::chosen(visit),
        vendor: visit.wanted_id("vendor"),
        state: visit.query.get("state").parse().ok(),
        page: visit.part(PAGE, "-created"),
    };
    let chosen = providers::chosen(visit);
    let (found, sources) = visit
        .run(move |service, call| {
            let found = service.list_access_requests(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let mut table = Table::new(
        t.own("nav.access_requests"),
        &[
            t.get("person.user_name"),
            t.get("access_request.justification"),
            t.get("access_request.state"),
            t.get("access_request.requester"),
            t.get("access_request.created"),
            t.get("access_request.expires"),
            t.get("vendor.provider"),
        ],
    );
    table.rows = found
        .items
        .iter()
        .map(|one| {
            vec![
                Cell::link(&one.user_name, people::href(one.user)),
                Cell::link(&one.asked.justification, href(one.id)),
                Cell::Badge(state(t, one.state)),
                Cell::text(&one.requester.name),
                Cell::Time(one.created),
                Cell::Time(one.expires),
                providers::cell(&sources, one.provider),
            ]
        })
        .collect();
    table.empty = t.own("access_request.none");
    table.empty_action = Some(Anchor::new(t.own("nav.people"), format!("{MOUNT}/people")));
    table.paged(visit, &found);
    table.sorted(
        visit,
        &[(0, "user_name"), (4, "created"), (5, "expires")],
        "-created",
    );
    let states = RequestState::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("request_state", one.name())));
    table.filtered_by(
        visit,
        vec![
            visit.filter_among("state", t.own("access_request.state"), states),
            providers::filter(visit, &sources),
            visit.filter_id("vendor", t.own("access_request.vendor_id")),
            visit.filter_id("user", t.own("access_request.user_id")),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "access-requests"));
    }
    Ok(Page::of_list(
        t,
        "nav.access_requests",
        "access_request.lead",
        trail(t),
        table,
    )
    .into())
}

/// In place of the button that makes a link: that others have to approve, and the way to ask them.
pub(super) async fn of_person(
    visit: &Visit,
    user: UserId,
    policy: &AccessGroup,
    mut blocks: Vec<Block>,
) -> Result<Section, Error> {
    let t = visit.t;
    let query = AccessRequestQuery {
        user: Some(user),
        state: Some(RequestState::Pending),
        page: PageQuery::first(1),
        ..AccessRequestQuery::default()
    };
    let waiting = visit
        .run(move |service, call| service.list_access_requests(call, &query))
        .await?
        .items;
    let needed = approvals_needed(&policy.settings);
    let group = &policy.settings.name;
    let text = t.say(
        "access_request.needed",
        &[("group", group), ("count", &needed)],
    );
    blocks.push(Block::Text(text));
    let all = format!("{MOUNT}/access-requests?user={user}");
    let mut actions = vec![Anchor::new(t.own("nav.access_requests"), all)];
    match waiting.first() {
        Some(one) => blocks.push(Block::Facts(vec![Fact::new(
            t.own("access_request.waiting"),
            Cell::link(&one.asked.justification, href(one.id)),
        )])),
        None if visit.may(Role::Operator) => {
            let ask = format!("{}/request", people::href(user));
            actions.insert(0, Anchor::primary(t.own("access_request.ask"), ask));
        }
        None => {}
    }
    Ok(Section {
        actions,
        ..Section::new("links", t.own("nav.links"), blocks)
    })
}

pub(super) async fn show(visit: &Visit) -> Answer {
    let shown = find(visit).await?;
    let form = vote_form(visit, &shown.details.request, "", "");
    Ok(page(visit, &shown, form, false).into())
}

struct Shown {
    details: AccessRequestDetails,
    history: Vec<EventRecord>,
    /// The vendor it is for, while it is there.
    vendor: Option<String>,
}

async fn find(visit: &Visit) -> Result<Shown, Error> {
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

fn page(visit: &Visit, shown: &Shown, form: Form, wrong: bool) -> Page {
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

/// The form to decide by; or why who is signed in has no say. And the way back.
fn decide(visit: &Visit, details: &AccessRequestDetails, form: Form) -> Section {
    let t = visit.t;
    let request = &details.request;
    let voice = Voice {
        administrator: Some(visit.who.id),
        name: visit.who.name.clone(),
    };
    let now = visit.web.service.now();
    let admitted = details.policy.as_ref().map_or(
        Err(t.get("access_request.group_gone_next").into()),
        |policy| {
            let admitted = request.admits(&voice, &details.votes, policy, now);
            admitted.map_err(|error: VoteError| t.hindrance(&error.hindrance().said([])))
        },
    );
    let mut blocks = vec![match admitted {
        Ok(()) => Block::Form(form),
        Err(why) => Block::Phrase(why),
    }];
    if request.requester == voice || visit.may(Role::Administrator) {
        let withdraw = Cell::Button(Button {
            text: t.own("access_request.withdraw"),
            about: request.user_name.clone(),
            action: format!("{}/withdraw", href(request.id)),
            fields: Vec::new(),
            tone: Tone::Bad,
        });
        let label = t.own("access_request.take_back");
        blocks.push(Block::Facts(vec![Fact::new(label, withdraw)]));
    }
    Section::new("decide", t.own("access_request.decide"), blocks)
}

fn vote_form(visit: &Visit, request: &AccessRequest, chosen: &str, comment: &str) -> Form {
    let t = visit.t;
    let picks = vec![
        Pick::new(APPROVE, t.own("access_request.approve")),
        Pick::new("disapprove", t.own("access_request.disapprove")),
    ];
    Form::of(
        "vote",
        format!("{}/vote", href(request.id)),
        t.own("access_request.decide"),
        vec![
            Field::radios("vote", t.own("access_request.your_vote"), picks, chosen).required(),
            Field::line("comment", t.own("access_request.comment"), comment)
                .hint(t.own("access_request.comment_hint")),
        ],
    )
}

/// Approves or disapproves. The last approval shows the link.
pub(super) async fn vote(visit: &Visit, fields: &Fields) -> Answer {
    let id: AccessRequestId = visit.id("access request")?;
    let visit = &Visit {
        path: href(id),
        ..visit.clone()
    };
    let comment = fields.given("comment").map(str::to_owned);
    let voted = match fields.get("vote") {
        "" => Err(Error::Invalid {
            field: "vote".to_owned(),
            detail: visit.t.own("form.choose"),
        }),
        word => {
            let approves = word == APPROVE;
            visit
                .run(move |service, call| service.vote_on_access(call, id, approves, comment))
                .await
        }
    };
    match voted {
        Ok(voted) => Ok(match voted.link {
            Some(made) => links::fresh(visit, &made),
            None => Reply::See(format!("{}?done=voted", href(id))),
        }),
        Err(error) => {
            let shown = find(visit).await?;
            let request = &shown.details.request;
            let mut form = vote_form(visit, request, fields.get("vote"), fields.get("comment"));
            refused(visit, &mut form, error, "comment")?;
            let mut page = page(visit, &shown, form, true);
            // Decided meanwhile: there is no form any more that could say so.
            if request.state != RequestState::Pending {
                let decided = VoteError::Decided(request.state).hindrance();
                let text = visit.t.hindrance(&decided.said([]));
                page.notice = Some(Notice::new(Tone::Bad, text));
            }
            Ok(Reply::Mistaken(Box::new(page)))
        }
    }
}

/// Writes what was wrong, or what stands in the way, into the form.
fn refused(visit: &Visit, form: &mut Form, error: Error, usual: &str) -> Result<(), Error> {
    match error {
        Error::Conflict(said) => {
            form.mark(usual, visit.t.hindrance(&said));
            Ok(())
        }
        error => visit.mark(form, error, usual),
    }
}

pub(super) async fn withdraw(visit: &Visit, _: &Fields) -> Answer {
    let id: AccessRequestId = visit.id("access request")?;
    visit
        .run(move |service, call| service.withdraw_access_request(call, id))
        .await?;
    Ok(Reply::See(format!("{}?done=withdrawn", href(id))))
}
