//! One event, told to somebody who wants to know what happened: in a sentence, by its fields, and as it
//! is recorded.

use vestibule_domain::said::Value;
use vestibule_domain::{ProviderId, hexadecimal};
use vestibule_service::events::{BesideEvent, EventRecord, Seal};

use super::super::page::{Block, Cell, Fact, Page, Section, Tone};
use super::super::phrase::{Part, Phrase};
use super::super::text::Texts;
use super::super::visit::Visit;
use super::super::{MOUNT, providers, warnings};
use super::{about, change, who};

pub(super) fn fill(page: &mut Page, visit: &Visit, event: &EventRecord, beside: &BesideEvent) {
    let t = visit.t;
    page.title = t.own_of("action", &event.action);
    let mut told = vec![Block::Phrase(sentence(t, event, beside))];
    if let Some(why) = why(t, event) {
        told.push(Block::Facts(vec![Fact::new(t.own("event.why"), why)]));
    }
    let changed = match (change::table(visit, event), &event.payload) {
        (Some(table), _) => Block::Table(table),
        (None, Some(_)) => Block::Text(t.own("event.nothing_changed")),
        (None, None) => Block::Text(t.own("event.erased_lead")),
    };
    page.sections = vec![
        Section::new("happened", t.own("event.happened"), told),
        Section::new("changed", t.own("event.changed"), vec![changed]),
    ];
    if let Some(payload) = &event.payload {
        let text = serde_json::to_string_pretty(payload).unwrap_or_default();
        page.sections.push(Section {
            folded: true,
            lead: Some(t.own("event.raw_lead")),
            ..Section::new("payload", t.own("event.raw"), vec![Block::Source(text)])
        });
    }
    page.aside = vec![
        Section::new(
            "facts",
            t.own("event.facts"),
            vec![Block::Facts(facts(visit, event, beside))],
        ),
        Section::new(
            "seal",
            t.own("event.seal"),
            vec![Block::Facts(seal(t, event, beside))],
        ),
    ];
}

/// What happened, and when.
fn sentence(t: Texts, event: &EventRecord, beside: &BesideEvent) -> Phrase {
    let about = event.subject_name.clone().unwrap_or_else(|| {
        let id = event.subject_id.get(..13).unwrap_or_default();
        id.to_owned()
    });
    let realm = beside.realm.clone().or_else(|| event.provider.clone());
    let values = [
        ("who", Value::from(doer(t, event))),
        ("about", about.into()),
        ("realm", realm.unwrap_or_default().into()),
    ];
    let mut phrase = match t.find(&format!("happened.{}", event.action)) {
        Some(_) => t.phrase(&format!("happened.{}", event.action), &values),
        // A word of a later version.
        None => t.own_of("action", &event.action).into(),
    };
    phrase.0.push(Part::Words(", ".to_owned()));
    phrase.0.push(Part::Time(event.at));
    phrase.0.push(Part::Words(".".to_owned()));
    phrase
}

/// Who did it, as a sentence begins with them.
fn doer(t: Texts, event: &EventRecord) -> String {
    let detail = event.actor_detail.as_deref();
    let name = event.actor_name.as_deref().or(event.actor_id.as_deref());
    match (event.actor_kind.as_str(), name, detail) {
        ("administrator", _, Some(name)) | ("person", Some(name), _) => name.to_owned(),
        ("provider", Some(name), Some(address)) => t.say(
            "event.by_provider_from",
            &[("name", &name), ("address", &address)],
        ),
        ("provider", Some(name), None) => t.say("event.by_provider", &[("name", &name)]),
        ("command_line", ..) => t.own("event.by_command_line"),
        ("system", ..) => t.own("event.by_system"),
        (_, _, Some(address)) => t.say("event.by_address", &[("address", &address)]),
        _ => t.own("event.by_somebody"),
    }
}

/// The reason that was given, or the rule that applied.
fn why(t: Texts, event: &EventRecord) -> Option<Cell> {
    let why = event.payload.as_ref()?.get("why")?.as_str()?;
    Some(warnings::sentence(t, why))
}

fn facts(visit: &Visit, event: &EventRecord, beside: &BesideEvent) -> Vec<Fact> {
    let t = visit.t;
    let mut facts = vec![
        Fact::new(t.own("event.when"), Cell::Time(event.at)),
        Fact::new(t.own("event.who"), who(visit, event)),
        Fact::new(t.own("event.about"), about(visit, event)),
    ];
    if let Some(address) = &event.actor_address {
        let address = Cell::Code(address.clone());
        facts.push(Fact::new(t.own("event.from"), address));
    }
    let realm = event.provider.as_deref();
    if let Some(id) = realm.and_then(|id| id.parse::<ProviderId>().ok()) {
        let cell = match &beside.realm {
            Some(name) => Cell::link(name, providers::href(id)),
            None => Cell::Code(id.to_string()),
        };
        facts.push(Fact::new(t.own("event.realm"), cell));
    }
    let cause = event.cause.as_ref().map_or(Cell::Nothing, |id| {
        let href = format!("{MOUNT}/events?id={id}");
        let cause = beside.cause.as_ref();
        let action = cause.map(|cause| t.own_of("action", &cause.action));
        let name = cause.and_then(|cause| cause.subject_name.as_deref());
        let text = match (action, name) {
            (Some(action), Some(name)) => format!("{action}: {name}"),
            (Some(action), None) => action,
            (None, _) => id.clone(),
        };
        Cell::link(text, href)
    });
    let request = event.request_id.as_ref().map_or(Cell::Nothing, |id| {
        Cell::link(id, format!("{MOUNT}/search?q={id}"))
    });
    facts.extend([
        Fact::new(t.own("event.cause"), cause),
        Fact::new(t.own("event.request"), request),
        Fact::new(
            t.own("event.about_id"),
            Cell::Copy(event.subject_id.clone()),
        ),
        Fact::new(t.own("event.id"), Cell::Copy(event.id.to_string())),
    ]);
    facts
}

/// How it stands in the chain, looked at now.
fn seal(t: Texts, event: &EventRecord, beside: &BesideEvent) -> Vec<Fact> {
    let (tone, key) = match &beside.seal {
        Seal::Waiting => (Tone::Waiting, "waiting"),
        Seal::Holds(_) => (Tone::Good, "holds"),
        Seal::Broken(_) => (Tone::Bad, "broken"),
    };
    let state = Cell::badge(tone, t.own(&format!("seal.{key}")));
    let said = t.own(&format!("seal.{key}_lead"));
    let place = event.seq.map_or(Cell::Nothing, Cell::Number);
    let mut facts = vec![
        Fact::new(t.own("seal.state"), state),
        Fact::new(t.own("seal.means"), Cell::Text(said)),
        Fact::new(t.own("event.sealed"), place),
    ];
    if let Seal::Holds(hash) = &beside.seal {
        facts.push(Fact::new(t.own("seal.hash"), Cell::Copy(hexadecimal(hash))));
    }
    facts
}
