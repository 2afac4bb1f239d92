//! Access links: a person's, those of everybody, and entry codes.

use std::collections::HashMap;

use chrono::Duration;
use vestibule_domain::access::{Check, Decision};
use vestibule_domain::access_request::approvals_needed;
use vestibule_domain::link::{LinkState, Wanted};
use vestibule_domain::{LinkId, UserId};
use vestibule_service::events::{Choice as EventChoice, EventQuery};
use vestibule_service::links::{Forwarding, LinkDetails, LinkQuery, LinkSort, NewLink};
use vestibule_service::mail::QueuedLetter;
use vestibule_service::pages::{Page as Part, PageQuery};
use vestibule_service::{AdminCall, Error, Role, Service};

use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Badge, Block, Button, Cell, Fact, Notice, Page, Section, Tone};
use super::query::Pairs;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::when::When;
use super::{MOUNT, access_groups, access_requests, events, letters, named, people, providers};
use crate::enter;

type Mailings = HashMap<LinkId, QueuedLetter>;

const PAGE: u64 = 50;
/// Links shown with a person.
const BESIDE: u64 = 10;
/// The choice to have a link mailed.
pub(super) const MAILED: &str = "mailed";

/// Address of a link's page.
pub(super) fn href(id: LinkId) -> String {
    format!("{MOUNT}/links/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.access_control")),
        Anchor::new(t.own("nav.links"), format!("{MOUNT}/links")),
    ]
}

/// Every link, newest first.
pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let (person, user) = named::person(visit).await?;
    let (vendor, of_vendor) = named::vendor(visit).await?;
    let query = LinkQuery {
        user,
        provider: providers::chosen(visit),
        vendor: of_vendor,
        state: visit.query.get("state").parse().ok(),
        page: visit.part(PAGE, "-created"),
    };
    let chosen = providers::chosen(visit);
    let ((found, mailings), sources) = visit
        .run(move |service, call| {
            let found = with_mailings(service, call, &query)?;
            Ok((found, service.sources(call, chosen)?))
        })
        .await?;
    let mut table = table(visit, &found.items, &mailings, true);
    table.empty_action = Some(Anchor::new(t.own("nav.people"), format!("{MOUNT}/people")));
    table.paged(visit, &found);
    let orders = [(0, "user_name"), (2, "start"), (3, "end"), (5, "created")];
    table.sorted(visit, &orders, "-created");
    let states = LinkState::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.word(one.name())));
    let states = visit.filter_among("state", t.own("link.state"), states);
    let provider = providers::filter(visit, &sources);
    table.filtered_by(visit, vec![states, provider, vendor, person]);
    if visit.wants_csv() {
        let ids = found.items.iter().map(|one| one.link.id.to_string());
        table.for_machines(t.own("provider.id"), ids.map(Cell::Code));
        let people = found.items.iter().map(|one| one.link.user.to_string());
        let people = people.map(Cell::Code);
        table.for_machines(t.own("access_request.user_id"), people);
        return Ok(Reply::Export(Box::new(table), "links"));
    }
    Ok(Page::of_list(t, "nav.links", "link.lead", trail(t), table).into())
}

/// Links, and how far the latest mailing of each got.
fn with_mailings(
    service: &Service,
    call: &AdminCall,
    query: &LinkQuery,
) -> Result<(Part<LinkDetails>, Mailings), Error> {
    let found = service.list_links(call, query)?;
    let ids: Vec<LinkId> = found.items.iter().map(|one| one.link.id).collect();
    let mailings = service.mailings(call, &ids)?;
    Ok((found, mailings))
}

fn table(visit: &Visit, found: &[LinkDetails], mailings: &Mailings, with_person: bool) -> Table {
    let t = visit.t;
    let mut titles = vec![
        t.get("link.state"),
        t.get("link.start"),
        t.get("link.end"),
        t.get("link.origin"),
        t.get("provider.made"),
        t.get("letter.mailing"),
        t.get("table.actions"),
    ];
    if with_person {
        titles.insert(0, t.get("person.user_name"));
    }
    let mut table = Table::new(t.own("nav.links"), &titles).acting();
    table.empty = t.own("link.none");
    table.rows = found
        .iter()
        .map(|one| {
            let link = &one.link;
            let mut row = vec![
                Cell::Badge(state(t, one.state)),
                Cell::Time(link.start),
                Cell::Time(link.end),
                Cell::link(t.word(link.origin.name()), href(link.id)),
                Cell::Time(link.created),
                mailings
                    .get(&link.id)
                    .map_or(Cell::Nothing, |letter| letters::fate(t, letter)),
                actions(visit, one),
            ];
            if with_person {
                row.insert(0, Cell::link(&link.user_name, people::href(link.user)));
            }
            row
        })
        .collect();
    table
}

fn state(t: Texts, state: LinkState) -> Badge {
    let tone = match state {
        LinkState::Live => Tone::Good,
        LinkState::Upcoming => Tone::Waiting,
        LinkState::Expired | LinkState::Ended => Tone::Plain,
    };
    Badge::new(tone, t.word(state.name()))
}

/// The access group by which the person of a link gets in; its id alone when it is gone.
fn by_which(service: &Service, call: &AdminCall, one: &LinkDetails) -> Result<Cell, Error> {
    let Some(id) = one.link.access_group else {
        return Ok(Cell::optional(None::<String>));
    };
    match service.find_access_group(call, id) {
        Ok(found) => Ok(Cell::link(
            found.access_group.settings.name,
            access_groups::href(id),
        )),
        Err(Error::NotFound(_)) => Ok(Cell::text(id.to_string())),
        Err(error) => Err(error),
    }
}

/// One link, with what happened to it.
pub(super) async fn show(visit: &Visit) -> Answer {
    let t = visit.t;
    let id: LinkId = visit.id("link")?;
    let query = EventQuery {
        choice: EventChoice {
            subject: Some(id.as_uuid()),
            ..EventChoice::default()
        },
        page: PageQuery::first(PAGE),
    };
    let (found, by, written, history) = visit
        .run(move |service, call| {
            let found = service.find_link(call, id)?;
            let by = by_which(service, call, &found)?;
            let written = service.newest_letters_of(call, id, letters::BESIDE)?;
            let history = service.list_events(call, &query)?.items;
            Ok((found, by, written, history))
        })
        .await?;
    let link = &found.link;
    let facts = vec![
        Fact::new(
            t.own("person.user_name"),
            Cell::link(&link.user_name, people::href(link.user)),
        ),
        Fact::new(t.own("link.start"), Cell::Time(link.start)),
        Fact::new(t.own("link.end"), Cell::Time(link.end)),
        Fact::new(t.own("link.origin"), Cell::text(t.word(link.origin.name()))),
        Fact::new(t.own("vendor.access_group"), by),
        Fact::new(t.own("provider.made"), Cell::Time(link.created)),
        Fact::new(
            t.own("link.ended"),
            Cell::time(link.ended.map(|ended| ended.at)),
        ),
        Fact::new(
            t.own("link.end_reason"),
            Cell::optional(
                link.ended
                    .map(|ended| t.own_of("link_end", ended.reason.name())),
            ),
        ),
        Fact::new(t.own("table.actions"), actions(visit, &found)),
        Fact::new(t.own("provider.id"), Cell::Copy(id.to_string())),
    ];
    let history = events::table(visit, &history);
    Ok(Page {
        title: t.say("link.of", &[("name", &link.user_name)]),
        badge: Some(state(t, found.state)),
        trail: trail(t),
        current: "nav.links",
        sections: vec![
            Section::new("facts", t.own("event.facts"), vec![Block::Facts(facts)]),
            Section::new(
                "letters",
                t.own("letter.title"),
                vec![Block::Table(letters::table(t, &written))],
            ),
            Section::new(
                "history",
                t.own("person.history"),
                vec![Block::Table(history)],
            ),
        ],
        ..Page::default()
    }
    .into())
}

fn actions(visit: &Visit, one: &LinkDetails) -> Cell {
    let t = visit.t;
    let standing = matches!(one.state, LinkState::Live | LinkState::Upcoming);
    if !visit.may(Role::Operator) || !standing {
        return Cell::Nothing;
    }
    let button = |key: &'static str, verb: &str, tone| Button {
        text: t.own(key),
        about: one.link.user_name.clone(),
        action: format!("{MOUNT}/links/{}/{verb}", one.link.id),
        fields: Vec::new(),
        tone,
    };
    let mut buttons = Vec::new();
    if one.state == LinkState::Live {
        buttons.push(button("link.show_code", "code", Tone::Plain));
    }
    buttons.push(button("link.again_shown", "again", Tone::Plain));
    if visit.web.service.settings().links.mail {
        buttons.push(Button {
            fields: vec![("forwarding", MAILED.to_owned())],
            ..button("link.again_mailed", "again", Tone::Plain)
        });
    }
    buttons.push(button("link.revoke", "revoke", Tone::Bad));
    Cell::Buttons(buttons)
}

/// The links of one person, and the button that makes another.
pub(super) async fn of_person(
    visit: &Visit,
    user: UserId,
    decision: &Decision,
    wrong: Option<(&Pairs, Error)>,
) -> Result<Section, Error> {
    let t = visit.t;
    let query = LinkQuery {
        user: Some(user),
        page: PageQuery {
            sort: Some(LinkSort::Created),
            descending: true,
            ..PageQuery::first(BESIDE)
        },
        ..LinkQuery::default()
    };
    let ((found, mailings), policy) = visit
        .run(move |service, call| {
            Ok((
                with_mailings(service, call, &query)?,
                service.policy_of(call, user)?,
            ))
        })
        .await?;
    let mut links = table(visit, &found.items, &mailings, false);
    links.empty = t.own("link.none_yet");
    let mut blocks = vec![Block::Table(links)];
    if let Some(policy) = policy.filter(|policy| approvals_needed(&policy.settings) > 0) {
        if let Some((_, error)) = wrong {
            return Err(error);
        }
        return access_requests::of_person(visit, user, &policy, blocks).await;
    }
    // A start that is still to come may be that of the link as well; nothing else waits for a date.
    let startable = |check: &Check| *check == Check::Started;
    let mut failing = decision.chain.iter().filter(|step| !step.holds);
    if !failing.all(|step| startable(&step.check)) {
        if let Some((_, error)) = wrong {
            return Err(error);
        }
        blocks.push(Block::Notice(Notice::new(
            Tone::Waiting,
            t.own("link.not_admitted"),
        )));
    } else if visit.may(Role::Operator) {
        let typed = wrong.as_ref().map(|(typed, _)| *typed);
        let given = |name: &str| typed.map_or("", |typed| typed.get(name));
        let start = typed.map_or_else(When::default, |typed| When::sent(typed, "start"));
        let days = |days: u16| Pick::new(days.to_string(), t.span(Duration::days(days.into())));
        let mut fields = vec![Field::choice(
            "days",
            t.own("provider.life"),
            vec![
                Pick::new("", t.own("link.usual")),
                days(1),
                days(7),
                days(30),
                days(90),
            ],
            given("days"),
        )];
        fields
            .push(Field::when("start", t.own("link.start"), start).hint(t.own("link.start_hint")));
        let chosen = typed.map_or(MAILED, |typed| typed.get("forwarding"));
        fields.extend(forwarding(visit, chosen));
        let action = format!("{}/links", people::href(user));
        let mut form = Form::of("link", action, t.own("link.make"), fields);
        form.inline = true;
        if let Some((_, error)) = wrong {
            match error {
                Error::Conflict(said) => {
                    form.mark("start", t.hindrance(&said));
                }
                error => visit.mark(&mut form, error, "start")?,
            }
        }
        blocks.push(Block::Form(form));
    } else if let Some((_, error)) = wrong {
        return Err(error);
    }
    Ok(Section::new("links", t.own("nav.links"), blocks))
}

/// How a link gets to its person, where there is a choice.
pub(super) fn forwarding(visit: &Visit, chosen: &str) -> Option<Field> {
    let t = visit.t;
    let picks = vec![
        Pick::new(MAILED, t.own("link.mailed")),
        Pick::new("", t.own("link.shown")),
    ];
    let field = Field::choice("forwarding", t.own("link.forwarding"), picks, chosen);
    visit.web.service.settings().links.mail.then_some(field)
}

/// A page that shows something this once.
fn once(visit: &Visit, title: String, user: Option<UserId>, facts: Vec<Fact>) -> Page {
    let t = visit.t;
    let mut section = Section::new(
        "once",
        title.clone(),
        vec![
            Block::Notice(Notice::new(Tone::Waiting, t.own("provider.once"))),
            Block::Facts(facts),
        ],
    );
    if let Some(user) = user {
        section.actions = vec![Anchor::new(t.own("link.back"), people::href(user))];
    }
    Page {
        title,
        current: "nav.links",
        sections: vec![section],
        ..Page::default()
    }
}

pub(super) async fn make(visit: &Visit, fields: &Fields) -> Answer {
    let user: UserId = visit.id("user")?;
    let days: Option<i64> = fields.given("days").and_then(|days| days.parse().ok());
    let start = match When::sent(fields, "start").instant() {
        Ok(start) => start,
        Err(key) => {
            let mistake = Error::Invalid {
                field: "start".to_owned(),
                detail: visit.t.own(key),
            };
            return people::person::without_link(visit, user, fields, mistake).await;
        }
    };
    let wanted = Wanted {
        start,
        duration: days.map(|days| Duration::try_days(days).unwrap_or(Duration::MAX)),
    };
    let forwarding = forwarded(fields);
    let made = visit
        .run(move |service, call| service.create_link(call, user, wanted, forwarding))
        .await;
    match made {
        Ok(made) => Ok(fresh(visit, &made)),
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
            people::person::without_link(visit, user, fields, error).await
        }
        Err(error) => Err(error),
    }
}

fn forwarded(fields: &Fields) -> Forwarding {
    match fields.given("forwarding") {
        Some(MAILED) => Forwarding::Mailed,
        _ => Forwarding::Shown,
    }
}

/// The same link once more: mailed again, or under another address.
pub(super) async fn again(visit: &Visit, fields: &Fields) -> Answer {
    let id: LinkId = visit.id("link")?;
    let forwarding = forwarded(fields);
    let given = visit
        .run(move |service, call| service.give_link_again(call, id, forwarding))
        .await?;
    Ok(fresh(visit, &given))
}

/// A link just made: its address, this once, or that it is mailed.
pub(super) fn fresh(visit: &Visit, made: &NewLink) -> Reply {
    let t = visit.t;
    let user = made.link.user;
    let Some(secret) = &made.secret else {
        return Reply::See(format!("{}?done=mailed", people::href(user)));
    };
    let address = enter::address(&visit.web.settings.public_url, secret);
    let facts = vec![
        Fact::new(
            t.own("person.user_name"),
            Cell::link(&made.link.user_name, people::href(user)),
        ),
        Fact::new(t.own("link.address"), Cell::Copy(address)),
        Fact::new(t.own("vendor.status"), Cell::Badge(state(t, made.state))),
        Fact::new(t.own("link.start"), Cell::Time(made.link.start)),
        Fact::new(t.own("link.end"), Cell::Time(made.link.end)),
    ];
    let title = t.say("link.of", &[("name", &made.link.user_name)]);
    let mut page = once(visit, title, Some(user), facts);
    if !visit.web.service.settings().links.mail {
        page.sections.push(code_needed(visit, made));
    }
    page.into()
}

/// That the address alone lets nobody in, and where the rest is shown: nobody mails it.
fn code_needed(visit: &Visit, made: &NewLink) -> Section {
    let t = visit.t;
    let mut blocks = vec![Block::Text(t.own("link.code_needed"))];
    if made.state == LinkState::Live {
        blocks.push(Block::Facts(vec![Fact::new(
            t.own("link.code"),
            Cell::Button(Button {
                text: t.own("link.show_code"),
                about: made.link.user_name.clone(),
                action: format!("{}/code", href(made.link.id)),
                fields: Vec::new(),
                tone: Tone::Plain,
            }),
        )]));
    }
    Section::new("code", t.own("link.code"), blocks)
}

pub(super) async fn revoke(visit: &Visit, _: &Fields) -> Answer {
    let id: LinkId = visit.id("link")?;
    let ended = visit
        .run(move |service, call| service.revoke_link(call, id))
        .await?;
    Ok(Reply::See(format!(
        "{}?done=revoked",
        people::href(ended.link.user)
    )))
}

pub(super) async fn show_code(visit: &Visit, _: &Fields) -> Answer {
    let id: LinkId = visit.id("link")?;
    let (shown, link) = visit
        .run(move |service, call| {
            Ok((
                service.show_entry_code(call, id)?,
                service.find_link(call, id)?,
            ))
        })
        .await?;
    let t = visit.t;
    let facts = vec![
        Fact::new(t.own("link.code"), Cell::Copy(shown.code)),
        Fact::new(t.own("link.until"), Cell::Time(shown.expires)),
    ];
    Ok(once(visit, t.own("link.code"), Some(link.link.user), facts).into())
}
