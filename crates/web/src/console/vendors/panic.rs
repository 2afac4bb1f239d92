//! The panic button of a vendor: what it ends, and the press.

use vestibule_domain::VendorId;
use vestibule_service::Error;
use vestibule_service::links::panic::Target;

use super::href;
use crate::console::fields::Fields;
use crate::console::form::{Field, Form};
use crate::console::page::{Block, Cell, Fact, Notice, Page, Section, Tone};
use crate::console::reply::{Answer, Reply};
use crate::console::visit::Visit;

/// What pressing the panic button of a vendor would end, and the button.
pub(in crate::console) async fn show(visit: &Visit) -> Answer {
    page(visit, None, "").await.map(Reply::from)
}

async fn page(visit: &Visit, mistake: Option<(&str, &str)>, reason: &str) -> Result<Page, Error> {
    let t = visit.t;
    let id: VendorId = visit.id("vendor")?;
    let (vendor, toll) = visit
        .run(move |service, call| {
            Ok((
                service.find_vendor(call, id)?.vendor,
                service.preview_panic(call, Target::Vendor(id))?,
            ))
        })
        .await?;
    let mut form = Form::of(
        "panic",
        format!("{}/panic", href(id)),
        t.own("panic.press"),
        vec![
            Field::line("reason", t.own("block.reason"), reason).required(),
            Field::retype(t.own("form.retype"), &vendor.name),
        ],
    );
    form.danger = true;
    form.cancel = Some(href(id));
    if let Some((field, mistake)) = mistake {
        form.mark(field, mistake);
    }
    let facts = vec![
        Fact::new(t.own("panic.links"), Cell::text(toll.links.to_string())),
        Fact::new(t.own("panic.people"), Cell::text(toll.people.to_string())),
    ];
    let title = t.say("panic.title", &[("name", &vendor.name)]);
    Ok(Page {
        notice: Some(Notice::new(Tone::Bad, t.own("panic.warning"))),
        sections: vec![Section::new(
            "ends",
            t.own("panic.ends"),
            vec![Block::Facts(facts), Block::Form(form)],
        )],
        title,
        current: "nav.vendors",
        ..Page::default()
    })
}

pub(in crate::console) async fn press(visit: &Visit, fields: &Fields) -> Answer {
    let id: VendorId = visit.id("vendor")?;
    let vendor = visit
        .run(move |service, call| service.find_vendor(call, id))
        .await?
        .vendor;
    let reason = fields.get("reason").trim().to_owned();
    if fields.get("confirm").trim() != vendor.name {
        let mistake = Some(("confirm", visit.t.get("form.retype_wrong")));
        let page = page(visit, mistake, &reason).await?;
        return Ok(Reply::Mistaken(Box::new(page)));
    }
    let why = reason.clone();
    let pressed = visit
        .run(move |service, call| service.press_panic(call, Target::Vendor(id), &why))
        .await;
    match pressed {
        Ok(_) => Ok(Reply::See(format!("{}?done=panic", href(id)))),
        Err(Error::Invalid { field, detail }) => {
            let mistake = visit.t.detail(&field, &detail);
            let page = page(visit, Some(("reason", &mistake)), &reason).await?;
            Ok(Reply::Mistaken(Box::new(page)))
        }
        Err(error) => Err(error),
    }
}
