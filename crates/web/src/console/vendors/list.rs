//! Every vendor, with the step that each still needs.

use vestibule_domain::vendor::VendorStatus;
use vestibule_service::providers::Sources;
use vestibule_service::vendors::{Choice, VendorQuery};

use super::{href, next_step, status_badge, trail};
use crate::console::form::{Field, Pick};
use crate::console::page::{Cell, Page};
use crate::console::reply::{Answer, Reply};
use crate::console::table::Table;
use crate::console::visit::Visit;
use crate::console::{access_groups, providers};

const PAGE: u64 = 100;

pub(in crate::console) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = VendorQuery {
        choice: Choice {
            provider: providers::chosen(visit),
            status: visit.query.get("status").parse().ok(),
            name: visit.query.given("name").map(str::to_owned),
            access_group: access_groups::chosen(visit),
            ..Choice::default()
        },
        page: visit.part(PAGE, "created"),
    };
    let chosen = providers::chosen(visit);
    let (found, sources) = visit
        .run(move |service, call| {
            let found = service.list_vendors(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let groups = access_groups::picks(visit).await?;
    let now = visit.web.service.now();
    let mut table = Table::new(
        t.own("nav.vendors"),
        &[
            t.get("vendor.name"),
            t.get("vendor.status"),
            t.get("vendor.step"),
            t.get("vendor.access_group"),
            t.get("vendor.start"),
            t.get("vendor.end"),
            t.get("vendor.provider"),
        ],
    );
    table.rows = found
        .items
        .iter()
        .map(|vendor| {
            let settings = &vendor.settings;
            let group = settings.access_group;
            vec![
                Cell::link(&vendor.name, href(vendor.id)),
                Cell::Badge(status_badge(t, settings.status)),
                next_step(t, vendor, now).map_or(Cell::Nothing, Cell::text),
                group.map_or(Cell::Nothing, |id| access_groups::cell(&groups, id)),
                Cell::time(settings.start),
                Cell::time(settings.end),
                providers::cell(&sources, vendor.provider),
            ]
        })
        .collect();
    table.empty = t.own("vendor.none");
    table.empty_action = Some(providers::begin(visit));
    table.paged(visit, &found);
    table.sorted(
        visit,
        &[(0, "name"), (1, "status"), (4, "start"), (5, "end")],
        "created",
    );
    table.filtered_by(visit, filters(visit, &sources, &groups));
    if visit.wants_csv() {
        let ids = found.items.iter().map(|one| one.id.to_string());
        table.for_machines(t.own("provider.id"), ids.map(Cell::Code));
        return Ok(Reply::Export(Box::new(table), "vendors"));
    }
    Ok(Page::of_list(t, "nav.vendors", "vendor.lead", trail(t), table).into())
}

fn filters(visit: &Visit, sources: &Sources, groups: &[Pick]) -> Vec<Field> {
    let t = visit.t;
    let statuses = VendorStatus::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.word(one.name())));
    vec![
        visit
            .filter("name", t.own("vendor.name"))
            .hint(t.own("vendor.name_hint")),
        visit.filter_among("status", t.own("vendor.status"), statuses),
        access_groups::filter(visit, groups),
        providers::filter(visit, sources),
    ]
}
