//! Settings > User Management > Users.

pub(super) mod person;

use vestibule_domain::UserId;
use vestibule_service::people::PeopleQuery;
use vestibule_service::providers::ProviderQuery;

use super::form::{Field, Pick};
use super::page::{Anchor, Block, Cell, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, providers};

const PAGE: u64 = 50;

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
    let query = PeopleQuery {
        provider: visit.query.get("provider").parse().ok(),
        user_name: visit.query.given("user_name").map(str::to_owned),
        page: visit.part(PAGE),
        ..PeopleQuery::default()
    };
    let asked = query.clone();
    let (found, sources) = visit
        .run(move |service, call| {
            Ok((
                service.list_people(call, &asked)?,
                service
                    .list_providers(call, &ProviderQuery::first(1_000))?
                    .items,
            ))
        })
        .await?;
    let mut table = Table::new(
        t.own("nav.people"),
        &[
            t.get("person.user_name"),
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
            let source = sources
                .iter()
                .find(|source| source.provider.id == one.provider);
            vec![
                Cell::link(&one.user_name, href(one.id)),
                Cell::optional(one.email.clone()),
                active(t, one.active),
                source.map_or(Cell::Nothing, |source| {
                    Cell::link(
                        &source.provider.settings.name,
                        providers::href(one.provider),
                    )
                }),
                Cell::Time(one.created),
                Cell::Time(one.modified),
            ]
        })
        .collect();
    table.next = found
        .next
        .as_deref()
        .map(|next| visit.here(&[("after", Some(next))]));
    table.first = query.page.after.map(|_| visit.here(&[("after", None)]));
    table.here = format!("{MOUNT}/people");
    table.empty = t.own("person.none");
    table.csv = Some(visit.here(&[("format", Some("csv"))]));
    table.filtered = ["user_name", "provider"]
        .iter()
        .any(|name| visit.query.given(name).is_some());
    let mut from = vec![Pick::new("", t.own("table.any"))];
    from.extend(
        sources
            .iter()
            .map(|one| Pick::new(one.provider.id.to_string(), &one.provider.settings.name)),
    );
    table.filters = vec![
        Field::line(
            "user_name",
            t.own("person.user_name"),
            visit.query.get("user_name"),
        ),
        Field::choice(
            "provider",
            t.own("vendor.provider"),
            from,
            visit.query.get("provider"),
        ),
    ];
    if visit.wants_csv() {
        return Ok(Reply::Raw(table.download("people")));
    }
    Ok(Page {
        title: t.own("nav.people"),
        lead: Some(t.own("person.lead")),
        trail: trail(t),
        current: "nav.people",
        sections: vec![Section::new(
            "list",
            t.own("nav.people"),
            vec![Block::Table(table)],
        )],
        ..Page::default()
    }
    .into())
}

pub(super) fn active(t: Texts, active: bool) -> Cell {
    if active {
        Cell::badge(Tone::Good, t.word("active"))
    } else {
        Cell::badge(Tone::Bad, t.word("inactive"))
    }
}
