//! Everything about one person on one page, so that "why can't she get in?" has one place.

mod causes;
mod verdict;

use chrono::{DateTime, Utc};
use vestibule_domain::access::Decision;
use vestibule_domain::link::LinkState;
use vestibule_domain::person::Block as BlockOn;
use vestibule_domain::{BlockId, UserId};
use vestibule_service::events::{Choice as EventChoice, EventQuery, EventRecord};
use vestibule_service::links::LinkQuery;
use vestibule_service::pages::PageQuery;
use vestibule_service::people::{PersonDetails, PersonPlacement};
use vestibule_service::requests::{RefusedRequest, RequestQuery};
use vestibule_service::{Error, Role};

use super::{active, href, trail};
use crate::console::fields::Fields;
use crate::console::form::{Field, Form};
use crate::console::page::{
    Anchor, Block, Button, Cell, Fact, Notice, Page, Remark, Section, Tone,
};
use crate::console::query::Pairs;
use crate::console::reply::{Answer, Reply};
use crate::console::table::Table;
use crate::console::visit::Visit;
use crate::console::when::When;
use crate::console::{MOUNT, events, internal_groups, links, providers, vendors};

const EVENTS: u64 = 15;
/// Refused requests about a person that are shown.
const REFUSED: u64 = 5;

/// All that the page shows.
struct Shown {
    details: PersonDetails,
    decision: Decision,
    /// The verdict at the instant asked about.
    then: Option<Decision>,
    history: Vec<EventRecord>,
    /// Requests about the person that were refused lately.
    refused: Vec<RefusedRequest>,
    provider: String,
    third_party: bool,
    /// Names of the vendors the person could have been placed in.
    candidates: Vec<(String, vestibule_domain::VendorId, bool)>,
    /// Whether a link of the person works now.
    linked: bool,
}

async fn find(visit: &Visit) -> Result<(Shown, Option<&'static str>), Error> {
    let id: UserId = visit.id("user")?;
    let (at, mistake) = match When::sent(&visit.query, "at").instant() {
        Ok(at) => (at, None),
        Err(key) => (None, Some(key)),
    };
    let shown = visit
        .run(move |service, call| {
            let details = service.find_person(call, id)?;
            let source = service
                .find_provider(call, details.person.provider)?
                .provider;
            let query = EventQuery {
                choice: EventChoice {
                    subject: Some(id.as_uuid()),
                    also: service.beside_person(call, id)?,
                    ..EventChoice::default()
                },
                page: PageQuery::first(EVENTS),
            };
            let history = service.list_events(call, &query)?.items;
            let live = LinkQuery {
                user: Some(id),
                state: Some(LinkState::Live),
                page: PageQuery::first(1),
                ..LinkQuery::default()
            };
            let linked = !service.list_links(call, &live)?.items.is_empty();
            let mut candidates = Vec::new();
            if let Some(PersonPlacement { placement, .. }) = &details.placement {
                for candidate in placement.candidates.iter().take(20) {
                    let vendor = service.find_vendor(call, candidate.vendor)?.vendor;
                    candidates.push((vendor.name, vendor.id, vendor.id == placement.vendor));
                }
            }
            Ok(Shown {
                decision: service.decide_access(call, id, None)?,
                then: match at {
                    Some(at) => Some(service.decide_access(call, id, Some(at))?),
                    None => None,
                },
                history,
                refused: service
                    .list_requests(
                        call,
                        &RequestQuery {
                            search: Some(id.to_string()),
                            page: PageQuery::first(REFUSED),
                            ..RequestQuery::default()
                        },
                    )?
                    .items,
                provider: source.settings.name,
                third_party: source.settings.user_type
                    == vestibule_domain::provider::UserType::ThirdParty,
                candidates,
                linked,
                details,
            })
        })
        .await?;
    Ok((shown, mistake))
}

pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let (shown, mistake) = find(visit).await?;
    let block = block_form(visit, shown.details.person.id, &Pairs::default());
    let links = links::of_person(visit, shown.details.person.id, &shown.decision, None).await?;
    Ok(page(visit, &shown, block, links, mistake).into())
}

/// The page again with the form of a link, and what was wrong in it.
pub(in crate::console) async fn without_link(
    visit: &Visit,
    id: UserId,
    typed: &Pairs,
    error: Error,
) -> Answer {
    let visit = &Visit {
        path: href(id),
        ..visit.clone()
    };
    let (shown, mistake) = find(visit).await?;
    let wrong = Some((typed, error));
    let links = links::of_person(visit, id, &shown.decision, wrong).await?;
    let block = block_form(visit, id, &Pairs::default());
    let page = page(visit, &shown, block, links, mistake);
    Ok(Reply::Mistaken(Box::new(page)))
}

fn page(
    visit: &Visit,
    shown: &Shown,
    block: Form,
    links: Section,
    mistake: Option<&'static str>,
) -> Page {
    let t = visit.t;
    let person = &shown.details.person;
    let mut sections = vec![verdict::section(visit, shown)];
    sections.push(verdict::then(visit, shown, mistake));
    if shown.third_party {
        sections.push(placement(visit, shown));
    }
    sections.push(links);
    sections.push(memberships(visit, shown));
    sections.push(causes::section(visit, shown));
    sections.push(Section {
        actions: vec![Anchor::new(
            t.own("event.all"),
            format!("{MOUNT}/events?subject={}", person.id),
        )],
        ..Section::new(
            "history",
            t.own("person.history"),
            vec![Block::Table(events::table(visit, &shown.history))],
        )
    });
    sections.push(Section {
        folded: true,
        lead: Some(t.own("person.resource_lead")),
        ..Section::new(
            "resource",
            t.own("person.resource"),
            vec![Block::Source(
                serde_json::to_string_pretty(&shown.details.resource).unwrap_or_default(),
            )],
        )
    });
    let now = visit.web.service.now();
    let lifted = visit.query.get("done") == "lifted";
    let blocked = shown.details.blocks.iter().any(|block| block.in_force(now));
    let facts = vec![
        Fact::new(
            t.own("person.user_name"),
            Cell::Copy(person.user_name.clone()),
        ),
        Fact::new(t.own("person.email"), Cell::optional(person.email.clone())),
        Fact::new(t.own("person.state"), active(t, person.active, blocked)),
        Fact::new(
            t.own("vendor.provider"),
            Cell::link(&shown.provider, providers::href(person.provider)),
        ),
        Fact::new(t.own("person.created"), Cell::Time(person.created)),
        Fact::new(t.own("person.modified"), Cell::Time(person.modified)),
        Fact::new(t.own("provider.id"), Cell::Copy(person.id.to_string())),
    ];
    Page {
        title: display_name(shown),
        badge: Some(verdict::badge(visit, &shown.decision)),
        trail: trail(t),
        current: "nav.people",
        notice: lifted.then(|| after_lifting(visit, shown, blocked)),
        sections,
        aside: vec![
            Section::new("facts", t.own("person.facts"), vec![Block::Facts(facts)]),
            blocks(visit, shown, block),
        ],
        ..Page::default()
    }
}

/// That a block is lifted, and that this alone brings no link back.
fn after_lifting(visit: &Visit, shown: &Shown, blocked: bool) -> Notice {
    let t = visit.t;
    let mut notice = Notice::new(Tone::Good, t.own("done.lifted"));
    let remark = |key: &'static str, link: Option<Anchor>| Remark {
        text: t.get(key).into(),
        link,
    };
    if blocked {
        notice.more.push(remark("block.stands", None));
    } else if !shown.linked {
        let links = Anchor::new(t.own("verdict.make_link"), "#links");
        notice.more.push(remark("block.ended_links", Some(links)));
        if visit.web.service.settings().links.mail {
            notice.more.push(remark("block.new_by_mail", None));
        }
    }
    notice
}

fn display_name(shown: &Shown) -> String {
    let person = &shown.details.person;
    person.name.as_ref().unwrap_or(&person.user_name).clone()
}

fn placement(visit: &Visit, shown: &Shown) -> Section {
    let t = visit.t;
    let mut blocks = Vec::new();
    match &shown.details.placement {
        Some(PersonPlacement { placement, event }) => {
            let text = t.own_of("rule", placement.rule.name());
            blocks.push(Block::Text(text));
            let mut table = Table::new(
                t.own("person.candidates"),
                &[t.get("vendor.name"), t.get("person.outcome")],
            );
            table.rows = shown
                .candidates
                .iter()
                .map(|(name, id, chosen)| {
                    let mark = if *chosen {
                        Cell::badge(Tone::Good, t.own("person.chosen"))
                    } else {
                        Cell::text(t.own("person.earlier"))
                    };
                    vec![Cell::link(name, vendors::href(*id)), mark]
                })
                .collect();
            blocks.push(Block::Table(table));
            blocks.push(Block::Facts(vec![Fact::new(
                t.own("person.placed_by"),
                Cell::link(t.own("verdict.event"), format!("{MOUNT}/events?id={event}")),
            )]));
        }
        None => blocks.push(Block::Text(t.own("person.unplaced"))),
    }
    Section::new("placement", t.own("person.placement"), blocks)
}

fn memberships(visit: &Visit, shown: &Shown) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("person.groups"),
        &[t.get("access_group.name"), t.get("person.membership")],
    );
    table.empty = t.own("person.no_group");
    table.rows = shown
        .details
        .groups
        .iter()
        .map(|group| {
            let name = if shown.third_party {
                Cell::text(group.name.clone())
            } else {
                Cell::link(&group.name, internal_groups::href(group.id))
            };
            let how = if group.direct {
                "person.direct"
            } else {
                "person.nested"
            };
            vec![name, Cell::text(t.own(how))]
        })
        .collect();
    Section::new("groups", t.own("person.groups"), vec![Block::Table(table)])
}

fn blocks(visit: &Visit, shown: &Shown, form: Form) -> Section {
    let t = visit.t;
    let now = visit.web.service.now();
    let mut facts = Vec::new();
    for block in &shown.details.blocks {
        facts.extend(block_facts(visit, shown.details.person.id, block, now));
    }
    let mut blocks = vec![Block::Text(t.own("block.lead"))];
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    if visit.may(Role::Operator) {
        blocks.push(Block::Form(form));
    }
    Section::new("blocks", t.own("block.title"), blocks)
}

fn block_facts(visit: &Visit, user: UserId, block: &BlockOn, now: DateTime<Utc>) -> Vec<Fact> {
    let t = visit.t;
    let state = if block.in_force(now) {
        Cell::badge(Tone::Bad, t.own("block.in_force"))
    } else {
        Cell::badge(Tone::Plain, t.own("provider.ended"))
    };
    let mut facts = vec![
        Fact::new(t.own("block.state"), state),
        Fact::new(t.own("block.reason"), Cell::text(block.reason.clone())),
        Fact::new(
            t.own("block.until"),
            match block.until {
                Some(until) => Cell::Time(until),
                None => Cell::text(t.own("block.forever")),
            },
        ),
    ];
    if visit.may(Role::Operator) {
        facts.push(Fact::new(
            t.own("table.actions"),
            Cell::Button(Button {
                text: t.own("block.lift"),
                about: block.reason.clone(),
                action: format!("{}/blocks/{}/lift", href(user), block.id),
                fields: Vec::new(),
                tone: Tone::Good,
            }),
        ));
    }
    facts
}

fn block_form(visit: &Visit, user: UserId, typed: &Pairs) -> Form {
    let t = visit.t;
    let mut form = Form::of(
        "block",
        format!("{}/block", href(user)),
        t.own("block.block"),
        vec![
            Field::line("reason", t.own("block.reason"), typed.get("reason"))
                .required()
                .hint(t.own("block.ends_links")),
            Field::when("until", t.own("block.until"), When::sent(typed, "until"))
                .hint(t.own("block.until_hint")),
        ],
    );
    form.danger = true;
    form
}

pub(in crate::console) async fn block(visit: &Visit, fields: &Fields) -> Answer {
    let id: UserId = visit.id("user")?;
    let visit = &Visit {
        path: href(id),
        ..visit.clone()
    };
    let reason = fields.get("reason").trim().to_owned();
    let mut wrong = Vec::new();
    let until = When::sent(fields, "until")
        .instant()
        .map_err(|key| wrong.push(("until".to_owned(), visit.t.get(key).into())))
        .unwrap_or_default();
    let found = visit.web.service.block_mistakes(&reason, until);
    visit.add_mistakes(&mut wrong, found)?;
    if wrong.is_empty() {
        let set = visit
            .run(move |service, call| service.block_user(call, id, &reason, until))
            .await;
        match set {
            Ok(_) => return Ok(Reply::See(format!("{}?done=blocked", href(id)))),
            Err(error) => wrong.push(visit.mistake(error)?),
        }
    }
    let (shown, mistake) = find(visit).await?;
    let mut form = block_form(visit, id, fields);
    form.mark_all(wrong, "reason");
    let links = links::of_person(visit, id, &shown.decision, None).await?;
    let page = page(visit, &shown, form, links, mistake);
    Ok(Reply::Mistaken(Box::new(page)))
}

pub(in crate::console) async fn lift(visit: &Visit, _: &Fields) -> Answer {
    let id: UserId = visit.id("user")?;
    let block: BlockId = visit.second_id("block")?;
    visit
        .run(move |service, call| service.lift_block(call, block))
        .await?;
    Ok(Reply::See(format!("{}?done=lifted", href(id))))
}
