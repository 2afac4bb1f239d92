//! The verdict on a person: now with what it takes besides, and at a coming date.

use vestibule_domain::access::{ChangeKind, Decision};

use super::Shown;
use crate::console::form::{Field, Form};
use crate::console::page::{Anchor, Badge, Block, Cell, Fact, Notice, Remark, Section, Step, Tone};
use crate::console::visit::Visit;
use crate::console::when::When;
use crate::console::{MOUNT, access_groups, internal_groups, vendors};

pub(super) fn badge(visit: &Visit, decision: &Decision) -> Badge {
    if decision.allowed() {
        Badge::new(Tone::Good, visit.t.own("verdict.allowed"))
    } else {
        Badge::new(Tone::Bad, visit.t.own("verdict.refused"))
    }
}

/// The chain of one decision, each step with the event that made it so.
fn steps(visit: &Visit, decision: &Decision) -> Block {
    let t = visit.t;
    let steps = decision
        .chain
        .iter()
        .map(|step| Step {
            holds: step.holds,
            open: false,
            label: t.own_of("check", step.check.name()),
            detail: t.said("reason", &step.detail),
            link: step.event.map(|event| {
                Anchor::new(t.own("verdict.event"), format!("{MOUNT}/events?id={event}"))
            }),
        })
        .collect();
    Block::Steps(steps)
}

pub(super) fn section(visit: &Visit, shown: &Shown) -> Section {
    let t = visit.t;
    let decision = &shown.decision;
    let mut blocks = Vec::new();
    if decision.allowed() {
        let text = match decision.until {
            Some(until) => t.phrase("verdict.until", &[("until", until.into())]),
            None => t.get("verdict.in").into(),
        };
        blocks.push(Block::Notice(Notice::new(Tone::Good, text)));
        blocks.extend(still_missing(visit, shown).map(Block::Notice));
    } else {
        let key = if decision.flip.len() == 1 {
            "verdict.one_change"
        } else {
            "verdict.changes"
        };
        let mut notice = Notice::new(Tone::Bad, t.own(key));
        notice.more = decision
            .flip
            .iter()
            .map(|change| Remark {
                text: t.said("change", &change.explanation),
                link: way(&change.kind).map(|href| Anchor::new(t.own("verdict.go"), href)),
            })
            .collect();
        blocks.push(Block::Notice(notice));
    }
    blocks.push(steps(visit, decision));
    Section::new("verdict", t.own("verdict.title"), blocks)
}

/// What somebody who may get in needs besides to do so: it is no part of the decision.
fn still_missing(visit: &Visit, shown: &Shown) -> Option<Notice> {
    let t = visit.t;
    let missing = |text: &'static str, link: &'static str, href: String| Remark {
        text: t.get(text).into(),
        link: Some(Anchor::new(t.own(link), href)),
    };
    let mut notice = Notice::new(Tone::Waiting, t.own("verdict.still_missing"));
    if !shown.linked {
        let links = "#links".to_owned();
        let remark = missing("verdict.no_link", "verdict.make_link", links);
        notice.more.push(remark);
    }
    if visit.web.settings.gateway_url.is_none() {
        let settings = format!("{MOUNT}/settings");
        let remark = missing("verdict.no_gateway", "verdict.set_gateway", settings);
        notice.more.push(remark);
    } else if !visit.web.service.can_sign() {
        let health = format!("{MOUNT}/health");
        notice
            .more
            .push(missing("health.no_hand_over", "nav.health", health));
    }
    (!notice.more.is_empty()).then_some(notice)
}

/// The page on which a change that would let the person in is made.
fn way(kind: &ChangeKind) -> Option<String> {
    match kind {
        ChangeKind::LiftBlock { .. } => Some("#blocks".to_owned()),
        ChangeKind::EnableVendor { vendor }
        | ChangeKind::ReattachVendor { vendor }
        | ChangeKind::SetStart { vendor, .. }
        | ChangeKind::ExtendEnd { vendor, .. }
        | ChangeKind::SetAccessGroup { vendor } => Some(vendors::href(*vendor)),
        ChangeKind::EnableAccessGroup { access_group } => Some(access_groups::href(*access_group)),
        ChangeKind::EnableInternalGroup { group } | ChangeKind::TieGroupToAccessGroup { group } => {
            Some(internal_groups::href(*group))
        }
        ChangeKind::ActivatePerson { .. } | ChangeKind::AddToGroup { .. } => None,
    }
}

/// The verdict at a coming date.
pub(super) fn then(visit: &Visit, shown: &Shown, mistake: Option<&'static str>) -> Section {
    let t = visit.t;
    let at = shown.then.as_ref().map(|decision| decision.at);
    let typed = if mistake.is_some() {
        When::sent(&visit.query, "at")
    } else {
        When::at(at)
    };
    let mut form = Form::of(
        "then-form",
        format!("{}#then", visit.place()),
        t.own("verdict.ask"),
        vec![Field::when("at", t.own("verdict.at"), typed)],
    );
    form.asks = true;
    form.inline = true;
    if let Some(key) = mistake {
        form.mark("at", t.get(key));
    }
    let mut blocks = vec![Block::Form(form)];
    if let Some(decision) = &shown.then {
        blocks.push(Block::Facts(vec![
            Fact::new(t.own("verdict.at"), Cell::Time(decision.at)),
            Fact::new(t.own("verdict.then"), Cell::Badge(badge(visit, decision))),
        ]));
        blocks.push(steps(visit, decision));
    }
    Section::new("then", t.own("verdict.then_title"), blocks)
}
