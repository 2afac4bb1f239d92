//! The form in two tabs by which a provider is registered and changed.

mod authentication;
mod typed;

use typed::{Typed, field_of};
use vestibule_domain::ProviderId;
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, ProviderState, UserType};
use vestibule_oauth::Scopes;
use vestibule_scim::Dialect;
use vestibule_service::{Error, Precondition, Service};

use super::{dialect_word, href, show, trail};
use crate::console::MOUNT;
use crate::console::access_groups;
use crate::console::fields::Fields;
use crate::console::form::{Field, Form, Further, Group, Pick};
use crate::console::page::{Anchor, Block, Notice, Page, Section, Tone};
use crate::console::phrase::Phrase;
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;

fn settings_fields(visit: &Visit, typed: &Typed, new: bool, groups: Vec<Pick>) -> Vec<Field> {
    let t = visit.t;
    let pick = |word: &str| Pick::new(word, t.word(word));
    let user_types = UserType::ALL.iter().map(|one| pick(one.name())).collect();
    let mut settings = vec![
        Field::line("name", t.own("provider.name"), &typed.name).required(),
        Field::choice(
            "protocol",
            t.own("provider.protocol"),
            vec![Pick::new("scim", "SCIM")],
            "scim",
        )
        .required(),
    ];
    if new {
        settings.push(
            Field::radios(
                "user_type",
                t.own("provider.user_type"),
                user_types,
                &typed.user_type,
            )
            .required()
            .hint(t.own("provider.user_type_hint")),
        );
        settings.push(Field::switch(
            "enabled",
            t.own("provider.enabled"),
            typed.enabled,
        ));
    }
    settings.push(Field::area(
        "description",
        t.own("provider.description"),
        &typed.description,
        3,
    ));
    settings.push(
        Field::line("tags", t.own("provider.tags"), &typed.tags).hint(t.own("provider.tags_hint")),
    );
    if typed.user_type == UserType::Internal.name() || new {
        settings.push(
            Field::choice(
                "default_access_group",
                t.own("provider.default_access_group"),
                groups,
                &typed.default_access_group,
            )
            .hint(t.own("provider.default_access_group_hint")),
        );
        settings.push(Field::choice(
            "link_delivery",
            t.own("provider.link_delivery"),
            LinkDelivery::ALL
                .iter()
                .map(|one| Pick::new(one.name(), t.word(&format!("delivery_{}", one.name()))))
                .collect(),
            &typed.link_delivery,
        ));
    }
    settings.push(
        Field::choice(
            "dialect",
            t.own("provider.dialect"),
            [Dialect::Tolerant, Dialect::Strict]
                .iter()
                .map(|one| pick(dialect_word(*one)))
                .collect(),
            &typed.dialect,
        )
        .hint(t.own("provider.dialect_hint")),
    );
    settings.push(Field::switch(
        "put_keeps_members",
        t.own("provider.put_keeps_members"),
        typed.put_keeps_members,
    ));
    settings
}

fn authentication_fields(visit: &Visit, typed: &Typed) -> Vec<Field> {
    let t = visit.t;
    vec![
        Field::choice(
            "method",
            t.own("provider.method"),
            vec![Pick::new("oauth2", t.word("oauth2"))],
            "oauth2",
        )
        .required(),
        Field::when(
            "valid_until",
            t.own("provider.valid_until"),
            typed.valid_until.clone(),
        )
        .hint(t.own("provider.valid_until_hint")),
        Field::area(
            "addresses",
            t.own("provider.addresses"),
            &typed.addresses,
            4,
        )
        .hint(t.own("provider.addresses_hint")),
        Field::area(
            "referrers",
            t.own("provider.referrers"),
            &typed.referrers,
            3,
        )
        .hint(t.own("provider.referrers_hint")),
        Field::choice(
            "scopes",
            t.own("provider.scopes"),
            [Scopes::ALL, Scopes::READ, Scopes::WRITE]
                .iter()
                .map(|one| Pick::new(one.to_string(), one.to_string()))
                .collect(),
            &typed.scopes,
        ),
        Field::typed(
            "per_second",
            t.own("provider.per_second"),
            &typed.per_second,
            "text",
            "off",
        )
        .hint(t.own("provider.per_second_hint")),
        Field::typed(
            "burst",
            t.own("provider.burst"),
            &typed.burst,
            "text",
            "off",
        ),
    ]
}

fn form(
    visit: &Visit,
    typed: &Typed,
    action: String,
    id: Option<ProviderId>,
    groups: Vec<Pick>,
) -> Form {
    let t = visit.t;
    let settings = settings_fields(visit, typed, id.is_none(), groups);
    Form {
        id: "provider",
        action,
        submit: t.own(if id.is_some() {
            "form.save"
        } else {
            "provider.register"
        }),
        cancel: Some(id.map_or_else(|| format!("{MOUNT}/providers"), href)),
        groups: vec![
            Group {
                title: t.own("provider.tab_settings"),
                fields: settings,
                ..Group::default()
            },
            Group {
                title: t.own("provider.tab_authentication"),
                fields: authentication_fields(visit, typed),
                further: Some(Further {
                    title: t.own("method.further_methods"),
                    fields: typed.methods.fields(visit),
                    used: typed.methods.used(),
                }),
            },
        ],
        ..Form::default()
    }
}

fn page(visit: &Visit, title: String, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    let mut trail = trail(t);
    trail.push(Anchor::words(title.clone()));
    Page {
        notice: wrong.then(|| Notice::new(Tone::Bad, t.own("form.wrong"))),
        trail,
        current: "nav.providers",
        sections: vec![Section::new("form", title.clone(), vec![Block::Form(form)])],
        title,
        ..Page::default()
    }
}

/// Shows the form again with every mistake at its field.
fn mistaken(
    visit: &Visit,
    title: String,
    mut form: Form,
    wrong: Vec<(&'static str, Phrase)>,
) -> Reply {
    for (field, mistake) in wrong {
        if !form.mark(field, mistake.clone()) {
            form.mark("name", mistake);
        }
    }
    Reply::Mistaken(Box::new(page(visit, title, form, true)))
}

pub(in crate::console) async fn new(visit: &Visit) -> Answer {
    let groups = access_groups::picks(visit).await?;
    let action = format!("{MOUNT}/providers/new");
    let form = form(visit, &Typed::fresh(), action, None, groups);
    Ok(page(visit, visit.t.own("provider.new"), form, false).into())
}

pub(in crate::console) async fn create(visit: &Visit, fields: &Fields) -> Answer {
    let typed = Typed::of_fields(fields);
    let again = async |wrong: Vec<(&'static str, Phrase)>| -> Answer {
        let groups = access_groups::picks(visit).await?;
        let action = format!("{MOUNT}/providers/new");
        let form = form(visit, &typed, action, None, groups);
        Ok(mistaken(visit, visit.t.own("provider.new"), form, wrong))
    };
    let settings = match typed.settings(visit, None).await? {
        Ok(settings) => settings,
        Err(wrong) => return again(wrong).await,
    };
    let state = if typed.enabled {
        ProviderState::Active
    } else {
        ProviderState::Disabled
    };
    let registered = visit
        .run(move |service, call| service.register_provider(call, settings, state))
        .await;
    match registered {
        Ok(new) => {
            let id = new.provider.provider.id;
            let visit = Visit {
                path: href(id),
                ..visit.clone()
            };
            let once = Some((
                "provider.client_secret",
                new.client_secret.expose().to_owned(),
            ));
            let mut page = show::page(&visit, once).await?;
            page.notice = Some(Notice::new(Tone::Good, visit.t.own("done.registered")));
            Ok(page.into())
        }
        Err(error) => match at_field(visit, error) {
            Ok(wrong) => again(vec![wrong]).await,
            Err(error) => Err(error),
        },
    }
}

/// The mistake a service found, at the form's field, unless it is no mistake of the form.
fn at_field(visit: &Visit, error: Error) -> Result<(&'static str, Phrase), Error> {
    let (field, mistake) = visit.mistake(error)?;
    Ok((field_of(&field), mistake))
}

pub(in crate::console) async fn edit(visit: &Visit) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let details = visit
        .run(move |service: &Service, call| service.find_provider(call, id))
        .await?;
    let groups = access_groups::picks(visit).await?;
    let typed = Typed::of_settings(&details.provider.settings, true);
    let mut form = form(
        visit,
        &typed,
        format!("{}/edit", href(id)),
        Some(id),
        groups,
    );
    form.hidden
        .push(("version", details.provider.version.to_string()));
    let title = visit.t.say("provider.edit_title", &[("name", &typed.name)]);
    Ok(page(visit, title, form, false).into())
}

pub(in crate::console) async fn change(visit: &Visit, fields: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let current = visit
        .run(move |service: &Service, call| service.find_provider(call, id))
        .await?;
    let user_type = current.provider.settings.user_type;
    let mut typed = Typed::of_fields(fields);
    user_type.name().clone_into(&mut typed.user_type);
    let version = fields.get("version").parse().ok();
    let expected = version.map_or(Precondition::NONE, Precondition::version);
    let again = async |wrong: Vec<(&'static str, Phrase)>| -> Answer {
        let groups = access_groups::picks(visit).await?;
        let mut form = form(
            visit,
            &typed,
            format!("{}/edit", href(id)),
            Some(id),
            groups,
        );
        form.hidden
            .push(("version", fields.get("version").to_owned()));
        let title = visit.t.say("provider.edit_title", &[("name", &typed.name)]);
        Ok(mistaken(visit, title, form, wrong))
    };
    let settings = match typed.settings(visit, Some(id)).await? {
        Ok(settings) => settings,
        Err(wrong) => return again(wrong).await,
    };
    let changed = visit
        .run(move |service, call| {
            service.change_provider(call, id, expected, move |current| {
                let present = std::mem::take(&mut current.authentication);
                let given = settings.authentication.clone();
                *current = ProviderSettings {
                    authentication: authentication::merged(given, present),
                    ..settings.clone()
                };
                Ok(())
            })
        })
        .await;
    match changed {
        Ok(_) => Ok(Reply::See(format!("{}?done=saved", href(id)))),
        Err(Error::PreconditionFailed) => {
            let groups = access_groups::picks(visit).await?;
            let action = format!("{}/edit", href(id));
            let mut form = form(visit, &typed, action, Some(id), groups);
            form.over(current.provider.version);
            let title = visit.t.say("provider.edit_title", &[("name", &typed.name)]);
            let page = page(visit, title, form, false);
            Ok(Reply::stale(visit.t, page, href(id)))
        }
        Err(error) => match at_field(visit, error) {
            Ok(wrong) => again(vec![wrong]).await,
            Err(error) => Err(error),
        },
    }
}
