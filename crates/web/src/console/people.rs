//! Settings > User Management > Users.

pub(super) mod person;

use vestibule_domain::UserId;
use vestibule_service::pages::PageQuery;
use vestibule_service::people::{PeopleQuery, PersonSort};

use super::form::Pick;
use super::page::{Anchor, Cell, Page, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, providers};

const PAGE: u64 = 50;
const ACTIVE: &str = "active";
const INACTIVE: &str = "inactive";
const BLOCKED: &str = "blocked";
const STATES: [&str; 2] = [ACTIVE, INACTIVE];

pub(super) fn href(id: UserId) -> String {
    format!("{MOUNT}/people/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.settings")),
        Anchor::words(t.own("nav.user_management")),
        Anchor::new(t.own("nav.people"), format!("{MOUNT}/people")),
    ]
}

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let chosen = providers::chosen(visit);
    let mut page = visit.part(PAGE, "created");
    if chosen.is_none() && page.sort == Some(PersonSort::Modified) {
        page = PageQuery::first(PAGE);
    }
    let state = visit.query.get("state");
    let query = PeopleQuery {
        provider: chosen,
        named: visit.query.given("user_name").map(str::to_owned),
        active: STATES.contains(&state).then_some(state == ACTIVE),
        blocked: state == BLOCKED,
        page,
        ..PeopleQuery::default()
    };
    let (found, sources) = visit
        .run(move |service, call| {
            let found = service.list_people(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let mut table = Table::new(
        t.own("nav.people"),
        &[
            t.get("person.user_name"),
            t.get("person.name"),
            t.get("person.email"),
            t.get("person.state"),
            t.get("vendor.provider"),
            t.get("person.created"),
            t.get("person.modified"),
        ],
    );
    table.rows = found
        .items
        .iter()
        .map(|one| {
            vec![
                Cell::link(&one.user_name, href(one.id)),
                Cell::optional(one.name.clone()),
                Cell::optional(one.email.clone()),
                active(t, one.active, one.blocked),
                providers::cell(&sources, one.provider),
                Cell::Time(one.created),
                Cell::Time(one.modified),
            ]
        })
        .collect();
    table.empty = t.own("person.none");
    table.empty_action = Some(providers::begin(visit));
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "user_name"), (5, "created")], "created");
    if chosen.is_some() {
        table.sorted(visit, &[(6, "modified")], "created");
    }
    let states = [ACTIVE, INACTIVE, BLOCKED].map(|word| Pick::new(word, t.word(word)));
    table.filtered_by(
        visit,
        vec![
            visit
                .filter("user_name", t.own("person.named"))
                .hint(t.own("person.named_hint")),
            providers::filter(visit, &sources),
            visit.filter_among("state", t.own("person.state"), states),
        ],
    );
    if visit.wants_csv() {
        let ids = found.items.iter().map(|one| one.id.to_string());
        table.for_machines(t.own("provider.id"), ids.map(Cell::Code));
        return Ok(Reply::Export(Box::new(table), "people"));
    }
    Ok(Page::of_list(t, "nav.people", "person.lead", trail(t), table).into())
}

/// Active or not, and whether a block keeps them out.
pub(super) fn active(t: Texts, active: bool, blocked: bool) -> Cell {
    if blocked {
        Cell::badge(Tone::Bad, t.word("blocked"))
    } else if active {
        Cell::badge(Tone::Good, t.word("active"))
    } else {
        Cell::badge(Tone::Bad, t.word("inactive"))
    }
}
