//! A provider's secrets and tokens.

use chrono::Duration;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::Scopes;
use vestibule_service::Error;

use super::{href, show};
use crate::console::fields::Fields;
use crate::console::form::{Field, Form, Pick};
use crate::console::page::{Block, Page};
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;

const DAY: u64 = 24 * 60;

pub(in crate::console) async fn rotate(visit: &Visit, fields: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let hours = fields.given("overlap").and_then(|hours| hours.parse().ok());
    let overlap = hours.map(|hours: u16| Duration::hours(i64::from(hours)));
    let new = visit
        .run(move |service, call| service.rotate_secret(call, id, overlap))
        .await?;
    let once = Some((
        "provider.client_secret",
        new.client_secret.expose().to_owned(),
    ));
    Ok(show::page(visit, once).await?.into())
}

pub(in crate::console) async fn revoke_secret(visit: &Visit, _: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let secret: CredentialId = visit.second_id("client secret")?;
    visit
        .run(move |service, call| service.revoke_secret(call, id, secret))
        .await?;
    Ok(Reply::See(format!("{}?done=revoked", href(id))))
}

pub(in crate::console) async fn issue(visit: &Visit, fields: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let name = fields.get("name").trim().to_owned();
    let days: u64 = fields.get("days").parse().unwrap_or(365);
    let scope = Scopes::parse(fields.get("scope")).unwrap_or(Scopes::ALL);
    let issued = visit
        .run(move |service, call| {
            service.issue_activation_token(call, id, &name, Some(days * DAY), Some(scope))
        })
        .await;
    match issued {
        Ok(issued) => {
            let once = Some((
                "provider.activation_token",
                issued.access_token.expose().to_owned(),
            ));
            Ok(show::page(visit, once).await?.into())
        }
        Err(error) => mistaken(visit, id, fields, error).await,
    }
}

async fn mistaken(visit: &Visit, id: ProviderId, fields: &Fields, error: Error) -> Answer {
    let mut form = token_form(visit, id, Some(fields));
    visit.mark(&mut form, error, "name")?;
    let mut page = show::page(visit, None).await?;
    replace(&mut page, form);
    Ok(Reply::Mistaken(Box::new(page)))
}

/// Puts a form in the place of the one with the same id.
fn replace(page: &mut Page, form: Form) {
    let blocks = page
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.blocks);
    for block in blocks {
        if let Block::Form(shown) = block
            && shown.id == form.id
        {
            *shown = form;
            return;
        }
    }
}

pub(super) fn token_form(visit: &Visit, id: ProviderId, sent: Option<&Fields>) -> Form {
    let t = visit.t;
    let typed = |name: &str, usual: &str| sent.map_or(usual, |fields| fields.get(name)).to_owned();
    let days = |days: u16| Pick::new(days.to_string(), t.span(Duration::days(days.into())));
    let scope = |scope: Scopes| Pick::new(scope.to_string(), scope.to_string());
    let mut form = Form::of(
        "token",
        format!("{}/tokens", href(id)),
        t.own("provider.issue"),
        vec![
            Field::line("name", t.own("provider.token_name"), typed("name", "")).required(),
            Field::choice(
                "days",
                t.own("provider.life"),
                vec![days(90), days(365), days(730), days(3650)],
                typed("days", "365"),
            ),
            Field::choice(
                "scope",
                t.own("provider.scopes"),
                vec![
                    scope(Scopes::ALL),
                    scope(Scopes::READ),
                    scope(Scopes::WRITE),
                ],
                typed("scope", "scim"),
            ),
        ],
    );
    form.inline = true;
    form
}

pub(in crate::console) async fn revoke_token(visit: &Visit, _: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let token: CredentialId = visit.second_id("token")?;
    visit
        .run(move |service, call| service.revoke_token(call, id, token))
        .await?;
    Ok(Reply::See(format!("{}?done=revoked", href(id))))
}

pub(in crate::console) async fn revoke_all(visit: &Visit, _: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    visit
        .run(move |service, call| service.revoke_all_tokens(call, id))
        .await?;
    Ok(Reply::See(format!("{}?done=revoked", href(id))))
}
