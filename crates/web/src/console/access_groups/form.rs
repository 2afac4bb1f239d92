//! The form of an access group, and what was typed into it.

use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_domain::{AccessGroupId, Mistake};
use vestibule_service::Error;

use super::{href, trail};
use crate::console::MOUNT;
use crate::console::fields::Fields;
use crate::console::form::{Field, Form, Group, items, whole};
use crate::console::page::{Block, Notice, Page, Section, Tone};
use crate::console::phrase::Phrase;
use crate::console::query::Pairs;
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;

pub(super) fn form(visit: &Visit, typed: &Pairs, action: String, new: bool) -> Form {
    let t = visit.t;
    let on = |name: &str| typed.has(name);
    let number = |name: &'static str, key: &'static str| {
        Field::typed(name, t.own(key), typed.get(name), "number", "off").required()
    };
    Form {
        id: "access-group",
        action,
        submit: t.own(if new {
            "access_group.create"
        } else {
            "form.save"
        }),
        hidden: vec![("version", typed.get("version").to_owned())],
        cancel: Some(format!("{MOUNT}/access-groups")),
        groups: vec![
            Group {
                title: t.own("access_group.policy"),
                fields: vec![
                    Field::line("name", t.own("access_group.name"), typed.get("name")).required(),
                    Field::area(
                        "description",
                        t.own("access_group.description"),
                        typed.get("description"),
                        2,
                    ),
                    Field::switch("enabled", t.own("access_group.enabled"), on("enabled")),
                    Field::switch(
                        "may_start_sessions",
                        t.own("access_group.may_start_sessions"),
                        on("may_start_sessions"),
                    ),
                    Field::switch(
                        "may_view_passwords",
                        t.own("access_group.may_view_passwords"),
                        on("may_view_passwords"),
                    ),
                    Field::switch(
                        "linkable_by_provisioning",
                        t.own("access_group.linkable"),
                        on("linkable_by_provisioning"),
                    )
                    .hint(t.own("access_group.linkable_hint")),
                ],
                ..Group::default()
            },
            Group {
                title: t.own("access_group.approval"),
                fields: vec![
                    number("approvals_required", "access_group.approvals")
                        .hint(t.own("access_group.approvals_hint")),
                    number("disapprovals_to_cancel", "access_group.disapprovals"),
                    number("approval_levels", "access_group.levels"),
                    Field::switch(
                        "governance_id_required",
                        t.own("access_group.governance_id"),
                        on("governance_id_required"),
                    ),
                    Field::switch(
                        "self_request",
                        t.own("access_group.self_request"),
                        on("self_request"),
                    )
                    .hint(t.own("access_group.self_request_hint")),
                    Field::area(
                        "approvers",
                        t.own("access_group.approvers"),
                        typed.get("approvers"),
                        3,
                    )
                    .hint(t.own("access_group.approvers_hint")),
                ],
                ..Group::default()
            },
        ],
        ..Form::default()
    }
}

/// The settings as the form would send them.
pub(super) fn typed(settings: &AccessGroupSettings, version: Option<i64>) -> Pairs {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    let switches = [
        ("enabled", settings.enabled),
        ("may_start_sessions", settings.may_start_sessions),
        ("may_view_passwords", settings.may_view_passwords),
        (
            "linkable_by_provisioning",
            settings.linkable_by_provisioning,
        ),
        ("governance_id_required", settings.governance_id_required),
        ("self_request", settings.self_request),
    ];
    for (name, _) in switches.iter().filter(|(_, on)| *on) {
        pairs.append_pair(name, "yes");
    }
    pairs
        .append_pair("name", &settings.name)
        .append_pair(
            "description",
            settings.description.as_deref().unwrap_or_default(),
        )
        .append_pair(
            "approvals_required",
            &settings.approvals_required.to_string(),
        )
        .append_pair(
            "disapprovals_to_cancel",
            &settings.disapprovals_to_cancel.to_string(),
        )
        .append_pair("approval_levels", &settings.approval_levels.to_string())
        .append_pair("approvers", &settings.approvers.join("\n"));
    if let Some(version) = version {
        pairs.append_pair("version", &version.to_string());
    }
    Pairs::parse(pairs.finish().as_bytes())
}

/// What was typed as settings, of a new access group or of the one with that id, or every mistake.
pub(super) async fn settings(
    visit: &Visit,
    id: Option<AccessGroupId>,
    fields: &Pairs,
) -> Result<Result<AccessGroupSettings, Vec<(String, Phrase)>>, Error> {
    let t = visit.t;
    let mut wrong: Vec<(String, Phrase)> = Vec::new();
    let mut number = |name: &'static str| {
        whole(fields.get(name)).unwrap_or_else(|| {
            let mistake = t.mistake(name, Mistake::NotWhole.english());
            wrong.push((name.to_owned(), mistake));
            1
        })
    };
    let settings = AccessGroupSettings {
        approvals_required: number("approvals_required"),
        disapprovals_to_cancel: number("disapprovals_to_cancel"),
        approval_levels: number("approval_levels"),
        name: fields.get("name").trim().to_owned(),
        description: fields
            .given("description")
            .map(|text| text.replace("\r\n", "\n")),
        enabled: fields.has("enabled"),
        may_view_passwords: fields.has("may_view_passwords"),
        may_start_sessions: fields.has("may_start_sessions"),
        governance_id_required: fields.has("governance_id_required"),
        self_request: fields.has("self_request"),
        approvers: items(fields.get("approvers")),
        linkable_by_provisioning: fields.has("linkable_by_provisioning"),
    };
    let asked = settings.clone();
    let found = visit
        .run(move |service, call| service.access_group_mistakes(call, id, &asked))
        .await?;
    visit.add_mistakes(&mut wrong, found)?;
    Ok(if wrong.is_empty() {
        Ok(settings)
    } else {
        Err(wrong)
    })
}

pub(in crate::console) async fn new(visit: &Visit) -> Answer {
    let typed = typed(&AccessGroupSettings::default(), None);
    Ok(new_page(visit, form(visit, &typed, visit.path.clone(), true), false).into())
}

fn new_page(visit: &Visit, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    Page {
        title: t.own("access_group.new"),
        trail: trail(t),
        current: "nav.access_groups",
        notice: wrong.then(|| Notice::new(Tone::Bad, t.own("form.wrong"))),
        sections: vec![Section::new(
            "form",
            t.own("access_group.new"),
            vec![Block::Form(form)],
        )],
        ..Page::default()
    }
}

pub(in crate::console) async fn create(visit: &Visit, fields: &Fields) -> Answer {
    let settings = match settings(visit, None, fields).await? {
        Ok(settings) => settings,
        Err(wrong) => {
            let mut form = form(visit, fields, visit.path.clone(), true);
            form.mark_all(wrong, "name");
            return Ok(Reply::Mistaken(Box::new(new_page(visit, form, true))));
        }
    };
    let made = visit
        .run(move |service, call| service.create_access_group(call, settings))
        .await;
    match made {
        Ok(made) => Ok(Reply::See(format!("{}?done=created", href(made.id)))),
        Err(error) => {
            let mut form = form(visit, fields, visit.path.clone(), true);
            visit.mark(&mut form, error, "name")?;
            Ok(Reply::Mistaken(Box::new(new_page(visit, form, true))))
        }
    }
}
