//! Every access request, and those that wait for one person.

use vestibule_domain::UserId;
use vestibule_domain::access_group::AccessGroup;
use vestibule_domain::access_request::{RequestState, approvals_needed};
use vestibule_service::access_requests::AccessRequestQuery;
use vestibule_service::pages::PageQuery;
use vestibule_service::{Error, Role};

use super::{href, state, trail};
use crate::console::form::Pick;
use crate::console::page::{Anchor, Block, Cell, Fact, Page, Section};
use crate::console::reply::{Answer, Reply};
use crate::console::table::Table;
use crate::console::visit::Visit;
use crate::console::{MOUNT, people, providers};

const PAGE: u64 = 50;

/// Every request, newest first.
pub(in crate::console) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = AccessRequestQuery {
        user: visit.wanted_id("user"),
        provider: providers::chosen(visit),
        vendor: visit.wanted_id("vendor"),
        state: visit.query.get("state").parse().ok(),
        page: visit.part(PAGE, "-created"),
    };
    let chosen = providers::chosen(visit);
    let (found, sources) = visit
        .run(move |service, call| {
            let found = service.list_access_requests(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let mut table = Table::new(
        t.own("nav.access_requests"),
        &[
            t.get("person.user_name"),
            t.get("access_request.justification"),
            t.get("access_request.state"),
            t.get("access_request.requester"),
            t.get("access_request.created"),
            t.get("access_request.expires"),
            t.get("vendor.provider"),
        ],
    );
    table.rows = found
        .items
        .iter()
        .map(|one| {
            vec![
                Cell::link(&one.user_name, people::href(one.user)),
                Cell::link(&one.asked.justification, href(one.id)),
                Cell::Badge(state(t, one.state)),
                Cell::text(&one.requester.name),
                Cell::Time(one.created),
                Cell::Time(one.expires),
                providers::cell(&sources, one.provider),
            ]
        })
        .collect();
    table.empty = t.own("access_request.none");
    table.empty_action = Some(Anchor::new(t.own("nav.people"), format!("{MOUNT}/people")));
    table.paged(visit, &found);
    table.sorted(
        visit,
        &[(0, "user_name"), (4, "created"), (5, "expires")],
        "-created",
    );
    let states = RequestState::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("request_state", one.name())));
    table.filtered_by(
        visit,
        vec![
            visit.filter_among("state", t.own("access_request.state"), states),
            providers::filter(visit, &sources),
            visit.filter_id("vendor", t.own("access_request.vendor_id")),
            visit.filter_id("user", t.own("access_request.user_id")),
        ],
    );
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "access-requests"));
    }
    Ok(Page::of_list(
        t,
        "nav.access_requests",
        "access_request.lead",
        trail(t),
        table,
    )
    .into())
}

/// In place of the button that makes a link: that others have to approve, and the way to ask them.
pub(in crate::console) async fn of_person(
    visit: &Visit,
    user: UserId,
    policy: &AccessGroup,
    mut blocks: Vec<Block>,
) -> Result<Section, Error> {
    let t = visit.t;
    let query = AccessRequestQuery {
        user: Some(user),
        state: Some(RequestState::Pending),
        page: PageQuery::first(1),
        ..AccessRequestQuery::default()
    };
    let waiting = visit
        .run(move |service, call| service.list_access_requests(call, &query))
        .await?
        .items;
    let needed = approvals_needed(&policy.settings);
    let group = &policy.settings.name;
    let text = t.say(
        "access_request.needed",
        &[("group", group), ("count", &needed)],
    );
    blocks.push(Block::Text(text));
    let all = format!("{MOUNT}/access-requests?user={user}");
    let mut actions = vec![Anchor::new(t.own("nav.access_requests"), all)];
    match waiting.first() {
        Some(one) => blocks.push(Block::Facts(vec![Fact::new(
            t.own("access_request.waiting"),
            Cell::link(&one.asked.justification, href(one.id)),
        )])),
        None if visit.may(Role::Operator) => {
            let ask = format!("{}/request", people::href(user));
            actions.insert(0, Anchor::primary(t.own("access_request.ask"), ask));
        }
        None => {}
    }
    Ok(Section {
        actions,
        ..Section::new("links", t.own("nav.links"), blocks)
    })
}
