//! A provider's page: what to paste into the product, its credentials, what it sends.

use chrono::{DateTime, Utc};
use vestibule_domain::ProviderId;
use vestibule_domain::provider::UserType;
use vestibule_service::credentials::Use;
use vestibule_service::events::{Choice as EventChoice, EventQuery};
use vestibule_service::pages::PageQuery;
use vestibule_service::providers::{AUTHENTICATION_METHOD, PROTOCOL, ProviderDetails};
use vestibule_service::requests::{RefusedRequest, RequestQuery, Whose};
use vestibule_service::{Error, Role};

use super::{dialect_word, href, state_badge, state_buttons, trail};
use crate::console::form::{Field, Form, Pick};
use crate::console::page::{Anchor, Block, Button, Cell, Fact, Notice, Page, Section, Tone};
use crate::console::reply::Answer;
use crate::console::sure::ABOUT;
use crate::console::table::Table;
use crate::console::visit::Visit;
use crate::console::{MOUNT, events, requests, tolerances, warnings};
use crate::{oauth, scim};

/// Rows of each list shown with a provider.
const ROWS: u64 = 10;
/// The same, of what is read already.
const LATEST: usize = 10;

pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let page = page(visit, None).await?;
    Ok(page.into())
}

/// The page, with a secret that is shown this once.
pub(super) async fn page(visit: &Visit, once: Option<(&str, String)>) -> Result<Page, Error> {
    let t = visit.t;
    let id: ProviderId = visit.id("provider")?;
    let now = visit.web.service.now();
    let (details, history, refused) = visit
        .run(move |service, call| {
            let query = EventQuery {
                choice: EventChoice {
                    subject: Some(id.as_uuid()),
                    ..EventChoice::default()
                },
                page: PageQuery::first(ROWS),
            };
            let refused = RequestQuery {
                whose: Whose::Provider(id),
                page: PageQuery::first(ROWS),
                ..RequestQuery::default()
            };
            Ok((
                service.find_provider(call, id)?,
                service.list_events(call, &query)?.items,
                service.list_requests(call, &refused)?.items,
            ))
        })
        .await?;
    let mut page = Page {
        title: details.provider.settings.name.clone(),
        badge: Some(state_badge(t, &details.provider, now)),
        trail: trail(t),
        current: "nav.providers",
        ..Page::default()
    };
    if visit.may(Role::Administrator) {
        page.actions = vec![
            Anchor::primary(t.own("table.edit"), format!("{}/edit", href(id))),
            Anchor::new(t.own("setup.live"), format!("{}/set-up#live", href(id))),
            Anchor::new(t.own("provider.delete"), format!("{}/delete", href(id))),
        ];
    }
    page.sections = vec![
        connection(visit, &details, once),
        secrets(visit, &details, now),
        tokens(visit, &details, now),
        refusals(visit, id, &refused),
        tolerances(visit, &details),
        Section {
            actions: vec![all(visit, &format!("events?subject={id}"))],
            ..Section::new(
                "history",
                t.own("provider.history"),
                vec![Block::Table(events::table(visit, &history))],
            )
        },
    ];
    page.aside = vec![facts(visit, &details), state(visit, &details)];
    if !details.warnings.is_empty() {
        page.aside.push(warnings(visit, &details));
    }
    Ok(page)
}

/// What the product is configured with.
fn connection(visit: &Visit, details: &ProviderDetails, once: Option<(&str, String)>) -> Section {
    let t = visit.t;
    let public = &visit.web.settings.public_url;
    let mut facts = vec![
        Fact::new(
            t.own("provider.base_url"),
            Cell::Copy(format!("{public}{}", scim::MOUNT)),
        ),
        Fact::new(
            t.own("provider.token_url"),
            Cell::Copy(format!("{public}{}/token", oauth::ISSUER)),
        ),
        Fact::new(
            t.own("provider.client_id"),
            Cell::Copy(details.client_id.clone()),
        ),
    ];
    let mut blocks = Vec::new();
    match once {
        Some((label, secret)) => {
            blocks.push(Block::Notice(Notice::new(
                Tone::Waiting,
                t.own("provider.once"),
            )));
            facts.push(Fact::new(t.own(label), Cell::Copy(secret)));
        }
        None => facts.push(Fact::new(
            t.own("provider.client_secret"),
            Cell::text(t.own("provider.secret_hidden")),
        )),
    }
    blocks.push(Block::Facts(facts));
    Section::new("connection", t.own("provider.connection"), blocks)
}

fn facts(visit: &Visit, details: &ProviderDetails) -> Section {
    let t = visit.t;
    let settings = &details.provider.settings;
    let addresses = settings.allowed_addresses.items();
    let mut facts = vec![
        Fact::new(
            t.own("provider.id"),
            Cell::Copy(details.provider.id.to_string()),
        ),
        Fact::new(
            t.own("provider.description"),
            Cell::optional(settings.description.clone()),
        ),
        Fact::new(t.own("provider.tags"), Cell::Tags(settings.tags.clone())),
        Fact::new(
            t.own("provider.user_type"),
            Cell::text(t.word(settings.user_type.name())),
        ),
        Fact::new(
            t.own("provider.protocol"),
            Cell::text(PROTOCOL.to_uppercase()),
        ),
        Fact::new(
            t.own("provider.method"),
            Cell::text(t.word(AUTHENTICATION_METHOD)),
        ),
        Fact::new(
            t.own("provider.registered"),
            Cell::Time(details.provider.created),
        ),
        Fact::new(
            t.own("provider.valid_until"),
            match settings.valid_until {
                Some(until) => Cell::Time(until),
                None => Cell::text(t.own("provider.no_end")),
            },
        ),
        Fact::new(
            t.own("provider.addresses"),
            if addresses.is_empty() {
                Cell::badge(Tone::Bad, t.own("provider.nobody"))
            } else {
                Cell::text(addresses.join(", "))
            },
        ),
        Fact::new(
            t.own("provider.referrers"),
            if settings.allowed_referrers.items().is_empty() {
                Cell::text(t.own("provider.any"))
            } else {
                Cell::text(settings.allowed_referrers.items().join(", "))
            },
        ),
        Fact::new(
            t.own("provider.scopes"),
            Cell::Code(settings.scopes.to_string()),
        ),
        Fact::new(
            t.own("provider.dialect"),
            Cell::text(t.word(dialect_word(settings.dialect))),
        ),
        Fact::new(
            t.own("provider.rate"),
            match settings.rate_limit {
                Some(rate) => Cell::text(t.say(
                    "provider.rate_value",
                    &[("per_second", &rate.per_second), ("burst", &rate.burst)],
                )),
                None => Cell::text(t.own("provider.unlimited")),
            },
        ),
        Fact::new(
            t.own("provider.people"),
            Cell::link(
                details.holdings.users.to_string(),
                format!("{MOUNT}/people?provider={}", details.provider.id),
            ),
        ),
    ];
    if settings.user_type == UserType::ThirdParty {
        facts.push(Fact::new(
            t.own("nav.vendors"),
            Cell::link(
                details.holdings.vendors.to_string(),
                format!("{MOUNT}/vendors?provider={}", details.provider.id),
            ),
        ));
    }
    Section::new(
        "facts",
        t.own("provider.settings"),
        vec![Block::Facts(facts)],
    )
}

fn state(visit: &Visit, details: &ProviderDetails) -> Section {
    let t = visit.t;
    let mut blocks = vec![Block::Text(t.own("provider.state_hint"))];
    if visit.may(Role::Administrator) {
        let buttons = state_buttons(visit, &details.provider);
        blocks.push(Block::Facts(vec![Fact::new(
            t.own("provider.switch"),
            Cell::Buttons(buttons),
        )]));
    }
    Section::new("state", t.own("provider.state"), blocks)
}

fn last_use(uses: &[Use], id: vestibule_domain::CredentialId) -> [Cell; 2] {
    uses.iter()
        .find(|one| one.credential == id)
        .map_or([Cell::Nothing, Cell::Nothing], |one| {
            [
                Cell::Time(one.last_used),
                Cell::optional(one.last_address.clone()),
            ]
        })
}

fn end(visit: &Visit, expires: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Cell {
    match expires {
        Some(expires) if expires <= now => Cell::badge(Tone::Plain, visit.t.own("provider.ended")),
        Some(expires) => Cell::Time(expires),
        None => Cell::text(visit.t.own("provider.no_end")),
    }
}

/// The button that ends a credential, for who may.
pub(in crate::console) fn revoke(visit: &Visit, action: String, about: &str) -> Cell {
    if !visit.may(Role::Administrator) {
        return Cell::Nothing;
    }
    Cell::Button(Button {
        text: visit.t.own("provider.revoke"),
        about: about.to_owned(),
        action,
        fields: vec![(ABOUT, about.to_owned())],
        tone: Tone::Bad,
    })
}

fn secrets(visit: &Visit, details: &ProviderDetails, now: DateTime<Utc>) -> Section {
    let t = visit.t;
    let id = details.provider.id;
    let mut table = Table::new(
        t.own("provider.secrets"),
        &[
            t.get("provider.made"),
            t.get("provider.ends"),
            t.get("provider.last_used"),
            t.get("provider.from"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.empty = t.own("provider.no_secret");
    table.rows = details
        .secrets
        .iter()
        .rev()
        .map(|secret| {
            let [used, from] = last_use(&details.uses, secret.id);
            let action = format!("{}/secrets/{}/revoke", href(id), secret.id);
            vec![
                Cell::Time(secret.created),
                end(visit, secret.expires, now),
                used,
                from,
                revoke(visit, action, t.get("provider.client_secret")),
            ]
        })
        .collect();
    let mut blocks = vec![Block::Table(table)];
    if visit.may(Role::Administrator) {
        let hours = |hours: &str, key: &'static str| Pick::new(hours, t.own(key));
        let mut form = Form::of(
            "rotate",
            format!("{}/rotate", href(id)),
            t.own("provider.rotate"),
            vec![Field::choice(
                "overlap",
                t.own("provider.overlap"),
                vec![
                    hours("24", "provider.overlap_day"),
                    hours("168", "provider.overlap_week"),
                    hours("0", "provider.overlap_none"),
                ],
                "24",
            )],
        );
        form.inline = true;
        blocks.push(Block::Form(form));
    }
    Section {
        lead: Some(t.own("provider.secrets_lead")),
        ..Section::new("secrets", t.own("provider.secrets"), blocks)
    }
}

fn tokens(visit: &Visit, details: &ProviderDetails, now: DateTime<Utc>) -> Section {
    let t = visit.t;
    let id = details.provider.id;
    let mut table = Table::new(
        t.own("provider.activation_tokens"),
        &[
            t.get("provider.name"),
            t.get("provider.scopes"),
            t.get("provider.made"),
            t.get("provider.ends"),
            t.get("provider.last_used"),
            t.get("provider.from"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.empty = t.own("provider.no_token");
    table.rows = details
        .activation_tokens
        .iter()
        .rev()
        .take(LATEST)
        .map(|token| {
            let [used, from] = last_use(&details.uses, token.id);
            let name = token.name.clone().unwrap_or_default();
            let action = format!("{}/tokens/{}/revoke", href(id), token.id);
            vec![
                Cell::Name(name.clone()),
                Cell::Code(token.scopes.to_string()),
                Cell::Time(token.issued),
                end(visit, Some(token.expires), now),
                used,
                from,
                revoke(visit, action, &name),
            ]
        })
        .collect();
    let mut blocks = vec![Block::Table(table)];
    if visit.may(Role::Administrator) {
        blocks.push(Block::Form(super::credentials::token_form(visit, id, None)));
        blocks.push(Block::Facts(vec![Fact::new(
            t.own("provider.emergency"),
            Cell::Button(Button {
                text: t.own("provider.revoke_all"),
                about: String::new(),
                action: format!("{}/revoke-tokens", href(id)),
                fields: vec![(ABOUT, details.provider.settings.name.clone())],
                tone: Tone::Bad,
            }),
        )]));
    }
    Section {
        lead: Some(t.own("provider.tokens_lead")),
        actions: vec![all(
            visit,
            &format!("credentials?kind=activation_token&provider={id}"),
        )],
        ..Section::new("tokens", t.own("provider.activation_tokens"), blocks)
    }
}

/// Where a list stands as a whole.
fn all(visit: &Visit, query: &str) -> Anchor {
    Anchor::new(visit.t.own("event.all"), format!("{MOUNT}/{query}"))
}

/// What the product was refused lately, and so what to do.
fn refusals(visit: &Visit, id: ProviderId, found: &[RefusedRequest]) -> Section {
    let t = visit.t;
    Section {
        lead: Some(t.own("request.recent_lead")),
        actions: vec![all(visit, &format!("requests?provider={id}"))],
        ..Section::new(
            "refused",
            t.own("request.recent"),
            vec![Block::Table(requests::table(visit, found, None))],
        )
    }
}

fn tolerances(visit: &Visit, details: &ProviderDetails) -> Section {
    let t = visit.t;
    let found = details.tolerances.iter().take(LATEST);
    Section {
        lead: Some(t.own("provider.tolerances_lead")),
        actions: vec![all(
            visit,
            &format!("tolerances?provider={}", details.provider.id),
        )],
        ..Section::new(
            "tolerances",
            t.own("provider.tolerances"),
            vec![Block::Table(tolerances::table(visit, found, None))],
        )
    }
}

fn warnings(visit: &Visit, details: &ProviderDetails) -> Section {
    let found = details.warnings.iter().take(LATEST);
    Section {
        actions: vec![all(
            visit,
            &format!("warnings?provider={}", details.provider.id),
        )],
        ..Section::new(
            "warnings",
            visit.t.own("provider.warnings"),
            vec![Block::Table(warnings::table(visit, found, None))],
        )
    }
}
