//! Before what ends something at one press: a page that says what it ends, and asks once more.

use vestibule_domain::provider::ProviderState;

use super::fields::Fields;
use super::form::Form;
use super::page::{Block, Cell, Fact, Notice, Page, Section, Tone};
use super::visit::Visit;

/// The field of who was asked.
const SURE: &str = "sure";
/// The field in which a button says what it is about.
pub(super) const ABOUT: &str = "about";

/// The page that asks, before a change that ends something and was not asked about yet.
pub(super) fn asked(visit: &Visit, fields: &Fields) -> Option<Page> {
    let ends = ends(visit, fields).filter(|_| !fields.has(SURE))?;
    Some(page(visit, fields, ends))
}

/// The section of texts that says what a change ends, and of which text of the button.
fn ends(visit: &Visit, fields: &Fields) -> Option<(&'static str, &'static str)> {
    match visit.route?.path {
        "/providers/{id}/state" => match fields.get("state").parse() {
            Ok(ProviderState::Paused) => Some(("sure.pause", "provider.pause")),
            Ok(ProviderState::Disabled) => Some(("sure.disable", "provider.disable")),
            Ok(ProviderState::Active) | Err(_) => None,
        },
        "/providers/{id}/revoke-tokens" => Some(("sure.revoke_all", "provider.revoke_all")),
        "/providers/{id}/secrets/{secret}/revoke" => Some(("sure.secret", "provider.revoke")),
        "/providers/{id}/tokens/{token}/revoke" => Some(("sure.token", "provider.revoke")),
        "/administrators/{name}/tokens/{token}/revoke" => {
            Some(("sure.admin_token", "provider.revoke"))
        }
        "/schemas/remove" => Some(("sure.schema", "schema.remove")),
        "/schemas/remove-attribute" => Some(("sure.attribute", "schema.remove")),
        "/schemas/remove-type" => Some(("sure.type", "schema.remove")),
        "/schemas/remove-extension" => Some(("sure.extension", "schema.remove")),
        _ => None,
    }
}

/// The page whose button was pressed.
fn origin(visit: &Visit) -> String {
    let mut parts: Vec<&str> = visit.path.split('/').collect();
    // `/console/providers/{id}/...`, `/console/administrators/{name}/...`, `/console/schemas/...`
    let page = if visit.path.contains("/schemas/") {
        3
    } else {
        4
    };
    parts.truncate(page);
    parts.join("/")
}

fn page(visit: &Visit, fields: &Fields, (ends, does): (&'static str, &'static str)) -> Page {
    let t = visit.t;
    let mut form = Form::of("sure", visit.path.clone(), t.own(does), Vec::new());
    form.danger = true;
    form.cancel = Some(origin(visit));
    let kept = fields.iter().filter(|(name, _)| *name != "csrf");
    form.kept = kept
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    form.hidden = vec![(SURE, "yes".to_owned())];
    let told = ["about", "urn", "type", "name"].into_iter();
    let about = told
        .filter_map(|name| fields.given(name))
        .map(|value| Fact::new(t.own("sure.about"), Cell::text(value)))
        .collect::<Vec<_>>();
    let mut blocks = vec![Block::Notice(Notice::new(Tone::Bad, t.own(ends)))];
    if !about.is_empty() {
        blocks.push(Block::Facts(about));
    }
    blocks.push(Block::Form(form));
    Page {
        title: t.own("sure.title"),
        sections: vec![Section::new("ends", t.own("sure.what"), blocks)],
        ..Page::default()
    }
}
