//! What products send wrongly and is accepted all the same.

use vestibule_scim::Tolerance;
use vestibule_service::Service;
use vestibule_service::providers::{Sources, ToleranceChoice, ToleranceQuery, ToleranceUses};

use super::form::Pick;
use super::page::{Anchor, Cell, Page};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::visit::Visit;
use super::{MOUNT, providers};

const PAGE: u64 = 50;

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let chosen = providers::chosen(visit);
    let query = ToleranceQuery {
        choice: ToleranceChoice {
            provider: chosen,
            name: visit.query.given("name").map(str::to_owned),
        },
        page: visit.part(PAGE, "-uses"),
    };
    let (found, sources) = visit
        .run(move |service: &Service, call| {
            let found = service.list_tolerances(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let mut table = table(visit, &found.items, Some(&sources));
    table.paged(visit, &found);
    let columns = [(1, "name"), (4, "uses"), (5, "last_used")];
    table.sorted(visit, &columns, "-uses");
    let names = Tolerance::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("tolerance_name", one.name())));
    table.filtered_by(
        visit,
        vec![
            providers::filter(visit, &sources),
            visit.filter_among("name", t.own("provider.tolerance"), names),
        ],
    );
    if visit.wants_csv() {
        let codes = found.items.iter().map(|one| Cell::Code(one.name.clone()));
        table.for_machines(t.own("request.code"), codes);
        return Ok(Reply::Export(Box::new(table), "tolerances"));
    }
    Ok(Page::of_list(
        t,
        "nav.tolerances",
        "provider.tolerances_lead",
        vec![
            Anchor::words(t.own("nav.audit")),
            Anchor::new(t.own("nav.tolerances"), format!("{MOUNT}/tolerances")),
        ],
        table,
    )
    .into())
}

/// Uses of tolerances as they are listed everywhere; without `sources`, of one provider.
pub(super) fn table<'a>(
    visit: &Visit,
    found: impl IntoIterator<Item = &'a ToleranceUses>,
    sources: Option<&Sources>,
) -> Table {
    let t = visit.t;
    let columns = [
        t.get("provider.tolerance"),
        t.get("setup.diagnosis"),
        t.get("provider.tolerated_names"),
        t.get("provider.uses"),
        t.get("provider.last_used"),
    ];
    let mut table = Table::new(t.own("provider.tolerances"), &columns);
    table.empty = t.own("provider.no_tolerance");
    providers::seen(table, t, found, sources, |one| {
        let cells = vec![
            Cell::text(t.own_of("tolerance_name", &one.name)),
            Cell::text(t.own_of("tolerance", &one.name)),
            Cell::text(one.names.join(", ")),
            Cell::Number(one.uses),
            Cell::Time(one.last_used),
        ];
        (one.provider, cells)
    })
}
