//! What providers sent that changes nothing, and credentials about to end.

use vestibule_service::providers::Sources;
use vestibule_service::warnings::{Choice, KINDS, Warning, WarningQuery};
use vestibule_service::{Service, Warned};

use super::form::Pick;
use super::page::{Anchor, Cell, Page};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, providers};

const PAGE: u64 = 50;

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let chosen = providers::chosen(visit);
    let query = WarningQuery {
        choice: Choice {
            provider: chosen,
            kind: visit.query.given("kind").map(str::to_owned),
        },
        page: visit.part(PAGE, "-raised"),
    };
    let (found, sources) = visit
        .run(move |service: &Service, call| {
            let found = service.list_warnings(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let mut table = table(visit, &found.items, Some(&sources));
    table.paged(visit, &found);
    table.sorted(visit, &[(4, "raised")], "-raised");
    let kinds = KINDS.map(|one| Pick::new(one, t.own_of("warning", one)));
    table.filtered_by(
        visit,
        vec![
            providers::filter(visit, &sources),
            visit.filter_among("kind", t.own("warning.kind"), kinds),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "warnings"));
    }
    Ok(Page::of_list(
        t,
        "nav.warnings",
        "warning.lead",
        vec![
            Anchor::words(t.own("nav.audit")),
            Anchor::new(t.own("nav.warnings"), format!("{MOUNT}/warnings")),
        ],
        table,
    )
    .into())
}

/// Warnings as they are listed everywhere; without `sources`, of one provider, and short.
pub(super) fn table<'a>(
    visit: &Visit,
    found: impl IntoIterator<Item = &'a Warning>,
    sources: Option<&Sources>,
) -> Table {
    let t = visit.t;
    let kind = sources.map(|_| t.get("warning.kind"));
    let said = [
        t.get("event.what"),
        t.get("event.about"),
        t.get("event.when"),
    ];
    let columns: Vec<&str> = kind.into_iter().chain(said).collect();
    let mut table = Table::new(t.own("nav.warnings"), &columns);
    table.empty = t.own("warning.none");
    providers::seen(table, t, found, sources, |one| {
        let kind = sources.map(|_| Cell::text(t.own_of("warning", &one.kind)));
        let href = format!("{MOUNT}/search?q={}", one.subject);
        let said = [
            sentence(t, &one.detail),
            Cell::link(t.own("table.details"), href),
            Cell::Time(one.raised),
        ];
        (one.provider, kind.into_iter().chain(said).collect())
    })
}

/// What a warning says; as it was written where that has no code.
pub(super) fn sentence(t: Texts, detail: &str) -> Cell {
    Warned::read(detail).map_or_else(
        || Cell::text(detail),
        |said| Cell::Phrase(t.said("warning", &said)),
    )
}
