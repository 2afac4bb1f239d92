//! Setting a product up: choose it, see the exact values to paste, and watch its first calls arrive.

mod guide;
mod live;

use vestibule_domain::ProviderId;
use vestibule_domain::network::AllowedReferrers;
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, ProviderState, UserType};
use vestibule_oauth::methods::{day, default_algorithms};
use vestibule_oauth::{Federation, Methods, Scopes};
use vestibule_scim::Dialect;
use vestibule_service::providers::ProviderDetails;
use vestibule_service::{Error, Service};

use super::fields::Fields;
use super::form::{Field, Form, Pick, addresses};
use super::page::{Anchor, Block, Cell, Live, Notice, Page, Section, Tone};
use super::phrase::Phrase;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, providers};

pub(super) use live::stream;

use guide::{PRODUCTS, Product, Proof};

/// Days that a pasted token works.
const TOKEN_DAYS: u64 = 365;
/// What Entra names as the audience of a federated token.
const ENTRA_AUDIENCE: &str = "api://AzureADTokenExchange";

/// A provider's set-up page.
pub(super) fn href(id: ProviderId, product: &str) -> String {
    format!("{}/set-up?product={product}", providers::href(id))
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::new(t.own("nav.providers"), format!("{MOUNT}/providers")),
        Anchor::new(t.own("setup.title"), format!("{MOUNT}/set-up")),
    ]
}

/// Which product, or the form of the one that was chosen.
pub(super) async fn choose(visit: &Visit) -> Answer {
    let t = visit.t;
    if let Some(product) = guide::find(visit.query.get("product")) {
        let form = form(visit, product, None);
        return Ok(page_with(visit, product, form).into());
    }
    let mut table = Table::new(
        t.own("setup.choose"),
        &[t.get("setup.product"), t.get("setup.how")],
    );
    table.rows = PRODUCTS
        .iter()
        .map(|product| {
            let href = format!("{MOUNT}/set-up?product={}", product.key);
            vec![
                Cell::link(t.own_of("product", product.key), href),
                Cell::text(t.own_of("proof", product.proof.name())),
            ]
        })
        .collect();
    Ok(Page {
        title: t.own("setup.title"),
        lead: Some(t.own("setup.lead")),
        trail: trail(t),
        current: "nav.providers",
        sections: vec![Section::new(
            "choose",
            t.own("setup.choose"),
            vec![Block::Table(table)],
        )],
        ..Page::default()
    }
    .into())
}

fn form(visit: &Visit, product: &Product, sent: Option<&Fields>) -> Form {
    let t = visit.t;
    let given = |name: &str, usual: &str| sent.map_or(usual, |sent| sent.get(name)).to_owned();
    let types = UserType::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.word(one.name())))
        .collect();
    let mut fields = vec![
        Field::line("name", t.own("provider.name"), given("name", product.name)).required(),
        Field::radios(
            "user_type",
            t.own("provider.user_type"),
            types,
            // It decides for good, so it is nobody's default.
            given("user_type", ""),
        )
        .required()
        .hint(t.own("provider.user_type_hint")),
        Field::area(
            "addresses",
            t.own("provider.addresses"),
            given("addresses", ""),
            3,
        )
        .hint(t.own("setup.addresses_hint")),
    ];
    if product.proof == Proof::Federation {
        fields.push(
            Field::line("tenant", t.own("setup.tenant"), given("tenant", ""))
                .required()
                .hint(t.own("setup.tenant_hint")),
        );
        fields.push(
            Field::line("subject", t.own("setup.subject"), given("subject", ""))
                .required()
                .hint(t.own("setup.subject_hint")),
        );
    }
    let mut form = Form::of(
        "setup",
        format!("{MOUNT}/set-up"),
        t.own("setup.begin"),
        fields,
    );
    form.hidden.push(("product", product.key.to_owned()));
    form.cancel = Some(format!("{MOUNT}/set-up"));
    form
}

fn page_with(visit: &Visit, product: &Product, form: Form) -> Page {
    let t = visit.t;
    let name = t.own_of("product", product.key);
    let mut trail = trail(t);
    trail.push(Anchor::words(name.clone()));
    Page {
        title: t.say("setup.of", &[("product", &name)]),
        trail,
        current: "nav.providers",
        sections: vec![Section {
            lead: Some(t.own_of("proof", product.proof.name())),
            ..Section::new("register", t.own("provider.new"), vec![Block::Form(form)])
        }],
        ..Page::default()
    }
}

/// What was typed as settings, or every mistake at its field.
async fn settings(
    visit: &Visit,
    product: &Product,
    fields: &Fields,
) -> Result<Result<ProviderSettings, Vec<(String, Phrase)>>, Error> {
    let t = visit.t;
    let mut wrong = Vec::new();
    let allowed_addresses = addresses(t, fields.get("addresses"))
        .map_err(|mistake| wrong.push(("addresses".to_owned(), mistake)))
        .unwrap_or_default();
    let user_type = fields
        .get("user_type")
        .parse()
        .map_err(|_| wrong.push(("user_type".to_owned(), t.get("form.choose").into())))
        .unwrap_or(UserType::ThirdParty);
    let mut authentication = Methods::default();
    if product.proof == Proof::Federation {
        let given = |name: &str| fields.get(name).trim().to_owned();
        let tenant = given("tenant");
        if uuid::Uuid::try_parse(&tenant).is_err() {
            wrong.push(("tenant".to_owned(), t.get("setup.tenant_wrong").into()));
        }
        let subject = given("subject");
        if uuid::Uuid::try_parse(&subject).is_err() {
            wrong.push(("subject".to_owned(), t.get("setup.subject_wrong").into()));
        }
        authentication.federated = vec![Federation {
            issuer: format!("https://login.microsoftonline.com/{tenant}/v2.0"),
            jwks_uri: format!("https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys"),
            subjects: vec![subject],
            audiences: vec![ENTRA_AUDIENCE.to_owned()],
            maximum_life_minutes: day(),
            algorithms: default_algorithms(),
        }];
    }
    let settings = ProviderSettings {
        name: fields.get("name").trim().to_owned(),
        user_type,
        description: None,
        tags: vec![product.key.replace('_', "-")],
        valid_until: None,
        allowed_addresses,
        allowed_referrers: AllowedReferrers::default(),
        authentication,
        scopes: Scopes::ALL,
        dialect: Dialect::Tolerant,
        put_keeps_members: false,
        default_access_group: None,
        link_delivery: LinkDelivery::default(),
        rate_limit: None,
    };
    let asked = settings.clone();
    let mut found = visit
        .run(move |service, call| service.provider_mistakes(call, None, &asked))
        .await?;
    // What is wrong with a federation stands at the fields it is made of.
    let told = |field: &str| field.starts_with("federated") && !wrong.is_empty();
    found.retain(|one| !matches!(one, Error::Invalid { field, .. } if told(field)));
    visit.add_mistakes(&mut wrong, found)?;
    Ok(if wrong.is_empty() {
        Ok(settings)
    } else {
        Err(wrong)
    })
}

/// Registers the provider and shows what to paste, secrets this once.
pub(super) async fn begin(visit: &Visit, fields: &Fields) -> Answer {
    let t = visit.t;
    let product = guide::find(fields.get("product")).ok_or(Error::NotFound("product"))?;
    let mistaken = |wrong: Vec<(String, Phrase)>| {
        let mut form = form(visit, product, Some(fields));
        for (field, mistake) in wrong {
            if !form.mark(&field, mistake.clone()) {
                form.mark("name", mistake);
            }
        }
        let mut page = page_with(visit, product, form);
        page.notice = Some(Notice::new(Tone::Bad, t.own("form.wrong")));
        Ok(Reply::Mistaken(Box::new(page)))
    };
    let settings = match settings(visit, product, fields).await? {
        Ok(settings) => settings,
        Err(wrong) => return mistaken(wrong),
    };
    let proof = product.proof;
    let registered = visit
        .run(move |service, call| {
            let new = service.register_provider(call, settings, ProviderState::Active)?;
            let id = new.provider.provider.id;
            let token = if proof == Proof::Token {
                let minutes = Some(TOKEN_DAYS * 24 * 60);
                Some(service.issue_activation_token(call, id, "set-up", minutes, None)?)
            } else {
                None
            };
            Ok((new, token))
        })
        .await;
    match registered {
        Ok((new, token)) => {
            let id = new.provider.provider.id;
            let once = match token {
                Some(token) => token.access_token.expose().to_owned(),
                None => new.client_secret.expose().to_owned(),
            };
            let mut page = page(visit, id, product, Some(once)).await?;
            page.notice = Some(Notice::new(Tone::Good, t.own("setup.registered")));
            Ok(page.into())
        }
        Err(error) => mistaken(vec![visit.mistake(error)?]),
    }
}

/// The values, the steps, and the lane that listens.
pub(super) async fn show(visit: &Visit) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let product = guide::find(visit.query.get("product"));
    let product = match product {
        Some(product) => product,
        None => guide::of_tags(&details(visit, id).await?.provider.settings.tags),
    };
    Ok(page(visit, id, product, None).await?.into())
}

async fn details(visit: &Visit, id: ProviderId) -> Result<ProviderDetails, Error> {
    visit
        .run(move |service: &Service, call| service.find_provider(call, id))
        .await
}

async fn page(
    visit: &Visit,
    id: ProviderId,
    product: &'static Product,
    once: Option<String>,
) -> Result<Page, Error> {
    let t = visit.t;
    let details = details(visit, id).await?;
    let here = href(id, product.key);
    let name = &details.provider.settings.name;
    let mut trail = providers::trail(t);
    trail.push(Anchor::new(name, providers::href(id)));
    trail.push(Anchor::words(t.own("setup.title")));
    let shown_once = once.is_some();
    let lane = live::lane(visit, &details, &here).await?;
    let mut sections = vec![
        guide::values(visit, &details, product, once.as_deref()),
        guide::steps(t, product),
    ];
    sections.extend(lane);
    let mut actions = vec![Anchor::new(t.own("setup.provider"), providers::href(id))];
    if shown_once {
        actions.insert(
            0,
            Anchor::primary(t.own("setup.listen"), format!("{here}#live")),
        );
    }
    Ok(Page {
        title: t.say("setup.of", &[("product", name)]),
        trail,
        actions,
        current: "nav.providers",
        sections,
        live: Some(Live {
            stream: format!("{}/stream", providers::href(id)),
            // Without the script a page that shows a secret must not come anew: it would be gone.
            refresh: !shown_once,
            page: here,
        }),
        ..Page::default()
    })
}
