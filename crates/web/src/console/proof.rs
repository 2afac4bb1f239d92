//! Before what is dangerous, somebody who signed in a while ago proves once more who they are.

use vestibule_service::sessions::{Password, Proved};

use super::fields::Fields;
use super::form::{Field, Form};
use super::page::{Block, Notice, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::visit::Visit;

/// The fields of the proof, beside those of the form it stands before.
const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";

/// Lets a change through that needs no proof or comes with it; else answers the page that asks for it
/// and keeps what was typed.
pub(super) async fn asked(visit: &Visit, fields: &Fields) -> Result<(), Answer> {
    if !visit.unproved {
        return Ok(());
    }
    if !fields.has(PASSWORD) {
        return Err(Ok(page(visit, form(visit, fields)).into()));
    }
    let password = Password(fields.get(PASSWORD).to_owned());
    let code = fields.given(CODE).map(str::to_owned);
    let proved = visit
        .run(move |service, call| service.prove(call, password, code))
        .await
        .map_err(Err)?;
    let t = visit.t;
    let (field, mistake) = match proved {
        Proved::Yes => return Ok(()),
        Proved::Wrong if visit.who.second_factor => (PASSWORD, t.own("confirm.wrong_either")),
        Proved::Wrong => (PASSWORD, t.own("confirm.wrong")),
        Proved::CodeNeeded => (CODE, t.own("confirm.code_needed")),
        Proved::TooOften { retry_after } => {
            let minutes = (retry_after + 59) / 60;
            (
                PASSWORD,
                t.say("sign_in.too_often", &[("minutes", &minutes)]),
            )
        }
    };
    let mut form = form(visit, fields);
    form.mark(field, mistake);
    Err(Ok(Reply::Mistaken(Box::new(page(visit, form)))))
}

fn form(visit: &Visit, fields: &Fields) -> Form {
    let t = visit.t;
    let password = t.own("sign_in.password");
    let mut asked =
        vec![Field::typed(PASSWORD, password, "", "password", "current-password").required()];
    if visit.who.second_factor {
        let code = t.own("sign_in.code");
        asked.push(
            Field::typed(CODE, code, "", "text", "one-time-code")
                .required()
                .hint(t.own("sign_in.code_hint")),
        );
    }
    let own = |name: &str| matches!(name, "csrf" | PASSWORD | CODE);
    let mut form = Form::of("proof", visit.path.clone(), t.own("confirm.go_on"), asked);
    form.kept = fields
        .iter()
        .filter(|(name, _)| !own(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    form.cancel = Some(super::MOUNT.to_owned());
    form
}

fn page(visit: &Visit, form: Form) -> Page {
    let t = visit.t;
    Page {
        title: t.own("confirm.title"),
        notice: Some(Notice::new(Tone::Waiting, t.own("confirm.why"))),
        sections: vec![Section::new(
            "proof-part",
            t.own("confirm.title"),
            vec![Block::Form(form)],
        )],
        ..Page::default()
    }
}
