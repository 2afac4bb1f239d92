//! Every credential of every provider, the first to end first.

use vestibule_service::Service;
use vestibule_service::cockpit::{
    CredentialKind, CredentialQuery, CredentialRecord, CredentialState,
};

use super::form::Pick;
use super::page::{Anchor, Cell, Page, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::visit::Visit;
use super::{MOUNT, providers};

const PAGE: u64 = 50;

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let chosen = providers::chosen(visit);
    let word = |name: &str| visit.query.get(name);
    let query = CredentialQuery {
        provider: chosen,
        kind: CredentialKind::ALL
            .into_iter()
            .find(|one| one.name() == word("kind")),
        state: CredentialState::ALL
            .into_iter()
            .find(|one| one.name() == word("state")),
        page: visit.part(PAGE, "expires"),
    };
    let (found, sources) = visit
        .run(move |service: &Service, call| {
            let found = service.list_credentials(call, &query)?;
            Ok((found, service.sources(call, chosen)?))
        })
        .await?;
    let mut table = Table::new(
        t.own("nav.credentials"),
        &[
            t.get("vendor.provider"),
            t.get("credential.kind"),
            t.get("provider.name"),
            t.get("provider.made"),
            t.get("provider.ends"),
            t.get("provider.last_used"),
            t.get("provider.from"),
            t.get("provider.uses"),
            t.get("table.actions"),
        ],
    )
    .acting();
    table.rows = found.items.iter().map(|one| row(visit, one)).collect();
    table.empty = t.own("credential.none");
    table.empty_action = Some(providers::begin(visit));
    table.paged(visit, &found);
    table.sorted(visit, &[(4, "expires")], "expires");
    let kinds = CredentialKind::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("credential", one.name())));
    let states = CredentialState::ALL
        .map(|one| Pick::new(one.name(), t.own_of("credential_state", one.name())));
    table.filtered_by(
        visit,
        vec![
            providers::filter(visit, &sources),
            visit.filter_among("kind", t.own("credential.kind"), kinds),
            visit.filter_among("state", t.own("provider.state"), states),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "credentials"));
    }
    Ok(Page::of_list(
        t,
        "nav.credentials",
        "credential.lead",
        vec![
            Anchor::words(t.own("nav.settings")),
            Anchor::words(t.own("nav.authentication")),
            Anchor::new(t.own("nav.credentials"), format!("{MOUNT}/credentials")),
        ],
        table,
    )
    .into())
}

fn row(visit: &Visit, one: &CredentialRecord) -> Vec<Cell> {
    let t = visit.t;
    let kind = t.own_of("credential", one.kind.name());
    let ends = match (one.expires, one.expires_within_days) {
        // A column of instants.
        (expires, _) if visit.wants_csv() => Cell::time(expires),
        (Some(_), _) if one.expired => Cell::badge(Tone::Bad, t.own("provider.ended")),
        (Some(at), Some(days)) => Cell::badge(
            if days > 7 { Tone::Waiting } else { Tone::Bad },
            t.phrase(
                if days == 1 {
                    "credential.soon_day"
                } else {
                    "credential.soon"
                },
                &[("days", days.to_string().into()), ("at", at.into())],
            ),
        ),
        (Some(at), None) => Cell::Time(at),
        (None, _) => Cell::text(t.own("provider.no_end")),
    };
    let used = one.last_use.as_ref();
    vec![
        Cell::link(&one.provider_name, providers::href(one.provider)),
        Cell::text(if one.live > 1 {
            format!("{kind} ({})", one.live)
        } else {
            kind
        }),
        Cell::optional(one.name.clone()),
        Cell::time(one.created),
        ends,
        Cell::time(used.map(|used| used.last_used)),
        Cell::optional(used.and_then(|used| used.last_address.clone())),
        used.map_or(Cell::Nothing, |used| Cell::Number(used.uses)),
        revoke(visit, one),
    ]
}

/// What ends a secret or an activation token; all else is ended in its provider's settings.
fn revoke(visit: &Visit, one: &CredentialRecord) -> Cell {
    let part = match one.kind {
        CredentialKind::ClientSecret => "secrets",
        CredentialKind::ActivationToken => "tokens",
        CredentialKind::AccessTokens
        | CredentialKind::SigningKey
        | CredentialKind::FederatedIssuer
        | CredentialKind::Certificate => return Cell::Nothing,
    };
    let action = format!("{}/{part}/{}/revoke", providers::href(one.provider), one.id);
    let name = one.name.as_deref().unwrap_or(&one.provider_name);
    providers::show::revoke(visit, action, name)
}
