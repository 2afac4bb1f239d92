//! Remote Access > Settings > Vendors.

mod list;

use chrono::{DateTime, Utc};
use vestibule_domain::provider::LinkDelivery;
use vestibule_domain::vendor::{Vendor, VendorSettings, VendorStatus};
use vestibule_domain::{GroupId, SettingsError, VendorId};
use vestibule_service::events::{Choice as EventChoice, EventQuery, EventRecord};
use vestibule_service::pages::{self, PageQuery};
use vestibule_service::vendors::{Placed, VendorDetails};
use vestibule_service::{Error, Precondition, Role};

use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Badge, Block, Cell, Fact, Notice, Page, Remark, Section, Tone};
use super::phrase::Phrase;
use super::query::Pairs;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use super::when::When;
use super::{MOUNT, access_groups, events, panic, people, providers, timeline};

pub(super) use list::list;

/// People and events shown with a vendor.
const BESIDE: u64 = 20;

pub(super) fn href(id: VendorId) -> String {
    format!("{MOUNT}/vendors/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.settings")),
        Anchor::new(t.own("nav.vendors"), format!("{MOUNT}/vendors")),
    ]
}

pub(super) fn status_badge(t: Texts, status: VendorStatus) -> Badge {
    let tone = match status {
        VendorStatus::Pending => Tone::Waiting,
        VendorStatus::Enabled => Tone::Good,
        VendorStatus::Disabled => Tone::Bad,
        VendorStatus::Closed => Tone::Plain,
    };
    Badge::new(tone, t.word(status.name()))
}

/// The one thing to do next so that its people get in; none when they do.
fn next_step(t: Texts, vendor: &Vendor, now: DateTime<Utc>) -> Option<String> {
    let settings = &vendor.settings;
    let key = match settings.status {
        VendorStatus::Closed => return Some(t.own("vendor.step_reattach")),
        VendorStatus::Disabled => "vendor.step_enable",
        _ if settings.access_group.is_none() => "vendor.step_access_group",
        _ if settings.start.is_none() => "vendor.step_start",
        VendorStatus::Pending => "vendor.step_enable",
        VendorStatus::Enabled if settings.end.is_some_and(|end| end <= now) => "vendor.step_extend",
        VendorStatus::Enabled => return None,
    };
    Some(t.own(key))
}

/// The same in words whatever its state.
pub(super) fn step(t: Texts, vendor: &Vendor, now: DateTime<Utc>) -> String {
    next_step(t, vendor, now).unwrap_or_default()
}

/// All that a vendor's page shows.
struct Shown {
    details: VendorDetails,
    people: pages::Page<Placed>,
    history: Vec<EventRecord>,
    provider: String,
    groups: Vec<Pick>,
}

async fn find(visit: &Visit) -> Result<Shown, Error> {
    let id: VendorId = visit.id("vendor")?;
    let placed = visit.part(BESIDE, "created");
    let (details, people, history, provider) = visit
        .run(move |service, call| {
            let details = service.find_vendor(call, id)?;
            let provider = service.find_provider(call, details.vendor.provider)?;
            let query = EventQuery {
                choice: EventChoice {
                    subject: Some(id.as_uuid()),
                    ..EventChoice::default()
                },
                page: PageQuery::first(BESIDE),
            };
            Ok((
                details,
                service.vendor_people(call, id, &placed)?,
                service.list_events(call, &query)?.items,
                provider.provider.settings.name,
            ))
        })
        .await?;
    let groups = access_groups::picks(visit).await?;
    Ok(Shown {
        details,
        people,
        history,
        provider,
        groups,
    })
}

pub(super) async fn show(visit: &Visit) -> Answer {
    let shown = find(visit).await?;
    let typed = typed(&shown.details.vendor.settings, shown.details.vendor.version);
    let form = form(visit, &shown, &typed);
    Ok(page(visit, &shown, form, false).into())
}

fn typed(settings: &VendorSettings, version: i64) -> Pairs {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs
        .append_pair("status", settings.status.name())
        .append_pair(
            "access_group",
            &settings
                .access_group
                .map(|id| id.to_string())
                .unwrap_or_default(),
        )
        .append_pair("start", &When::at(settings.start).value)
        .append_pair("end", &When::at(settings.end).value)
        .append_pair(
            "contract_number",
            settings.contract_number.as_deref().unwrap_or_default(),
        )
        .append_pair(
            "document_id",
            settings.document_id.as_deref().unwrap_or_default(),
        )
        .append_pair("link_delivery", settings.link_delivery.name())
        .append_pair("version", &version.to_string());
    Pairs::parse(pairs.finish().as_bytes())
}

fn form(visit: &Visit, shown: &Shown, typed: &Pairs) -> Form {
    let t = visit.t;
    let vendor = &shown.details.vendor;
    let pending = vendor.settings.status == VendorStatus::Pending;
    let statuses = VendorStatus::ALL
        .iter()
        .filter(|one| match one {
            VendorStatus::Pending => pending,
            VendorStatus::Enabled | VendorStatus::Disabled => true,
            VendorStatus::Closed => false,
        })
        .map(|one| Pick::new(one.name(), t.word(one.name())))
        .collect();
    let deliveries = LinkDelivery::ALL
        .iter()
        .map(|one| Pick::new(one.name(), t.word(&format!("delivery_{}", one.name()))))
        .collect();
    let mut form = Form::of(
        "vendor",
        format!("{}/edit", href(vendor.id)),
        t.own("form.save"),
        vec![
            Field::choice(
                "access_group",
                t.own("vendor.access_group"),
                shown.groups.clone(),
                typed.get("access_group"),
            ),
            Field::when("start", t.own("vendor.start"), When::sent(typed, "start")),
            Field::when("end", t.own("vendor.end"), When::sent(typed, "end"))
                .hint(t.own("vendor.end_hint")),
            Field::choice(
                "status",
                t.own("vendor.status"),
                statuses,
                typed.get("status"),
            ),
            Field::choice(
                "link_delivery",
                t.own("provider.link_delivery"),
                deliveries,
                typed.get("link_delivery"),
            ),
            Field::line(
                "contract_number",
                t.own("vendor.contract_number"),
                typed.get("contract_number"),
            ),
            Field::line(
                "document_id",
                t.own("vendor.document_id"),
                typed.get("document_id"),
            ),
        ],
    );
    form.hidden = vec![("version", typed.get("version").to_owned())];
    form
}

fn page(visit: &Visit, shown: &Shown, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    let vendor = &shown.details.vendor;
    let settings = &vendor.settings;
    let now = visit.web.service.now();
    let mut page = Page {
        title: vendor.name.clone(),
        badge: Some(status_badge(t, settings.status)),
        trail: trail(t),
        current: "nav.vendors",
        ..Page::default()
    };
    page.notice = if wrong {
        Some(Notice::new(Tone::Bad, t.own("form.wrong")))
    } else {
        let step = next_step(t, vendor, now);
        step.filter(|_| visit.query.given("done").is_none())
            .map(|step| Notice::new(Tone::Waiting, step))
    };
    let chooses = visit.may(Role::Operator) && settings.access_group.is_none();
    // Of those to choose from, the first is none.
    if shown.groups.len() == 1
        && chooses
        && let Some(notice) = &mut page.notice
    {
        notice.more.push(Remark {
            text: t.get("vendor.no_access_group").into(),
            link: Some(Anchor::new(
                t.own("vendor.make_access_group"),
                format!("{MOUNT}/access-groups/new"),
            )),
        });
    }
    let closed = settings.status == VendorStatus::Closed;
    let coming = timeline::of_vendor(vendor.id);
    page.actions = vec![Anchor::new(t.own("nav.timeline"), coming)];
    if visit.may(Role::Operator) {
        page.actions.push(panic::button(t, &href(vendor.id)));
    }
    if visit.may(Role::Operator) && !closed {
        page.sections.push(Section::new(
            "edit",
            t.own("vendor.edit"),
            vec![Block::Form(form)],
        ));
    }
    if visit.may(Role::Operator) && closed {
        page.sections.push(reattaching(t, vendor.id));
    }
    page.sections.push(placed(visit, shown));
    page.sections.push(Section::new(
        "history",
        t.own("provider.history"),
        vec![Block::Table(events::table(visit, &shown.history))],
    ));
    page.aside = vec![facts(t, shown)];
    page
}

/// Where a closed vendor is tied to the group that was pushed anew.
fn reattaching(t: Texts, id: VendorId) -> Section {
    let attach = Form::of(
        "attach",
        format!("{}/reattach", href(id)),
        t.own("vendor.reattach"),
        vec![
            Field::line("group", t.own("vendor.group_id"), "")
                .required()
                .hint(t.own("vendor.group_hint")),
        ],
    );
    Section::new(
        "closed",
        t.own("vendor.reattach"),
        vec![
            Block::Text(t.own("vendor.closed_lead")),
            Block::Form(attach),
        ],
    )
}

fn facts(t: Texts, shown: &Shown) -> Section {
    let vendor = &shown.details.vendor;
    let settings = &vendor.settings;
    let group = shown
        .details
        .access_group_name
        .clone()
        .zip(settings.access_group);
    Section::new(
        "facts",
        t.own("vendor.facts"),
        vec![Block::Facts(vec![
            Fact::new(
                t.own("vendor.status"),
                Cell::Badge(status_badge(t, settings.status)),
            ),
            Fact::new(
                t.own("vendor.access_group"),
                group.map_or(Cell::Nothing, |(name, id)| {
                    Cell::link(name, access_groups::href(id))
                }),
            ),
            Fact::new(t.own("vendor.start"), Cell::time(settings.start)),
            Fact::new(t.own("vendor.end"), Cell::time(settings.end)),
            Fact::new(t.own("vendor.people"), Cell::Number(shown.details.people)),
            Fact::new(
                t.own("vendor.provider"),
                Cell::link(&shown.provider, providers::href(vendor.provider)),
            ),
            Fact::new(
                t.own("vendor.contract_number"),
                Cell::optional(settings.contract_number.clone()),
            ),
            Fact::new(
                t.own("vendor.document_id"),
                Cell::optional(settings.document_id.clone()),
            ),
            Fact::new(t.own("provider.id"), Cell::Copy(vendor.id.to_string())),
            Fact::new(t.own("vendor.created"), Cell::Time(vendor.created)),
        ])],
    )
}

fn placed(visit: &Visit, shown: &Shown) -> Section {
    let t = visit.t;
    let mut table = Table::new(
        t.own("vendor.people"),
        &[
            t.get("person.user_name"),
            t.get("vendor.rule"),
            t.get("person.why"),
            t.get("vendor.since"),
        ],
    );
    table.empty = t.own("vendor.nobody");
    table.rows = shown
        .people
        .items
        .iter()
        .map(|one| {
            vec![
                Cell::link(&one.user_name, people::href(one.id)),
                Cell::text(t.own_of("rule_name", one.rule.name())),
                Cell::link(
                    match one.candidates {
                        0 | 1 => t.own("vendor.only_one"),
                        count => t.say("vendor.last_of", &[("count", &count)]),
                    },
                    format!("{}#placement", people::href(one.id)),
                ),
                events::when(one.placed, one.event),
            ]
        })
        .collect();
    table.paged_under(visit, &shown.people, "people");
    Section::new("people", t.own("vendor.people"), vec![Block::Table(table)])
}

pub(super) async fn change(visit: &Visit, fields: &Fields) -> Answer {
    let id: VendorId = visit.id("vendor")?;
    let mut wrong: Vec<(String, Phrase)> = Vec::new();
    let mut read = |name: &'static str| {
        let mistake = |key| wrong.push((name.to_owned(), visit.t.get(key).into()));
        When::sent(fields, name).instant().map_err(mistake)
    };
    let (start, end) = (read("start"), read("end"));
    let unread = start.is_err();
    let (start, end) = (start.unwrap_or_default(), end.unwrap_or_default());
    let given = |name: &str| fields.given(name).map(str::to_owned);
    let version = fields.get("version").parse().ok();
    let expected = version.map_or(Precondition::NONE, Precondition::version);
    let wanted = VendorSettings {
        access_group: fields.get("access_group").parse().ok(),
        start,
        end,
        status: fields.get("status").parse().unwrap_or_default(),
        contract_number: given("contract_number"),
        document_id: given("document_id"),
        link_delivery: fields.get("link_delivery").parse().unwrap_or_default(),
    };
    let asked = wanted.clone();
    let mut found = visit
        .run(move |service, call| service.vendor_mistakes(call, &asked))
        .await?;
    // One that cannot be read is none that is missing.
    let missing = SettingsError::EnabledWithoutStart.to_string();
    found.retain(|one| {
        !unread || !matches!(one, Error::Invalid { detail, .. } if *detail == missing)
    });
    visit.add_mistakes(&mut wrong, found)?;
    if !wrong.is_empty() {
        let shown = find(visit).await?;
        let mut form = form(visit, &shown, fields);
        form.mark_all(wrong, "status");
        return Ok(Reply::Mistaken(Box::new(page(visit, &shown, form, true))));
    }
    let changed = visit
        .run(move |service, call| {
            service.change_vendor(call, id, expected, move |current| {
                *current = wanted.clone();
                Ok(())
            })
        })
        .await;
    match changed {
        Ok(_) => Ok(Reply::See(format!("{}?done=saved", href(id)))),
        Err(Error::PreconditionFailed) => {
            let shown = find(visit).await?;
            let mut form = form(visit, &shown, fields);
            form.over(shown.details.vendor.version);
            let page = page(visit, &shown, form, false);
            Ok(Reply::stale(visit.t, page, href(id)))
        }
        Err(error) => {
            let shown = find(visit).await?;
            let mut form = form(visit, &shown, fields);
            visit.mark(&mut form, error, "status")?;
            Ok(Reply::Mistaken(Box::new(page(visit, &shown, form, true))))
        }
    }
}

pub(super) async fn reattach(visit: &Visit, fields: &Fields) -> Answer {
    let id: VendorId = visit.id("vendor")?;
    let group: GroupId = fields
        .get("group")
        .trim()
        .parse()
        .map_err(|_| Error::NotFound("group"))?;
    visit
        .run(move |service, call| service.reattach_vendor(call, id, group))
        .await?;
    Ok(Reply::See(format!("{}?done=saved", href(id))))
}
