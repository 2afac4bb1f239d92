//! Settings > Authentication > Identity Management (IGA) > Providers.

pub(super) mod credentials;
pub(super) mod deletion;
pub(super) mod edit;
pub(super) mod show;

use std::net::IpAddr;

use chrono::Duration;
use vestibule_domain::network::AllowedAddresses;
use vestibule_domain::provider::{Provider, ProviderState, UserType};
use vestibule_domain::{Mistake, ProviderId};
use vestibule_scim::Dialect;
use vestibule_service::providers::{
    AUTHENTICATION_METHOD, Choice, PROTOCOL, ProviderQuery, RegisteredProvider, Sources,
};
use vestibule_service::{Error, Precondition, Role, Service};

use super::MOUNT;
use super::fields::Fields;
use super::form::{Field, Pick};
use super::page::{Anchor, Badge, Block, Button, Cell, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::sign_in::inside;
use super::sure::ABOUT;
use super::table::{Column, Table};
use super::text::Texts;
use super::visit::Visit;

pub(super) use show::show;

const PAGE: u64 = 50;
/// How far ahead ends are spoken of.
const SOON: Duration = Duration::days(30);

/// Address of a provider's page.
pub(super) fn href(id: ProviderId) -> String {
    format!("{MOUNT}/providers/{id}")
}

pub(super) fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.settings")),
        Anchor::words(t.own("nav.authentication")),
        Anchor::words(t.own("nav.iga")),
        Anchor::new(t.own("nav.providers"), format!("{MOUNT}/providers")),
    ]
}

pub(super) fn state_badge(
    t: Texts,
    provider: &Provider,
    now: chrono::DateTime<chrono::Utc>,
) -> Badge {
    if provider.expired(now) {
        return Badge::new(Tone::Bad, t.own("provider.expired"));
    }
    let tone = match provider.state {
        ProviderState::Active => Tone::Good,
        ProviderState::Paused => Tone::Waiting,
        ProviderState::Disabled => Tone::Bad,
    };
    Badge::new(tone, t.word(provider.state.name()))
}

/// The choice of a provider by which a list is filtered.
pub(super) fn filter(visit: &Visit, sources: &Sources) -> Field {
    let chosen = chosen(visit);
    let beside = chosen.filter(|id| sources.others.contains_key(id));
    let beside = beside.and_then(|id| Some((id, sources.name(id)?)));
    let offered = sources
        .offered
        .iter()
        .map(|(id, name)| (*id, name.as_str()));
    let picks = offered
        .chain(beside)
        .map(|(id, name)| Pick::new(id.to_string(), name));
    let mut picks: Vec<Pick> = picks.collect();
    // Also what one did that is deleted since is looked for.
    if let Some(id) = chosen.map(|id| id.to_string())
        && picks.iter().all(|pick| pick.value != id)
    {
        picks.push(Pick::new(id, visit.t.own("request.gone")));
    }
    let field = visit.filter_among("provider", visit.t.own("vendor.provider"), picks);
    if sources.whole {
        field
    } else {
        let count = sources.offered.len();
        field.hint(visit.t.say("provider.offered", &[("count", &count)]))
    }
}

/// The provider by which a list is filtered.
pub(super) fn chosen(visit: &Visit) -> Option<ProviderId> {
    visit.wanted_id("provider")
}

/// A provider by its name, while there is one.
pub(super) fn cell(sources: &Sources, id: ProviderId) -> Cell {
    let name = sources.name(id);
    name.map_or(Cell::Nothing, |name| Cell::link(name, href(id)))
}

/// A list of what was seen of providers; without `sources`, of one of them, so that none is named. `row`
/// tells whose something is, and its cells behind the provider's.
pub(super) fn seen<'a, T: 'a>(
    mut table: Table,
    t: Texts,
    found: impl IntoIterator<Item = &'a T>,
    sources: Option<&Sources>,
    row: impl Fn(&'a T) -> (ProviderId, Vec<Cell>),
) -> Table {
    if sources.is_some() {
        let title = t.own("vendor.provider");
        table.columns.insert(
            0,
            Column {
                title,
                ..Column::default()
            },
        );
    }
    table.rows = found
        .into_iter()
        .map(|one| {
            let (provider, mut cells) = row(one);
            if let Some(sources) = sources {
                cells.insert(0, cell(sources, provider));
            }
            cells
        })
        .collect();
    table
}

/// The way out of a list that is empty because nothing is provisioned yet.
pub(super) fn begin(visit: &Visit) -> Anchor {
    if visit.may(Role::Administrator) {
        Anchor::primary(visit.t.own("setup.title"), format!("{MOUNT}/set-up"))
    } else {
        Anchor::new(visit.t.own("nav.providers"), format!("{MOUNT}/providers"))
    }
}

fn dialect_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Tolerant => "tolerant",
        Dialect::Strict => "strict",
    }
}

/// The list as its users know it.
pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let now = visit.web.service.now();
    let soon = visit.query.get("validity") == "soon";
    let ended = visit.query.get("validity") == "ended";
    let query = ProviderQuery {
        choice: Choice {
            user_type: visit.query.get("type").parse().ok(),
            state: visit.query.get("state").parse().ok(),
            search: visit.query.given("q").map(str::to_owned),
            ends_after: soon.then_some(now),
            ends_by: match (soon, ended) {
                (true, _) => Some(now + SOON),
                (_, true) => Some(now),
                _ => None,
            },
            closed: visit.query.get("addresses") == "none",
        },
        page: visit.part(PAGE, "created"),
    };
    let found = visit
        .run(move |service: &Service, call| service.list_providers(call, &query))
        .await?;
    let mut table = Table::new(
        t.own("nav.providers"),
        &[
            t.get("provider.id"),
            t.get("provider.name"),
            t.get("provider.tags"),
            t.get("provider.protocol"),
            t.get("provider.method"),
            t.get("provider.registered"),
            t.get("provider.enabled"),
            t.get("provider.user_type"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.rows = found.items.iter().map(|one| row(visit, one, now)).collect();
    table.sorted(
        visit,
        &[(1, "name"), (5, "created"), (6, "state"), (7, "user_type")],
        "created",
    );
    table.paged(visit, &found);
    table.filtered_by(visit, filters(visit));
    table.empty = t.own("provider.none");
    if visit.may(Role::Administrator) {
        table.empty_action = Some(begin(visit));
    }
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "providers"));
    }
    let mut page = Page {
        title: t.own("nav.providers"),
        lead: Some(t.own("provider.lead")),
        trail: trail(t),
        current: "nav.providers",
        ..Page::default()
    };
    if visit.may(Role::Administrator) {
        page.actions = vec![
            begin(visit),
            Anchor::new(t.own("provider.new"), format!("{MOUNT}/providers/new")),
        ];
    }
    page.sections = vec![Section::new(
        "list",
        t.own("nav.providers"),
        vec![Block::Table(table)],
    )];
    Ok(page.into())
}

fn row(visit: &Visit, one: &RegisteredProvider, now: chrono::DateTime<chrono::Utc>) -> Vec<Cell> {
    let t = visit.t;
    let provider = &one.provider;
    let settings = &provider.settings;
    let mut actions = vec![Anchor::new(t.own("table.details"), href(provider.id))];
    if visit.may(Role::Administrator) {
        actions.push(Anchor::new(
            t.own("table.edit"),
            format!("{}/edit", href(provider.id)),
        ));
    }
    vec![
        Cell::Code(provider.id.to_string()),
        Cell::link(&settings.name, href(provider.id)),
        Cell::Tags(settings.tags.clone()),
        Cell::text(PROTOCOL.to_uppercase()),
        Cell::text(t.word(AUTHENTICATION_METHOD)),
        Cell::Time(provider.created),
        Cell::Badge(state_badge(t, provider, now)),
        Cell::text(t.word(settings.user_type.name())),
        Cell::Links(actions),
    ]
}

fn filters(visit: &Visit) -> Vec<Field> {
    let t = visit.t;
    let pick = |word: &'static str| Pick::new(word, t.word(word));
    let types = UserType::ALL.iter().map(|one| pick(one.name()));
    let states = ProviderState::ALL.iter().map(|one| pick(one.name()));
    let validities = ["soon", "ended"].map(|one| Pick::new(one, t.own_of("credential_state", one)));
    let closed = Pick::new("none", t.own("provider.nobody"));
    vec![
        visit.filter("q", t.own("provider.name_or_tag")),
        visit.filter_among("type", t.own("provider.user_type"), types),
        visit.filter_among("state", t.own("provider.state"), states),
        visit.filter_among("validity", t.own("provider.validity"), validities),
        visit.filter_among("addresses", t.own("provider.addresses"), [closed]),
    ]
}

/// Pauses, disables or resumes.
pub(super) async fn set_state(visit: &Visit, fields: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let state: ProviderState = fields
        .get("state")
        .parse()
        .map_err(|_| Error::NotFound("state"))?;
    visit
        .run(move |service, call| service.set_provider_state(call, id, Precondition::NONE, state))
        .await?;
    Ok(Reply::See(format!("{}?done=state", href(id))))
}

/// Adds an address to those that may call, and leads back to where that was offered.
pub(super) async fn allow(visit: &Visit, fields: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let address = fields.get("address").trim();
    let address: IpAddr = address.parse().map_err(|_| Error::Invalid {
        field: "address".to_owned(),
        detail: Mistake::NotOneAddress
            .said([("item", address.into())])
            .to_string(),
    })?;
    visit
        .run(move |service, call| {
            service.change_provider(call, id, Precondition::NONE, move |settings| {
                if settings.allowed_addresses == AllowedAddresses::Any {
                    return Ok(());
                }
                let mut items = settings.allowed_addresses.items();
                if !items.contains(&address.to_string()) {
                    items.push(address.to_string());
                }
                settings.allowed_addresses =
                    AllowedAddresses::parse(&items).map_err(|error| Error::Invalid {
                        field: "address".to_owned(),
                        detail: error.to_string(),
                    })?;
                Ok(())
            })
        })
        .await?;
    let back = inside(fields.get("back"));
    let joint = if back.contains('?') { '&' } else { '?' };
    Ok(Reply::See(format!("{back}{joint}done=allowed")))
}

/// The buttons that move a provider to another state.
fn state_buttons(visit: &Visit, provider: &Provider) -> Vec<Button> {
    let t = visit.t;
    let none_from = match provider.state {
        ProviderState::Disabled => Some(ProviderState::Paused),
        ProviderState::Active | ProviderState::Paused => None,
    };
    ProviderState::ALL
        .iter()
        .filter(|state| **state != provider.state && Some(**state) != none_from)
        .map(|state| Button {
            text: t.own(match state {
                ProviderState::Active => "provider.resume",
                ProviderState::Paused => "provider.pause",
                ProviderState::Disabled => "provider.disable",
            }),
            about: provider.settings.name.clone(),
            action: format!("{}/state", href(provider.id)),
            fields: vec![
                ("state", state.name().to_owned()),
                (ABOUT, provider.settings.name.clone()),
            ],
            tone: match state {
                ProviderState::Active => Tone::Good,
                ProviderState::Paused => Tone::Plain,
                ProviderState::Disabled => Tone::Bad,
            },
        })
        .collect()
}
