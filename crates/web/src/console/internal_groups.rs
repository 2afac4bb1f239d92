//! Remote Access > Settings > Internal Users > Groups.

use vestibule_domain::internal_group::InternalGroupSettings;
use vestibule_domain::provider::{LinkDelivery, Provider};
use vestibule_domain::{GroupId, UserId};
use vestibule_service::events::{Choice as EventChoice, EventQuery, EventRecord};
use vestibule_service::internal_groups::{InternalGroup, InternalGroupQuery, Member};
use vestibule_service::pages::{self, PageQuery};
use vestibule_service::{Error, Precondition, Role};

use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Block, Cell, Fact, Page, Section};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, access_groups, events, panic, people, providers};

const PAGE: u64 = 100;
/// Members and events shown with a group.
const BESIDE: u64 = 20;

pub(super) fn href(id: GroupId) -> String {
    format!("{MOUNT}/internal-groups/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.settings")),
        Anchor::words(t.own("nav.internal_users")),
        Anchor::new(
            t.own("nav.internal_groups"),
            format!("{MOUNT}/internal-groups"),
        ),
    ]
}

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let query = InternalGroupQuery {
        provider: providers::chosen(visit),
        access_group: access_groups::chosen(visit),
        search: visit.query.given("q").map(str::to_owned),
        page: visit.part(PAGE, "created"),
    };
    let chosen = providers::chosen(visit);
    let (found, sources) = visit
        .run(move |service, call| {
            let found = service.list_internal_groups(call, &query)?;
            let named = found.items.iter().map(|one| one.provider);
            let sources = service.sources(call, named.chain(chosen))?;
            Ok((found, sources))
        })
        .await?;
    let groups = access_groups::picks(visit).await?;
    let mut table = Table::new(
        t.own("nav.internal_groups"),
        &[
            t.get("access_group.name"),
            t.get("vendor.provider"),
            t.get("access_group.enabled"),
            t.get("vendor.access_group"),
            t.get("provider.link_delivery"),
        ],
    );
    table.empty = t.own("internal_group.none");
    table.empty_action = Some(providers::begin(visit));
    table.rows = found
        .items
        .iter()
        .map(|one| {
            let group = one.settings.access_group;
            vec![
                Cell::link(&one.name, href(one.id)),
                providers::cell(&sources, one.provider),
                Cell::Badge(access_groups::enabled_badge(t, one.settings.enabled)),
                group.map_or_else(
                    || Cell::text(t.own("internal_group.untied")),
                    |id| access_groups::cell(&groups, id),
                ),
                Cell::text(t.word(&format!("delivery_{}", one.settings.link_delivery.name()))),
            ]
        })
        .collect();
    table.paged(visit, &found);
    table.sorted(visit, &[(0, "name")], "created");
    table.filtered_by(
        visit,
        vec![
            visit.filter("q", t.own("access_group.name")),
            access_groups::filter(visit, &groups),
            providers::filter(visit, &sources),
        ],
    );
    if visit.wants_csv() {
        let ids = found.items.iter().map(|one| one.id.to_string());
        table.for_machines(t.own("provider.id"), ids.map(Cell::Code));
        return Ok(Reply::Export(Box::new(table), "internal-groups"));
    }
    Ok(Page {
        title: t.own("internal_group.title"),
        lead: Some(t.own("internal_group.lead")),
        trail: trail(t),
        current: "nav.internal_groups",
        sections: vec![Section::new(
            "list",
            t.own("nav.internal_groups"),
            vec![Block::Table(table)],
        )],
        ..Page::default()
    }
    .into())
}

/// What is shown beside a group.
struct Beside {
    members: pages::Page<Member>,
    history: Vec<EventRecord>,
}

async fn find(visit: &Visit, id: GroupId) -> Result<(InternalGroup, Provider, Beside), Error> {
    let part = visit.part(BESIDE, "created");
    visit
        .run(move |service, call| {
            let group = service.find_internal_group(call, id)?;
            let source = service.find_provider(call, group.provider)?;
            let query = EventQuery {
                choice: EventChoice {
                    subject: Some(id.as_uuid()),
                    ..EventChoice::default()
                },
                page: PageQuery::first(BESIDE),
            };
            let beside = Beside {
                members: service.internal_group_members(call, id, &part)?,
                history: service.list_events(call, &query)?.items,
            };
            Ok((group, source.provider, beside))
        })
        .await
}

pub(super) async fn show(visit: &Visit) -> Answer {
    let t = visit.t;
    let id: GroupId = visit.id("group")?;
    let (group, source, beside) = find(visit, id).await?;
    let groups = access_groups::picks(visit).await?;
    let settings = &group.settings;
    let tied = settings
        .access_group
        .map(|id| id.to_string())
        .unwrap_or_default();
    let mut page = Page {
        title: group.name.clone(),
        badge: Some(access_groups::enabled_badge(t, settings.enabled)),
        trail: trail(t),
        current: "nav.internal_groups",
        ..Page::default()
    };
    let facts = vec![
        Fact::new(
            t.own("vendor.provider"),
            Cell::link(&source.settings.name, providers::href(source.id)),
        ),
        Fact::new(
            t.own("vendor.access_group"),
            Cell::optional(
                groups
                    .iter()
                    .find(|pick| pick.value == tied)
                    .map(|pick| pick.text.clone()),
            ),
        ),
        Fact::new(t.own("provider.id"), Cell::Copy(group.id.to_string())),
    ];
    if visit.may(Role::Operator) {
        page.actions.push(panic::button(t, &href(id)));
        let deliveries = LinkDelivery::ALL
            .iter()
            .map(|one| Pick::new(one.name(), t.word(&format!("delivery_{}", one.name()))))
            .collect();
        let form = Form::of(
            "group",
            href(id),
            t.own("form.save"),
            vec![
                Field::switch("enabled", t.own("access_group.enabled"), settings.enabled),
                Field::choice("access_group", t.own("vendor.access_group"), groups, tied)
                    .hint(t.own("internal_group.access_group_hint")),
                Field::choice(
                    "link_delivery",
                    t.own("provider.link_delivery"),
                    deliveries,
                    settings.link_delivery.name(),
                ),
            ],
        );
        page.sections.push(Section::new(
            "edit",
            t.own("vendor.edit"),
            vec![Block::Form(form)],
        ));
        page.aside.push(Section::new(
            "facts",
            t.own("vendor.facts"),
            vec![Block::Facts(facts)],
        ));
    } else {
        page.sections.push(Section::new(
            "facts",
            t.own("vendor.facts"),
            vec![Block::Facts(facts)],
        ));
    }
    page.sections.push(members(visit, &beside.members));
    page.sections.push(Section {
        actions: vec![Anchor::new(
            t.own("event.all"),
            format!("{MOUNT}/events?subject={id}"),
        )],
        ..Section::new(
            "history",
            t.own("provider.history"),
            vec![Block::Table(events::table(visit, &beside.history))],
        )
    });
    Ok(page.into())
}

/// People and nested groups, a page at a time.
fn members(visit: &Visit, found: &pages::Page<Member>) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("internal_group.members"),
        &[
            t.get("access_group.name"),
            t.get("search.kind"),
            t.get("person.state"),
            t.get("table.details"),
        ],
    );
    table.empty = t.own("internal_group.nobody");
    table.rows = found
        .items
        .iter()
        .map(|one| {
            let kind = if one.is_group { "group" } else { "user" };
            let place = if one.is_group {
                one.id.parse().map(href)
            } else {
                one.id.parse::<UserId>().map(people::href)
            };
            vec![
                place.map_or_else(
                    |_| Cell::text(&one.name),
                    |href| Cell::link(&one.name, href),
                ),
                Cell::text(t.own_of("subject", kind)),
                if one.is_group {
                    Cell::text(t.own("internal_group.nested"))
                } else {
                    people::active(t, one.active, false)
                },
                Cell::link(
                    t.own("verdict.event"),
                    format!("{MOUNT}/events?id={}", one.event),
                ),
            ]
        })
        .collect();
    table.paged_under(visit, found, "members");
    Section::new(
        "members",
        t.own("internal_group.members"),
        vec![Block::Table(table)],
    )
}

pub(super) async fn change(visit: &Visit, fields: &Fields) -> Answer {
    let id: GroupId = visit.id("group")?;
    let wanted = InternalGroupSettings {
        enabled: fields.has("enabled"),
        access_group: fields.get("access_group").parse().ok(),
        link_delivery: fields.get("link_delivery").parse().unwrap_or_default(),
    };
    visit
        .run(move |service, call| {
            service.change_internal_group(call, id, Precondition::NONE, move |current| {
                *current = wanted.clone();
                Ok(())
            })
        })
        .await?;
    Ok(Reply::See(format!("{}?done=saved", href(id))))
}
