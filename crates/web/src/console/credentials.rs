//! Every credential of every provider, the first to end first.

use vestibule_service::Service;
use vestibule_service::cockpit::{CredentialKind, CredentialRecord};
use vestibule_service::providers::ProviderQuery;

use super::form::Pick;
use super::page::{Anchor, Block, Cell, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::visit::Visit;
use super::{MOUNT, providers};

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let provider = visit.query.get("provider").parse().ok();
    let (records, sources) = visit
        .run(move |service: &Service, call| {
            Ok((
                service.list_credentials(call, provider)?,
                service
                    .list_providers(call, &ProviderQuery::first(1_000))?
                    .items,
            ))
        })
        .await?;
    let kind = visit.query.get("kind");
    let state = visit.query.get("state");
    let wanted = |one: &&CredentialRecord| {
        let of_state = match state {
            "soon" => one.expires_within_days.is_some(),
            "ended" => one.expired,
            "live" => !one.expired && one.live > 0,
            _ => true,
        };
        of_state && (kind.is_empty() || one.kind.name() == kind)
    };
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
        ],
    );
    table.rows = records
        .iter()
        .filter(wanted)
        .map(|one| row(visit, one))
        .collect();
    table.empty = t.own("credential.none");
    table.paged(visit, None);
    let kinds = CredentialKind::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("credential", one.name())));
    let states =
        ["soon", "live", "ended"].map(|one| Pick::new(one, t.own_of("credential_state", one)));
    table.filtered_by(
        visit,
        vec![
            providers::filter(visit, &sources),
            visit.filter_among("kind", t.own("credential.kind"), kinds),
            visit.filter_among("state", t.own("provider.state"), states),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(table, "credentials"));
    }
    Ok(Page {
        title: t.own("nav.credentials"),
        lead: Some(t.own("credential.lead")),
        trail: vec![
            Anchor::words(t.own("nav.settings")),
            Anchor::words(t.own("nav.authentication")),
            Anchor::new(t.own("nav.credentials"), format!("{MOUNT}/credentials")),
        ],
        current: "nav.credentials",
        sections: vec![Section::new(
            "list",
            t.own("nav.credentials"),
            vec![Block::Table(table)],
        )],
        ..Page::default()
    }
    .into())
}

fn row(visit: &Visit, one: &CredentialRecord) -> Vec<Cell> {
    let t = visit.t;
    let kind = t.own_of("credential", one.kind.name());
    let ends = match (one.expires, one.expires_within_days) {
        (Some(_), _) if one.expired => Cell::badge(Tone::Bad, t.own("provider.ended")),
        (Some(at), Some(days)) => Cell::badge(
            if days > 7 { Tone::Waiting } else { Tone::Bad },
            t.phrase(
                "credential.soon",
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
    ]
}
