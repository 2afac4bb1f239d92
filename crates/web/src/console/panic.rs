//! The panic button of a vendor or an internal group: what it ends, and the press.

use vestibule_domain::settings::{self, MAX_TEXT};
use vestibule_service::links::panic::{PREVIEWED, Target, Toll};
use vestibule_service::{AdminCall, Error, Service};

use super::fields::Fields;
use super::form::{Field, Form};
use super::page::{Anchor, Block, Cell, Fact, Notice, Page, Section, Tone};
use super::phrase::Phrase;
use super::reply::{Answer, Reply};
use super::text::Texts;
use super::visit::Visit;
use super::{internal_groups, vendors};

/// What leads from the page of a vendor or an internal group to its panic button.
pub(super) fn button(t: Texts, owner: &str) -> Anchor {
    Anchor::new(t.own("panic.button"), format!("{owner}/panic"))
}

pub(super) async fn show_vendor(visit: &Visit) -> Answer {
    show(visit, vendor(visit)?).await
}

pub(super) async fn press_vendor(visit: &Visit, fields: &Fields) -> Answer {
    press(visit, vendor(visit)?, fields).await
}

pub(super) async fn show_group(visit: &Visit) -> Answer {
    show(visit, group(visit)?).await
}

pub(super) async fn press_group(visit: &Visit, fields: &Fields) -> Answer {
    press(visit, group(visit)?, fields).await
}

fn vendor(visit: &Visit) -> Result<Target, Error> {
    visit.id("vendor").map(Target::Vendor)
}

fn group(visit: &Visit) -> Result<Target, Error> {
    visit.id("group").map(Target::InternalGroup)
}

fn href(target: Target) -> String {
    match target {
        Target::Vendor(id) => vendors::href(id),
        Target::InternalGroup(id) => internal_groups::href(id),
    }
}

fn name(service: &Service, call: &AdminCall, target: Target) -> Result<String, Error> {
    Ok(match target {
        Target::Vendor(id) => service.find_vendor(call, id)?.vendor.name,
        Target::InternalGroup(id) => service.find_internal_group(call, id)?.name,
    })
}

async fn show(visit: &Visit, target: Target) -> Answer {
    page(visit, target, Vec::new(), "").await.map(Reply::from)
}

async fn page(
    visit: &Visit,
    target: Target,
    wrong: Vec<(String, Phrase)>,
    reason: &str,
) -> Result<Page, Error> {
    let t = visit.t;
    let (name, toll) = visit
        .run(move |service, call| {
            Ok((
                name(service, call, target)?,
                service.preview_panic(call, target)?,
            ))
        })
        .await?;
    let mut form = Form::of(
        "panic",
        format!("{}/panic", href(target)),
        t.own("panic.press"),
        vec![
            Field::line("reason", t.own("block.reason"), reason).required(),
            Field::retype(t.own("form.retype"), &name),
        ],
    );
    form.danger = true;
    form.cancel = Some(href(target));
    form.mark_all(wrong, "reason");
    let (current, warning) = match target {
        Target::Vendor(_) => ("nav.vendors", t.own("panic.vendor_warning")),
        Target::InternalGroup(_) => ("nav.internal_groups", t.own("panic.group_warning")),
    };
    let mut blocks = ends(t, target, toll);
    blocks.push(Block::Form(form));
    Ok(Page {
        title: t.say("panic.title", &[("name", &name)]),
        notice: Some(Notice::new(Tone::Bad, warning)),
        sections: vec![Section::new("ends", t.own("panic.ends"), blocks)],
        current,
        ..Page::default()
    })
}

/// What would end, as far as it was counted.
fn ends(t: Texts, target: Target, toll: Toll) -> Vec<Block> {
    let figure = |count: usize, more: bool, unknown: &'static str| {
        let shown = t.count(count);
        Cell::text(if more {
            t.say(unknown, &[("count", &shown)])
        } else {
            shown
        })
    };
    // Of a vendor, counting stops at a link beyond those told. Whose it is was not asked.
    let (links, stopped) = match target {
        Target::Vendor(_) => ("panic.more_than", "panic.vendor_stopped"),
        Target::InternalGroup(_) => ("panic.at_least", "panic.group_stopped"),
    };
    let mut blocks = vec![Block::Facts(vec![
        Fact::new(t.own("panic.links"), figure(toll.links, toll.more, links)),
        Fact::new(
            t.own("panic.people"),
            figure(toll.people, toll.more, "panic.at_least"),
        ),
        Fact::new(
            t.own("panic.requests"),
            figure(toll.requests, toll.more_requests, links),
        ),
    ])];
    if toll.more {
        let first = t.count(PREVIEWED);
        blocks.push(Block::Text(t.say(stopped, &[("count", &first)])));
    }
    blocks
}

async fn press(visit: &Visit, target: Target, fields: &Fields) -> Answer {
    let name = visit
        .run(move |service, call| name(service, call, target))
        .await?;
    let reason = fields.get("reason").trim().to_owned();
    let mut wrong = Vec::new();
    let mistake = settings::line("reason", &reason, MAX_TEXT).err();
    visit.add_mistakes(&mut wrong, mistake.map(Error::from))?;
    if fields.get("confirm").trim() != name.trim() {
        let mistake = visit.t.get("form.retype_wrong").into();
        wrong.push(("confirm".to_owned(), mistake));
    }
    if wrong.is_empty() {
        let why = reason.clone();
        let pressed = visit
            .run(move |service, call| service.press_panic(call, target, &why))
            .await;
        match pressed {
            Ok(_) => return Ok(Reply::See(format!("{}?done=panic", href(target)))),
            Err(error) => wrong.push(visit.mistake(error)?),
        }
    }
    let page = page(visit, target, wrong, &reason).await?;
    Ok(Reply::Mistaken(Box::new(page)))
}
