//! Remote Access > Access control > Access groups.

use vestibule_domain::access_group::{AccessGroup, AccessGroupSettings};
use vestibule_domain::{AccessGroupId, Hindrance, Mistake};
use vestibule_service::access_groups::AccessGroupQuery;
use vestibule_service::access_groups::{AccessGroupDetails, Tied};
use vestibule_service::pages::PageQuery;
use vestibule_service::{Error, Precondition, Role};

use super::MOUNT;
use super::fields::Fields;
use super::form::{Field, Form, Group, Pick, items, whole};
use super::page::{Anchor, Badge, Block, Cell, Fact, Notice, Page, Section, Tone};
use super::phrase::Phrase;
use super::query::Pairs;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;

/// Access groups that a form offers.
const OFFERED: u64 = 1_000;
const PAGE: u64 = 100;

pub(super) fn href(id: AccessGroupId) -> String {
    format!("{MOUNT}/access-groups/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.access_control")),
        Anchor::new(t.own("nav.access_groups"), format!("{MOUNT}/access-groups")),
    ]
}

/// What a form offers to choose from, none first.
pub(super) async fn picks(visit: &Visit) -> Result<Vec<Pick>, Error> {
    let found = visit
        .run(|service, call| {
            let query = AccessGroupQuery {
                page: PageQuery::first(OFFERED),
                ..AccessGroupQuery::default()
            };
            service.list_access_groups(call, &query)
        })
        .await?
        .items;
    let mut picks = vec![Pick::new("", visit.t.own("access_group.none_chosen"))];
    picks.extend(found.iter().map(|one| {
        let name = &one.settings.name;
        let text = if one.settings.enabled {
            name.clone()
        } else {
            format!("{name} ({})", visit.t.word("disabled"))
        };
        Pick::new(one.id.to_string(), text)
    }));
    Ok(picks)
}

/// The access group by which a list is filtered.
pub(super) fn chosen(visit: &Visit) -> Option<AccessGroupId> {
    visit.wanted_id("access_group")
}

/// A choice among access groups by which a list is filtered; one that is not offered is, once chosen.
pub(super) fn filter(visit: &Visit, groups: &[Pick]) -> Field {
    let offered = groups.iter().filter(|pick| !pick.value.is_empty());
    let mut picks: Vec<Pick> = offered.cloned().collect();
    let other = chosen(visit).map(|id| id.to_string());
    let other = other.filter(|id| picks.iter().all(|pick| pick.value != *id));
    picks.extend(other.map(|id| Pick::new(id.clone(), id)));
    visit.filter_among("access_group", visit.t.own("vendor.access_group"), picks)
}

/// An access group by its name, leading to its page.
pub(super) fn cell(groups: &[Pick], id: AccessGroupId) -> Cell {
    let text = id.to_string();
    let named = groups.iter().find(|pick| pick.value == text);
    let name = named.map_or(text, |pick| pick.text.clone());
    Cell::link(name, href(id))
}

pub(super) fn enabled_badge(t: Texts, enabled: bool) -> Badge {
    if enabled {
        Badge::new(Tone::Good, t.word("enabled"))
    } else {
        Badge::new(Tone::Bad, t.word("disabled"))
    }
}

/// The choice of what is enabled, or disabled, by which a list is filtered.
pub(super) fn state_filter(visit: &Visit) -> Field {
    let t = visit.t;
    let states = ["enabled", "disabled"].map(|one| Pick::new(one, t.word(one)));
    visit.filter_among("state", t.own("administrator.state"), states)
}

/// What was chosen of it.
pub(super) fn wanted_state(visit: &Visit) -> Option<bool> {
    match visit.query.get("state") {
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => None,
    }
}

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = AccessGroupQuery {
        enabled: wanted_state(visit),
        search: visit.query.given("q").map(str::to_owned),
        page: visit.part(PAGE, "created"),
    };
    let found = visit
        .run(move |service, call| service.list_access_groups(call, &query))
        .await?;
    let mut table = Table::new(
        t.own("nav.access_groups"),
        &[
            t.get("access_group.name"),
            t.get("access_group.description"),
            t.get("access_group.enabled"),
            t.get("access_group.may"),
            t.get("access_group.approvals"),
            t.get("access_group.linkable"),
        ],
    );
    table.rows = found.items.iter().map(|one| row(t, one)).collect();
    table.empty = t.own("access_group.none");
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "name"), (2, "enabled")], "created");
    table.filtered_by(
        visit,
        vec![
            visit.filter("q", t.own("access_group.name")),
            state_filter(visit),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "access-groups"));
    }
    let mut page = Page {
        title: t.own("nav.access_groups"),
        lead: Some(t.own("access_group.lead")),
        trail: trail(t),
        current: "nav.access_groups",
        ..Page::default()
    };
    if visit.may(Role::Operator) {
        let new = format!("{MOUNT}/access-groups/new");
        page.actions = vec![Anchor::primary(t.own("access_group.new"), new)];
        table.empty_action = page.actions.first().cloned();
    }
    page.sections = vec![Section::new(
        "list",
        t.own("nav.access_groups"),
        vec![Block::Table(table)],
    )];
    Ok(page.into())
}

fn row(t: Texts, one: &AccessGroup) -> Vec<Cell> {
    let settings = &one.settings;
    vec![
        Cell::link(&settings.name, href(one.id)),
        Cell::optional(settings.description.clone()),
        Cell::Badge(enabled_badge(t, settings.enabled)),
        Cell::text(may(t, settings)),
        Cell::text(if settings.approvals_required == 0 {
            t.own("access_group.no_approval")
        } else {
            settings.approvals_required.to_string()
        }),
        Cell::text(t.word(if settings.linkable_by_provisioning {
            "yes"
        } else {
            "no"
        })),
    ]
}

fn may(t: Texts, settings: &AccessGroupSettings) -> String {
    let mut may = Vec::new();
    if settings.may_start_sessions {
        may.push(t.get("access_group.sessions"));
    }
    if settings.may_view_passwords {
        may.push(t.get("access_group.passwords"));
    }
    may.join(", ")
}

fn form(visit: &Visit, typed: &Pairs, action: String, new: bool) -> Form {
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
fn typed(settings: &AccessGroupSettings, version: Option<i64>) -> Pairs {
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
async fn settings(
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

pub(super) async fn new(visit: &Visit) -> Answer {
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

pub(super) async fn create(visit: &Visit, fields: &Fields) -> Answer {
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

pub(super) async fn show(visit: &Visit) -> Answer {
    let details = find(visit).await?;
    let group = &details.access_group;
    let typed = typed(&group.settings, Some(group.version));
    let form = form(visit, &typed, visit.path.clone(), false);
    Ok(page(visit, &details, form, false).into())
}

async fn find(visit: &Visit) -> Result<AccessGroupDetails, Error> {
    let id: AccessGroupId = visit.id("access group")?;
    visit
        .run(move |service, call| service.find_access_group(call, id))
        .await
}

fn page(visit: &Visit, details: &AccessGroupDetails, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    let group = &details.access_group;
    let Tied {
        vendors,
        internal_groups,
        providers,
    } = details.tied;
    let mut page = Page {
        title: group.settings.name.clone(),
        badge: Some(enabled_badge(t, group.settings.enabled)),
        trail: trail(t),
        current: "nav.access_groups",
        notice: wrong.then(|| Notice::new(Tone::Bad, t.own("form.wrong"))),
        ..Page::default()
    };
    let tied_to = |list: &str, count: i64| match count {
        0 => Cell::Number(0),
        count => Cell::link(
            count.to_string(),
            format!("{MOUNT}/{list}?access_group={}", group.id),
        ),
    };
    let tied = vec![
        Fact::new(t.own("nav.vendors"), tied_to("vendors", vendors)),
        Fact::new(
            t.own("nav.internal_groups"),
            tied_to("internal-groups", internal_groups),
        ),
        Fact::new(t.own("access_group.default_of"), Cell::Number(providers)),
        Fact::new(t.own("provider.id"), Cell::Copy(group.id.to_string())),
    ];
    if visit.may(Role::Operator) {
        page.sections = vec![Section::new(
            "edit",
            t.own("access_group.policy"),
            vec![Block::Form(form)],
        )];
        if vendors + internal_groups + providers == 0 {
            let mut delete = Form::of(
                "delete",
                format!("{}/delete", href(group.id)),
                t.own("access_group.delete"),
                vec![Field::retype(t.own("form.retype"), &group.settings.name)],
            );
            delete.danger = true;
            page.aside.push(Section::new(
                "delete-part",
                t.own("access_group.delete"),
                vec![Block::Form(delete)],
            ));
        }
    } else {
        let facts = vec![
            Fact::new(
                t.own("access_group.description"),
                Cell::optional(group.settings.description.clone()),
            ),
            Fact::new(
                t.own("access_group.may"),
                Cell::text(may(t, &group.settings)),
            ),
            Fact::new(
                t.own("access_group.approvals"),
                Cell::Number(group.settings.approvals_required.into()),
            ),
            Fact::new(
                t.own("access_group.approvers"),
                Cell::text(group.settings.approvers.join(", ")),
            ),
        ];
        page.sections = vec![Section::new(
            "policy",
            t.own("access_group.policy"),
            vec![Block::Facts(facts)],
        )];
    }
    page.aside.insert(
        0,
        Section::new("tied", t.own("access_group.tied"), vec![Block::Facts(tied)]),
    );
    page
}

pub(super) async fn change(visit: &Visit, fields: &Fields) -> Answer {
    let id: AccessGroupId = visit.id("access group")?;
    let version = fields.get("version").parse().ok();
    let expected = version.map_or(Precondition::NONE, Precondition::version);
    let settings = match settings(visit, Some(id), fields).await? {
        Ok(settings) => settings,
        Err(wrong) => {
            let details = find(visit).await?;
            let mut form = form(visit, fields, visit.path.clone(), false);
            form.mark_all(wrong, "name");
            return Ok(Reply::Mistaken(Box::new(page(visit, &details, form, true))));
        }
    };
    let changed = visit
        .run(move |service, call| {
            service.change_access_group(call, id, expected, move |current| {
                *current = settings.clone();
                Ok(())
            })
        })
        .await;
    match changed {
        Ok(_) => Ok(Reply::See(format!("{}?done=saved", href(id)))),
        Err(Error::PreconditionFailed) => {
            let details = find(visit).await?;
            let mut form = form(visit, fields, visit.path.clone(), false);
            form.over(details.access_group.version);
            let page = page(visit, &details, form, false);
            Ok(Reply::stale(visit.t, page, href(id)))
        }
        Err(error) => {
            let details = find(visit).await?;
            let mut form = form(visit, fields, visit.path.clone(), false);
            visit.mark(&mut form, error, "name")?;
            Ok(Reply::Mistaken(Box::new(page(visit, &details, form, true))))
        }
    }
}

pub(super) async fn delete(visit: &Visit, fields: &Fields) -> Answer {
    let id: AccessGroupId = visit.id("access group")?;
    let visit = &Visit {
        path: href(id),
        ..visit.clone()
    };
    let details = find(visit).await?;
    if fields.get("confirm").trim() != details.access_group.settings.name {
        return Err(Error::Conflict(Hindrance::NotRetyped.said([])));
    }
    visit
        .run(move |service, call| service.delete_access_group(call, id, Precondition::NONE))
        .await?;
    Ok(Reply::See(format!("{MOUNT}/access-groups?done=deleted")))
}
