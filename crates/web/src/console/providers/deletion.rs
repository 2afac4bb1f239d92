//! The end of a provider: what goes with it, and how far it has come.

use std::thread;

use vestibule_domain::ProviderId;
use vestibule_domain::provider::Provider;
use vestibule_service::providers::{Deletion, Holdings};
use vestibule_service::{Error, Precondition};

use super::{href, trail};
use crate::console::MOUNT;
use crate::console::fields::Fields;
use crate::console::form::{Field, Form};
use crate::console::page::{
    Block, Button, Cell, Fact, Live, Notice, Page, Remark, Section, Shares, Tone,
};
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;

pub(in crate::console) async fn preview(visit: &Visit) -> Answer {
    before(visit, None).await.map(Reply::from)
}

async fn before(visit: &Visit, mistake: Option<&str>) -> Result<Page, Error> {
    let t = visit.t;
    let id: ProviderId = visit.id("provider")?;
    let details = visit
        .run(move |service, call| service.find_provider(call, id))
        .await?;
    let name = details.provider.settings.name;
    let mut form = Form::of(
        "delete",
        format!("{}/delete", href(id)),
        t.own("provider.delete"),
        vec![Field::retype(t.own("form.retype"), &name)],
    );
    form.danger = true;
    form.cancel = Some(href(id));
    if let Some(mistake) = mistake {
        form.mark("confirm", mistake);
    }
    let mut page = titled(visit, &name);
    page.notice = Some(Notice::new(Tone::Bad, t.own("provider.delete_warning")));
    page.sections = vec![Section::new(
        "goes",
        t.own("provider.delete_goes"),
        vec![counts(visit, &details.holdings), Block::Form(form)],
    )];
    Ok(page)
}

fn titled(visit: &Visit, name: &str) -> Page {
    Page {
        title: visit.t.say("provider.delete_title", &[("name", &name)]),
        trail: trail(visit.t),
        current: "nav.providers",
        ..Page::default()
    }
}

fn counts(visit: &Visit, holdings: &Holdings) -> Block {
    let t = visit.t;
    let fact = |key: &'static str, number| Fact::new(t.own(key), Cell::Number(number));
    Block::Facts(vec![
        fact("provider.people", holdings.users),
        fact("provider.groups", holdings.groups),
        fact("nav.vendors", holdings.vendors),
        fact("provider.placed", holdings.placements),
        fact("provider.tokens", holdings.tokens),
    ])
}

/// Shuts the provider out and lets the rest be removed beside, step by step; pressed again, it goes
/// on where it stopped.
pub(in crate::console) async fn delete(visit: &Visit, fields: &Fields) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let details = visit
        .run(move |service, call| service.find_provider(call, id))
        .await?;
    if fields.get("confirm").trim() != details.provider.settings.name {
        let page = before(visit, Some(visit.t.get("form.retype_wrong"))).await?;
        return Ok(Reply::Mistaken(Box::new(page)));
    }
    let progress = Reply::See(format!("{}/deletion", href(id)));
    let service = &visit.web.service;
    if service
        .deletion(id)
        .is_some_and(|one| one.stopped.is_none())
    {
        return Ok(progress);
    }
    let begun = visit
        .run(move |service, call| service.begin_deletion(call, id, Precondition::NONE))
        .await?;
    let (service, call) = (service.clone(), visit.call.clone());
    // It may take minutes, and places for requests are few.
    let beside = move || {
        if let Err(error) = service.finish_deletion(&call, &begun) {
            tracing::warn!(provider = %id, %error, "the deletion of a provider stopped");
        }
    };
    thread::Builder::new()
        .name("deletion".to_owned())
        .spawn(beside)
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(progress)
}

/// How far it has come.
pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    let id: ProviderId = visit.id("provider")?;
    let found = visit
        .run(move |service, call| {
            // Asked for first: what is removed meanwhile is then gone, and not unknown.
            let deletion = service.deletion(id);
            let began = service.deletion_began(call, id)?;
            Ok((deletion, began, service.find_provider(call, id)?))
        })
        .await;
    let (deletion, began, details) = match found {
        Err(Error::NotFound(_)) => {
            return Ok(Reply::See(format!("{MOUNT}/providers?done=deleted")));
        }
        found => found?,
    };
    if !began {
        return Ok(Reply::See(format!("{}/delete", href(id))));
    }
    let going = deletion.as_ref().is_some_and(|one| one.stopped.is_none());
    let mut page = titled(visit, &details.provider.settings.name);
    page.live = going.then(|| Live {
        stream: String::new(),
        page: visit.path.clone(),
        refresh: true,
    });
    page.sections = vec![progress(
        visit,
        &details.provider,
        deletion.as_ref(),
        &details.holdings,
    )];
    Ok(page.into())
}

fn progress(
    visit: &Visit,
    provider: &Provider,
    deletion: Option<&Deletion>,
    left: &Holdings,
) -> Section {
    let t = visit.t;
    let rows = |one: &Holdings| one.users + one.groups + one.vendors;
    let mut blocks = Vec::new();
    match deletion {
        Some(Deletion { stopped: None, .. }) => {
            blocks.push(Block::Text(t.own("provider.deletion_goes_on")));
        }
        stopped => {
            let text = t.own("provider.deletion_stopped");
            let mut notice = Notice::new(Tone::Bad, text);
            notice.more = stopped
                .and_then(|one| one.stopped.clone())
                .map(|why| Remark {
                    text: why.into(),
                    link: None,
                })
                .into_iter()
                .collect();
            blocks.push(Block::Notice(notice));
            blocks.push(Block::Facts(vec![Fact::new(
                t.own("table.actions"),
                Cell::Button(Button {
                    text: t.own("provider.deletion_again"),
                    about: provider.settings.name.clone(),
                    action: format!("{}/delete", href(provider.id)),
                    fields: vec![("confirm", provider.settings.name.clone())],
                    tone: Tone::Bad,
                }),
            )]));
        }
    }
    if let Some(Deletion { holdings, .. }) = deletion {
        let gone = (rows(holdings) - rows(left)).max(0);
        blocks.push(Block::Shares(Shares::new(
            t.own("provider.deletion_label"),
            vec![
                (t.own("provider.deletion_gone"), gone),
                (t.own("provider.deletion_left"), rows(left)),
            ],
        )));
    }
    blocks.push(counts(visit, left));
    Section::new("live", t.own("provider.deletion_left"), blocks)
}
