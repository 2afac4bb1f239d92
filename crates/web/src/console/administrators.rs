//! Who runs Vestibule, and their API tokens.

use chrono::Duration;
use vestibule_domain::{CredentialId, Hindrance};
use vestibule_service::administrators::{AdminToken, Administrator, AdministratorQuery};
use vestibule_service::pages::Page as Tokens;
use vestibule_service::{Error, Role, Service};

use super::MOUNT;
use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Block, Button, Cell, Fact, Notice, Page, Section, Tone};
use super::query::Pairs;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;

const DAY: u64 = 24 * 60;
const PAGE: u64 = 50;
/// API tokens on a page of their owner.
const TOKENS: u64 = 20;
const ROLES: [Role; 3] = [Role::Auditor, Role::Operator, Role::Administrator];

pub(super) fn href(name: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("{MOUNT}/administrators/{}", encoded.replace('+', "%20"))
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.settings")),
        Anchor::words(t.own("nav.system")),
        Anchor::new(
            t.own("nav.administrators"),
            format!("{MOUNT}/administrators"),
        ),
    ]
}

fn roles(t: Texts) -> Vec<Pick> {
    ROLES
        .iter()
        .map(|role| Pick::new(role.name(), t.own_of("role", role.name())))
        .collect()
}

/// The roles by one word each.
fn role_words(t: Texts) -> impl Iterator<Item = Pick> {
    ROLES
        .into_iter()
        .map(move |role| Pick::new(role.name(), t.word(role.name())))
}

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = AdministratorQuery {
        role: visit.query.get("role").parse().ok(),
        enabled: super::access_groups::wanted_state(visit),
        search: visit.query.given("q").map(str::to_owned),
        page: visit.part(PAGE, "name"),
    };
    let found = visit
        .run(move |service: &Service, call| service.list_administrators(call, &query))
        .await?;
    let mut table = Table::new(
        t.own("nav.administrators"),
        &[
            t.get("administrator.name"),
            t.get("administrator.role"),
            t.get("administrator.state"),
            t.get("administrator.second_factor"),
            t.get("administrator.created"),
        ],
    );
    table.rows = found
        .items
        .iter()
        .map(|one| {
            let factor = if one.second_factor {
                Cell::badge(Tone::Good, t.word("yes"))
            } else {
                Cell::badge(Tone::Waiting, t.word("no"))
            };
            vec![
                Cell::link(&one.name, href(&one.name)),
                Cell::text(t.word(one.role.name())),
                Cell::Badge(super::access_groups::enabled_badge(t, one.enabled)),
                factor,
                Cell::Time(one.created),
            ]
        })
        .collect();
    table.empty = t.own("administrator.none");
    table.paged(visit, &found);
    table.sorted(
        visit,
        &[(0, "name"), (1, "role"), (2, "enabled"), (4, "created")],
        "name",
    );
    table.filtered_by(
        visit,
        vec![
            visit.filter("q", t.own("administrator.name")),
            visit.filter_among("role", t.own("administrator.role"), role_words(t)),
            super::access_groups::state_filter(visit),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "administrators"));
    }
    let mut page = Page::of_list(
        t,
        "nav.administrators",
        "administrator.lead",
        trail(t),
        table,
    );
    if visit.may(Role::Administrator) {
        page.actions = vec![Anchor::primary(
            t.own("administrator.new"),
            format!("{MOUNT}/administrators/new"),
        )];
    }
    Ok(page.into())
}

fn new_page(visit: &Visit, typed: &Pairs) -> (Page, Form) {
    let t = visit.t;
    let role = typed.given("role").unwrap_or(Role::Auditor.name());
    let form = Form {
        cancel: Some(format!("{MOUNT}/administrators")),
        ..Form::of(
            "administrator",
            format!("{MOUNT}/administrators/new"),
            t.own("administrator.create"),
            vec![
                Field::line("name", t.own("administrator.name"), typed.get("name")).required(),
                Field::radios("role", t.own("administrator.role"), roles(t), role).required(),
                Field::typed(
                    "password",
                    t.own("administrator.first_password"),
                    "",
                    "password",
                    "new-password",
                )
                .required()
                .hint(t.own("account.password_hint")),
            ],
        )
    };
    let page = Page {
        title: t.own("administrator.new"),
        trail: trail(t),
        current: "nav.administrators",
        ..Page::default()
    };
    (page, form)
}

pub(super) async fn new(visit: &Visit) -> Answer {
    let (mut page, form) = new_page(visit, &Pairs::default());
    page.sections = vec![Section::new(
        "form",
        page.title.clone(),
        vec![Block::Form(form)],
    )];
    Ok(page.into())
}

pub(super) async fn create(visit: &Visit, fields: &Fields) -> Answer {
    let name = fields.get("name").trim().to_owned();
    let password = fields.get("password").to_owned();
    let role: Role = fields.get("role").parse().unwrap_or(Role::Auditor);
    let (asked, chosen) = (name.clone(), password.clone());
    let found = visit
        .run(move |service, call| service.administrator_mistakes(call, &asked, &chosen))
        .await?;
    let mut wrong = Vec::new();
    visit.add_mistakes(&mut wrong, found)?;
    if wrong.is_empty() {
        let asked = name.clone();
        let made = visit
            .run(move |service, call| service.create_administrator(call, &asked, role, &password))
            .await;
        match made {
            Ok(_) => return Ok(Reply::See(format!("{}?done=created", href(&name)))),
            Err(error) => wrong.push(visit.mistake(error)?),
        }
    }
    let (mut page, mut form) = new_page(visit, fields);
    form.mark_all(wrong, "name");
    page.notice = Some(Notice::new(Tone::Bad, visit.t.own("form.wrong")));
    page.sections = vec![Section::new(
        "form",
        page.title.clone(),
        vec![Block::Form(form)],
    )];
    Ok(Reply::Mistaken(Box::new(page)))
}

/// The name in the address.
fn name(visit: &Visit) -> Result<String, Error> {
    let part = visit
        .path
        .strip_prefix(MOUNT)
        .and_then(|path| path.strip_prefix("/administrators/"))
        .and_then(|path| path.split('/').next())
        .ok_or(Error::NotFound("administrator"))?;
    // A percent-encoded path segment is a form value without `+` for a blank.
    let part = part.replace('+', "%2B");
    Ok(Pairs::parse(format!("name={part}").as_bytes())
        .get("name")
        .to_owned())
}

async fn find(visit: &Visit) -> Result<(Administrator, Tokens<AdminToken>), Error> {
    let name = name(visit)?;
    let page = visit.part(TOKENS, "-created");
    visit
        .run(move |service, call| {
            let one = service.find_administrator(call, &name)?;
            Ok((one, service.admin_tokens(call, &name, &page)?))
        })
        .await
}

pub(super) async fn show(visit: &Visit) -> Answer {
    let (one, tokens) = find(visit).await?;
    let mut table = tokens_table(visit, &href(&one.name), &tokens.items);
    table.paged(visit, &tokens);
    table.sorted(visit, &[(1, "created")], "-created");
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "api-tokens"));
    }
    Ok(page(visit, &one, table, None).into())
}

fn tokens_table(visit: &Visit, here: &str, tokens: &[AdminToken]) -> Table {
    let t = visit.t;
    let may = visit.may(Role::Administrator);
    let mut table = Table::new(
        t.own("administrator.tokens"),
        &[
            t.get("provider.name"),
            t.get("provider.made"),
            t.get("provider.ends"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.empty = t.own("administrator.no_token");
    table.rows = tokens
        .iter()
        .map(|token| {
            let revoke = if may {
                Cell::Button(Button {
                    text: t.own("provider.revoke"),
                    about: token.name.clone(),
                    action: format!("{here}/tokens/{}/revoke", token.id),
                    fields: Vec::new(),
                    tone: Tone::Bad,
                })
            } else {
                Cell::Nothing
            };
            vec![
                Cell::Name(token.name.clone()),
                Cell::Time(token.created),
                token
                    .expires
                    .map_or_else(|| Cell::text(t.own("provider.no_end")), Cell::Time),
                revoke,
            ]
        })
        .collect();
    table
}

/// What takes something away from an administrator.
fn endings(visit: &Visit, one: &Administrator, here: &str) -> Vec<Section> {
    let t = visit.t;
    let mut reset = Form::of(
        "reset",
        format!("{here}/reset"),
        t.own("administrator.reset"),
        vec![
            Field::typed(
                "password",
                t.own("account.new_password"),
                "",
                "password",
                "new-password",
            )
            .required()
            .hint(t.own("account.password_hint")),
        ],
    );
    reset.danger = true;
    let mut delete = Form::of(
        "delete",
        format!("{here}/delete"),
        t.own("administrator.delete"),
        vec![Field::retype(t.own("form.retype"), &one.name)],
    );
    delete.danger = true;
    vec![
        Section {
            lead: Some(t.own("administrator.reset_lead")),
            ..Section::new(
                "reset-part",
                t.own("administrator.reset"),
                vec![Block::Form(reset)],
            )
        },
        Section::new(
            "delete-part",
            t.own("administrator.delete"),
            vec![Block::Form(delete)],
        ),
    ]
}

fn page(visit: &Visit, one: &Administrator, tokens: Table, secret: Option<String>) -> Page {
    let t = visit.t;
    let here = href(&one.name);
    let mut page = Page {
        title: one.name.clone(),
        badge: Some(super::access_groups::enabled_badge(t, one.enabled)),
        trail: trail(t),
        current: "nav.administrators",
        ..Page::default()
    };
    let may = visit.may(Role::Administrator);
    if may {
        let form = Form::of(
            "change",
            here.clone(),
            t.own("form.save"),
            vec![
                Field::radios(
                    "role",
                    t.own("administrator.role"),
                    roles(t),
                    one.role.name(),
                )
                .required(),
                Field::switch("enabled", t.own("administrator.enabled"), one.enabled),
            ],
        );
        page.sections.push(Section {
            lead: Some(t.own("administrator.change_lead")),
            ..Section::new(
                "change-part",
                t.own("administrator.change"),
                vec![Block::Form(form)],
            )
        });
    }
    let mut blocks = Vec::new();
    if let Some(secret) = secret {
        blocks.push(Block::Notice(Notice::new(
            Tone::Waiting,
            t.own("provider.once"),
        )));
        blocks.push(Block::Facts(vec![Fact::new(
            t.own("administrator.token"),
            Cell::Copy(secret),
        )]));
    }
    blocks.push(Block::Table(tokens));
    if may {
        let days = |days: u16| Pick::new(days.to_string(), t.span(Duration::days(days.into())));
        let mut issue = Form::of(
            "token",
            format!("{here}/tokens"),
            t.own("provider.issue"),
            vec![
                Field::line("name", t.own("provider.token_name"), "").required(),
                Field::choice(
                    "days",
                    t.own("provider.life"),
                    vec![days(30), days(90), days(365)],
                    "90",
                ),
            ],
        );
        issue.inline = true;
        blocks.push(Block::Form(issue));
        page.aside = endings(visit, one, &here);
    }
    page.sections.push(Section {
        lead: Some(t.own("administrator.tokens_lead")),
        ..Section::new("tokens", t.own("administrator.tokens"), blocks)
    });
    page
}

pub(super) async fn change(visit: &Visit, fields: &Fields) -> Answer {
    let name = name(visit)?;
    let role: Role = fields
        .get("role")
        .parse()
        .map_err(|_| Error::NotFound("role"))?;
    let enabled = fields.has("enabled");
    let asked = name.clone();
    visit
        .run(move |service, call| service.change_administrator(call, &asked, role, enabled))
        .await?;
    Ok(Reply::See(format!("{}?done=saved", href(&name))))
}

pub(super) async fn reset(visit: &Visit, fields: &Fields) -> Answer {
    let name = name(visit)?;
    let password = fields.get("password").to_owned();
    let asked = name.clone();
    visit
        .run(move |service, call| service.reset_administrator(call, &asked, &password))
        .await?;
    Ok(Reply::See(format!("{}?done=saved", href(&name))))
}

pub(super) async fn delete(visit: &Visit, fields: &Fields) -> Answer {
    let name = name(visit)?;
    if fields.get("confirm").trim() != name {
        return Err(Error::Conflict(Hindrance::NotRetyped.said([])));
    }
    visit
        .run(move |service, call| service.delete_administrator(call, &name))
        .await?;
    Ok(Reply::See(format!("{MOUNT}/administrators?done=deleted")))
}

pub(super) async fn issue(visit: &Visit, fields: &Fields) -> Answer {
    let name = name(visit)?;
    let token = fields.get("name").trim().to_owned();
    let days: u64 = fields.get("days").parse().unwrap_or(90);
    let issued = visit
        .run(move |service, call| service.issue_admin_token(call, &name, &token, Some(days * DAY)))
        .await?;
    let (one, tokens) = find(visit).await?;
    let secret = issued.secret.expose().to_owned();
    let table = tokens_table(visit, &href(&one.name), &tokens.items);
    Ok(page(visit, &one, table, Some(secret)).into())
}

pub(super) async fn revoke(visit: &Visit, _: &Fields) -> Answer {
    let name = name(visit)?;
    let token: CredentialId = visit.id("token")?;
    visit
        .run(move |service, call| service.revoke_admin_token(call, token))
        .await?;
    Ok(Reply::See(format!("{}?done=revoked", href(&name))))
}
