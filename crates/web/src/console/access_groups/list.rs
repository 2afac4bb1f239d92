//! Every access group.

use vestibule_domain::access_group::AccessGroup;
use vestibule_service::Role;
use vestibule_service::access_groups::AccessGroupQuery;

use super::{enabled_badge, href, may, state_filter, trail, wanted_state};
use crate::console::MOUNT;
use crate::console::page::{Anchor, Block, Cell, Page, Section};
use crate::console::reply::{Answer, Reply};
use crate::console::table::Table;
use crate::console::text::Texts;
use crate::console::visit::Visit;

const PAGE: u64 = 100;

pub(in crate::console) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = AccessGroupQuery {
        enabled: wanted_state(visit),
        search: visit.query.given("q").map(str::to_owned),
        page: visit.part(PAGE, "created"),
    };
    let found = visit
        .run(move |service, call| service.list_access_groups(call, &query))
        .await?;
    let mut table = Table::new(
        t.own("nav.access_groups"),
        &[
            t.get("access_group.name"),
            t.get("access_group.description"),
            t.get("access_group.enabled"),
            t.get("access_group.may"),
            t.get("access_group.approvals"),
            t.get("access_group.linkable"),
        ],
    );
    table.rows = found.items.iter().map(|one| row(t, one)).collect();
    table.empty = t.own("access_group.none");
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "name"), (2, "enabled")], "created");
    table.filtered_by(
        visit,
        vec![
            visit.filter("q", t.own("access_group.name")),
            state_filter(visit),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "access-groups"));
    }
    let mut page = Page {
        title: t.own("nav.access_groups"),
        lead: Some(t.own("access_group.lead")),
        trail: trail(t),
        current: "nav.access_groups",
        ..Page::default()
    };
    if visit.may(Role::Operator) {
        let new = format!("{MOUNT}/access-groups/new");
        page.actions = vec![Anchor::primary(t.own("access_group.new"), new)];
        table.empty_action = page.actions.first().cloned();
    }
    page.sections = vec![Section::new(
        "list",
        t.own("nav.access_groups"),
        vec![Block::Table(table)],
    )];
    Ok(page.into())
}

fn row(t: Texts, one: &AccessGroup) -> Vec<Cell> {
    let settings = &one.settings;
    vec![
        Cell::link(&settings.name, href(one.id)),
        Cell::optional(settings.description.clone()),
        Cell::Badge(enabled_badge(t, settings.enabled)),
        Cell::text(may(t, settings)),
        Cell::text(if settings.approvals_required == 0 {
            t.own("access_group.no_approval")
        } else {
            settings.approvals_required.to_string()
        }),
        Cell::text(t.word(if settings.linkable_by_provisioning {
            "yes"
        } else {
            "no"
        })),
    ]
}
