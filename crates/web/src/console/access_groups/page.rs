//! The page of one access group, and the changes that are made on it.

use vestibule_domain::vendor::{Vendor, VendorStatus};
use vestibule_domain::{AccessGroupId, Hindrance};
use vestibule_service::access_groups::{AccessGroupDetails, Tied};
use vestibule_service::pages::PageQuery;
use vestibule_service::vendors::{Choice, VendorQuery};
use vestibule_service::{Error, Precondition, Role};

use super::form::{form, settings, typed};
use super::{enabled_badge, href, may, trail};
use crate::console::fields::Fields;
use crate::console::form::{Field, Form};
use crate::console::page::{Anchor, Block, Cell, Fact, Notice, Page, Remark, Section, Tone};
use crate::console::phrase::Phrase;
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;
use crate::console::{MOUNT, vendors};

pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let shown = find(visit).await?;
    let group = &shown.details.access_group;
    let typed = typed(&group.settings, Some(group.version));
    let form = form(visit, &typed, visit.path.clone(), false);
    Ok(page(visit, &shown, form, false).into())
}

/// All that the page shows.
struct Shown {
    details: AccessGroupDetails,
    /// Of the vendors that are pending, some without an access group.
    waiting: Vec<Vendor>,
}

/// Pending vendors that are looked at.
const PENDING: u64 = 20;
/// Of those without an access group, so many are named.
const NAMED: usize = 5;

async fn find(visit: &Visit) -> Result<Shown, Error> {
    let id: AccessGroupId = visit.id("access group")?;
    let pending = VendorQuery {
        choice: Choice {
            status: Some(VendorStatus::Pending),
            ..Choice::default()
        },
        page: PageQuery::first(PENDING),
    };
    visit
        .run(move |service, call| {
            let mut waiting = service.list_vendors(call, &pending)?.items;
            waiting.retain(|vendor| vendor.settings.access_group.is_none());
            waiting.truncate(NAMED);
            Ok(Shown {
                details: service.find_access_group(call, id)?,
                waiting,
            })
        })
        .await
}

/// What it is tied to; where that is nothing, what comes next.
fn tied(visit: &Visit, facts: Vec<Fact>, nothing: bool, waiting: &[Vendor]) -> Section {
    let t = visit.t;
    let mut blocks = vec![Block::Facts(facts)];
    if nothing {
        let mut notice = Notice::new(Tone::Waiting, t.own("access_group.next"));
        notice.more = waiting
            .iter()
            .map(|vendor| Remark {
                text: Phrase::default(),
                link: Some(Anchor::new(&vendor.name, vendors::href(vendor.id))),
            })
            .collect();
        blocks.insert(0, Block::Notice(notice));
    }
    Section {
        actions: match (nothing, waiting) {
            (true, [_, ..]) => vec![Anchor::new(
                t.own("access_group.waiting"),
                format!("{MOUNT}/vendors?status=pending"),
            )],
            _ => Vec::new(),
        },
        ..Section::new("tied", t.own("access_group.tied"), blocks)
    }
}

fn page(visit: &Visit, shown: &Shown, form: Form, wrong: bool) -> Page {
    let t = visit.t;
    let details = &shown.details;
    let group = &details.access_group;
    let Tied {
        vendors,
        internal_groups,
        providers,
    } = details.tied;
    let mut page = Page {
        title: group.settings.name.clone(),
        badge: Some(enabled_badge(t, group.settings.enabled)),
        trail: trail(t),
        current: "nav.access_groups",
        notice: wrong.then(|| Notice::new(Tone::Bad, t.own("form.wrong"))),
        ..Page::default()
    };
    let tied_to = |list: &str, count: i64| match count {
        0 => Cell::Number(0),
        count => Cell::link(
            count.to_string(),
            format!("{MOUNT}/{list}?access_group={}", group.id),
        ),
    };
    let facts = vec![
        Fact::new(t.own("nav.vendors"), tied_to("vendors", vendors)),
        Fact::new(
            t.own("nav.internal_groups"),
            tied_to("internal-groups", internal_groups),
        ),
        Fact::new(t.own("access_group.default_of"), Cell::Number(providers)),
        Fact::new(t.own("provider.id"), Cell::Copy(group.id.to_string())),
    ];
    if visit.may(Role::Operator) {
        page.sections = vec![Section::new(
            "edit",
            t.own("access_group.policy"),
            vec![Block::Form(form)],
        )];
        if vendors + internal_groups + providers == 0 {
            let mut delete = Form::of(
                "delete",
                format!("{}/delete", href(group.id)),
                t.own("access_group.delete"),
                vec![Field::retype(t.own("form.retype"), &group.settings.name)],
            );
            delete.danger = true;
            page.aside.push(Section::new(
                "delete-part",
                t.own("access_group.delete"),
                vec![Block::Form(delete)],
            ));
        }
    } else {
        let facts = vec![
            Fact::new(
                t.own("access_group.description"),
                Cell::optional(group.settings.description.clone()),
            ),
            Fact::new(
                t.own("access_group.may"),
                Cell::text(may(t, &group.settings)),
            ),
            Fact::new(
                t.own("access_group.approvals"),
                Cell::Number(group.settings.approvals_required.into()),
            ),
            Fact::new(
                t.own("access_group.approvers"),
                Cell::text(group.settings.approvers.join(", ")),
            ),
        ];
        page.sections = vec![Section::new(
            "policy",
            t.own("access_group.policy"),
            vec![Block::Facts(facts)],
        )];
    }
    let nothing = vendors + internal_groups == 0;
    page.aside
        .insert(0, tied(visit, facts, nothing, &shown.waiting));
    page
}

pub(in crate::console) async fn change(visit: &Visit, fields: &Fields) -> Answer {
    let id: AccessGroupId = visit.id("access group")?;
    let version = fields.get("version").parse().ok();
    let expected = version.map_or(Precondition::NONE, Precondition::version);
    let settings = match settings(visit, Some(id), fields).await? {
        Ok(settings) => settings,
        Err(wrong) => {
            let shown = find(visit).await?;
            let mut form = form(visit, fields, visit.path.clone(), false);
            form.mark_all(wrong, "name");
            return Ok(Reply::Mistaken(Box::new(page(visit, &shown, form, true))));
        }
    };
    let changed = visit
        .run(move |service, call| {
            service.change_access_group(call, id, expected, move |current| {
                *current = settings.clone();
                Ok(())
            })
        })
        .await;
    match changed {
        Ok(_) => Ok(Reply::See(format!("{}?done=saved", href(id)))),
        Err(Error::PreconditionFailed) => {
            let shown = find(visit).await?;
            let mut form = form(visit, fields, visit.path.clone(), false);
            form.over(shown.details.access_group.version);
            let page = page(visit, &shown, form, false);
            Ok(Reply::stale(visit.t, page, href(id)))
        }
        Err(error) => {
            let shown = find(visit).await?;
            let mut form = form(visit, fields, visit.path.clone(), false);
            visit.mark(&mut form, error, "name")?;
            Ok(Reply::Mistaken(Box::new(page(visit, &shown, form, true))))
        }
    }
}

pub(in crate::console) async fn delete(visit: &Visit, fields: &Fields) -> Answer {
    let id: AccessGroupId = visit.id("access group")?;
    let visit = &Visit {
        path: href(id),
        ..visit.clone()
    };
    let shown = find(visit).await?;
    if fields.get("confirm").trim() != shown.details.access_group.settings.name {
        return Err(Error::Conflict(Hindrance::NotRetyped.said([])));
    }
    visit
        .run(move |service, call| service.delete_access_group(call, id, Precondition::NONE))
        .await?;
    Ok(Reply::See(format!("{MOUNT}/access-groups?done=deleted")))
}
