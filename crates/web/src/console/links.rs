//! Access links: a person's, those of everybody, entry codes, and the panic button.

use chrono::Duration;
use vestibule_domain::link::{LinkState, Wanted};
use vestibule_domain::{LinkId, UserId, VendorId};
use vestibule_service::links::panic::Target;
use vestibule_service::links::{Forwarding, LinkDetails, LinkQuery};
use vestibule_service::pages::PageQuery;
use vestibule_service::{Error, Role};

use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Block, Button, Cell, Fact, Notice, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::visit::Visit;
use super::{MOUNT, people, vendors};
use crate::enter;

const PAGE: u64 = 50;
/// Links shown with a person.
const BESIDE: u64 = 10;
/// The choice to have a link mailed.
const MAILED: &str = "mailed";

/// Every link, newest first.
pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = LinkQuery {
        vendor: visit.query.get("vendor").parse().ok(),
        state: visit.query.get("state").parse().ok(),
        page: PageQuery {
            descending: true,
            ..visit.part(PAGE)
        },
        ..LinkQuery::default()
    };
    let paged = query.page.after.is_some();
    let found = visit
        .run(move |service, call| service.list_links(call, &query))
        .await?;
    let mut table = table(visit, &found.items, true);
    table.here = format!("{MOUNT}/links");
    table.next = found
        .next
        .as_deref()
        .map(|next| visit.here(&[("after", Some(next))]));
    table.first = paged.then(|| visit.here(&[("after", None)]));
    table.csv = Some(visit.here(&[("format", Some("csv"))]));
    let mut states = vec![Pick::new("", t.own("table.any"))];
    states.extend(
        LinkState::ALL
            .iter()
            .map(|one| Pick::new(one.name(), t.word(one.name()))),
    );
    table.filters = vec![Field::choice(
        "state",
        t.own("link.state"),
        states,
        visit.query.get("state"),
    )];
    table.filtered = visit.query.given("state").is_some();
    if visit.wants_csv() {
        return Ok(Reply::Raw(table.download("links")));
    }
    Ok(Page {
        title: t.own("nav.links"),
        lead: Some(t.own("link.lead")),
        trail: vec![
            Anchor::words(t.own("nav.remote_access")),
            Anchor::words(t.own("nav.access_control")),
            Anchor::new(t.own("nav.links"), format!("{MOUNT}/links")),
        ],
        current: "nav.links",
        sections: vec![Section::new(
            "list",
            t.own("nav.links"),
            vec![Block::Table(table)],
        )],
        ..Page::default()
    }
    .into())
}

fn table(visit: &Visit, found: &[LinkDetails], with_person: bool) -> Table {
    let t = visit.t;
    let mut titles = vec![
        t.get("link.state"),
        t.get("link.start"),
        t.get("link.end"),
        t.get("link.origin"),
        t.get("table.actions"),
    ];
    if with_person {
        titles.insert(0, t.get("person.user_name"));
    }
    let mut table = Table::new(t.own("nav.links"), &titles);
    table.empty = t.own("link.none");
    table.rows = found
        .iter()
        .map(|one| {
            let link = &one.link;
            let tone = match one.state {
                LinkState::Live => Tone::Good,
                LinkState::Upcoming => Tone::Waiting,
                LinkState::Expired | LinkState::Ended => Tone::Plain,
            };
            let mut row = vec![
                Cell::badge(tone, t.word(one.state.name())),
                Cell::Time(link.start),
                Cell::Time(link.end),
                Cell::text(t.word(link.origin.name())),
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
    buttons.push(button("link.revoke", "revoke", Tone::Bad));
    Cell::Buttons(buttons)
}

/// The links of one person, and the button that makes another.
pub(super) async fn of_person(visit: &Visit, user: UserId) -> Result<Section, Error> {
    let t = visit.t;
    let query = LinkQuery {
        user: Some(user),
        page: PageQuery {
            descending: true,
            ..PageQuery::first(BESIDE)
        },
        ..LinkQuery::default()
    };
    let found = visit
        .run(move |service, call| service.list_links(call, &query))
        .await?;
    let mut blocks = vec![Block::Table(table(visit, &found.items, false))];
    if visit.may(Role::Operator) {
        let days =
            |days: u16| Pick::new(days.to_string(), t.say("provider.days", &[("days", &days)]));
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
            "",
        )];
        if visit.web.service.settings().links.mail {
            fields.push(Field::choice(
                "forwarding",
                t.own("link.forwarding"),
                vec![
                    Pick::new(MAILED, t.own("link.mailed")),
                    Pick::new("", t.own("link.shown")),
                ],
                MAILED,
            ));
        }
        let action = format!("{}/links", people::href(user));
        let mut form = Form::of("link", action, t.own("link.make"), fields);
        form.inline = true;
        blocks.push(Block::Form(form));
    }
    Ok(Section::new("links", t.own("nav.links"), blocks))
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
    let wanted = Wanted {
        start: None,
        duration: days.map(|days| Duration::try_days(days).unwrap_or(Duration::MAX)),
    };
    let forwarding = match fields.given("forwarding") {
        Some(MAILED) => Forwarding::Mailed,
        _ => Forwarding::Shown,
    };
    let made = visit
        .run(move |service, call| service.create_link(call, user, wanted, forwarding))
        .await?;
    let Some(secret) = made.secret else {
        return Ok(Reply::See(format!("{}?done=mailed", people::href(user))));
    };
    let t = visit.t;
    let address = enter::address(&visit.web.settings.public_url, &secret);
    let facts = vec![
        Fact::new(t.own("link.address"), Cell::Copy(address)),
        Fact::new(t.own("link.start"), Cell::Time(made.link.start)),
        Fact::new(t.own("link.end"), Cell::Time(made.link.end)),
    ];
    Ok(once(visit, t.own("link.made"), Some(user), facts).into())
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

/// What pressing the panic button of a vendor would end, and the button.
pub(super) async fn panic(visit: &Visit) -> Answer {
    panic_page(visit, None, "").await.map(Reply::from)
}

async fn panic_page(
    visit: &Visit,
    mistake: Option<(&str, &str)>,
    reason: &str,
) -> Result<Page, Error> {
    let t = visit.t;
    let id: VendorId = visit.id("vendor")?;
    let (vendor, toll) = visit
        .run(move |service, call| {
            Ok((
                service.find_vendor(call, id)?.vendor,
                service.preview_panic(call, Target::Vendor(id))?,
            ))
        })
        .await?;
    let mut form = Form::of(
        "panic",
        format!("{}/panic", vendors::href(id)),
        t.own("panic.press"),
        vec![
            Field::line("reason", t.own("block.reason"), reason).required(),
            Field::retype(t.own("form.retype"), &vendor.name),
        ],
    );
    form.danger = true;
    form.cancel = Some(vendors::href(id));
    if let Some((field, mistake)) = mistake {
        form.mark(field, mistake);
    }
    let facts = vec![
        Fact::new(t.own("panic.links"), Cell::text(toll.links.to_string())),
        Fact::new(t.own("panic.people"), Cell::text(toll.people.to_string())),
    ];
    let title = t.say("panic.title", &[("name", &vendor.name)]);
    Ok(Page {
        notice: Some(Notice::new(Tone::Bad, t.own("panic.warning"))),
        sections: vec![Section::new(
            "ends",
            t.own("panic.ends"),
            vec![Block::Facts(facts), Block::Form(form)],
        )],
        title,
        current: "nav.vendors",
        ..Page::default()
    })
}

pub(super) async fn press(visit: &Visit, fields: &Fields) -> Answer {
    let id: VendorId = visit.id("vendor")?;
    let vendor = visit
        .run(move |service, call| service.find_vendor(call, id))
        .await?
        .vendor;
    let reason = fields.get("reason").trim().to_owned();
    if fields.get("confirm").trim() != vendor.name {
        let mistake = Some(("confirm", visit.t.get("form.retype_wrong")));
        let page = panic_page(visit, mistake, &reason).await?;
        return Ok(Reply::Mistaken(Box::new(page)));
    }
    let why = reason.clone();
    let pressed = visit
        .run(move |service, call| service.press_panic(call, Target::Vendor(id), &why))
        .await;
    match pressed {
        Ok(_) => Ok(Reply::See(format!("{}?done=panic", vendors::href(id)))),
        Err(Error::Invalid { field, detail }) => {
            let mistake = visit.t.detail(&field, &detail);
            let page = panic_page(visit, Some(("reason", &mistake)), &reason).await?;
            Ok(Reply::Mistaken(Box::new(page)))
        }
        Err(error) => Err(error),
    }
}
