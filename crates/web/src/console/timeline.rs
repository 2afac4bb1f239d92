//! What time alone will change: starts, ends and expiries to come.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use vestibule_domain::timeline::MomentKind;
use vestibule_domain::{ProviderId, VendorId};
use vestibule_service::providers::Sources;
use vestibule_service::timeline::{Moment, TimelineQuery};
use vestibule_service::{Error, Service};

use super::form::Pick;
use super::page::{Anchor, Cell, Page, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::{MOUNT, events, named, providers, vendors};

const PAGE: u64 = 50;

/// What is to come for a vendor and the links of its people.
pub(super) fn of_vendor(id: VendorId) -> String {
    format!("{MOUNT}/timeline?vendor={id}")
}

pub(super) async fn list(visit: &Visit) -> Answer {
    let t = visit.t;
    let mut fields = vec![];
    let mut when = |name: &'static str, label: String| -> Option<DateTime<Utc>> {
        let (field, read) = visit.filter_when(name, label);
        fields.push(field);
        read
    };
    let from = when("from", t.own("timeline.from"));
    let to = when("to", t.own("timeline.to"));
    let (vendor, of_vendor) = named::vendor(visit).await?;
    let query = TimelineQuery {
        kind: visit.query.get("kind").parse().ok(),
        provider: providers::chosen(visit),
        vendor: of_vendor,
        from,
        to,
        page: visit.part(PAGE, "at"),
    };
    let chosen = providers::chosen(visit);
    let found = visit
        .run(move |service: &Service, call| {
            let found = service.timeline(call, &query);
            let named = found.iter().flat_map(|found| &found.items);
            let named = named.filter_map(|moment| moment.provider).chain(chosen);
            let sources = service.sources(call, named)?;
            let items = found.iter().flat_map(|found| &found.items);
            let vendors: Vec<VendorId> = items.filter_map(|moment| moment.vendor).collect();
            let vendors = service.vendor_names(call, &vendors)?;
            Ok((found, (sources, vendors)))
        })
        .await?;
    let (found, (sources, vendors)) = match found {
        (Ok(found), sources) => (Some(found), sources),
        // The end before the beginning is told at its field; there is nothing between them.
        (Err(Error::Invalid { field, detail }), sources) if field == "to" => {
            let mistake = t.mistake(&field, &detail);
            if let Some(field) = fields.iter_mut().find(|one| one.name == "to") {
                field.mistake = Some(mistake);
            }
            (None, sources)
        }
        (Err(error), _) => return Err(error),
    };
    let mut table = Table::new(
        t.own("nav.timeline"),
        &[
            t.get("event.when"),
            t.get("timeline.what"),
            t.get("timeline.of"),
            t.get("vendor.provider"),
        ],
    );
    if let Some(found) = &found {
        table.paged(visit, found);
    } else {
        table.whole(visit);
    }
    table.rows = found
        .iter()
        .flat_map(|found| &found.items)
        .map(|moment| row(t, moment, &sources, &vendors))
        .collect();
    table.empty = t.own("timeline.none");
    table.empty_action = Some(Anchor::new(
        t.own("nav.vendors"),
        format!("{MOUNT}/vendors"),
    ));
    table.sorted(visit, &[(0, "at")], "at");
    let kinds = MomentKind::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.own_of("action", one.name())));
    let mut filters = vec![
        visit.filter_among("kind", t.own("timeline.what"), kinds),
        providers::filter(visit, &sources),
    ];
    filters.extend(fields);
    filters.push(vendor);
    table.filtered_by(visit, filters);
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(table), "timeline"));
    }
    Ok(Page::of_list(
        t,
        "nav.timeline",
        "timeline.lead",
        vec![Anchor::new(
            t.own("nav.timeline"),
            format!("{MOUNT}/timeline"),
        )],
        table,
    )
    .into())
}

fn row(
    t: Texts,
    moment: &Moment,
    sources: &Sources,
    named: &HashMap<VendorId, String>,
) -> Vec<Cell> {
    let tone = match moment.kind {
        MomentKind::VendorStarted | MomentKind::LinkStarted | MomentKind::BlockEnded => Tone::Good,
        MomentKind::VendorEnded
        | MomentKind::LinkExpired
        | MomentKind::ProviderExpired
        | MomentKind::SecretExpired
        | MomentKind::ActivationTokenExpired
        | MomentKind::AdminTokenExpired
        | MomentKind::AccessRequestExpired => Tone::Bad,
    };
    let subject = moment.kind.subject();
    let name = if moment.name.is_empty() {
        t.own_of("subject", subject.name())
    } else {
        moment.name.clone()
    };
    let mut about = vec![Anchor::new(name, events::subject(subject, moment.subject))];
    let vendor = moment.vendor.filter(|id| id.as_uuid() != moment.subject);
    about.extend(vendor.map(|id| {
        let name = named.get(&id).cloned();
        let name = name.unwrap_or_else(|| t.own("subject.vendor"));
        Anchor::new(name, vendors::href(id))
    }));
    vec![
        Cell::Time(moment.at),
        Cell::badge(tone, t.own_of("moment", moment.kind.name())),
        Cell::Links(about),
        moment
            .provider
            .map_or(Cell::Nothing, |id: ProviderId| providers::cell(sources, id)),
    ]
}
