//! Before what is dangerous, somebody who signed in a while ago proves once more who they are.

use vestibule_service::sessions::{Password, Proved};

use super::fields::Fields;
use super::form::{Field, Form};
use super::page::{Block, Notice, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::sign_in::{inside, too_often};
use super::visit::Visit;

/// The fields of the proof, beside those of the form it stands before.
const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";

/// Lets a change through that needs no proof or comes with it; else answers the page that asks for it
/// and keeps what was typed.
pub(super) async fn asked(visit: &Visit, fields: &Fields) -> Result<(), Answer> {
    // A proof that is given has to hold, whether it was asked for or not.
    let given = fields.has(PASSWORD);
    if !visit.dangerous || !(visit.unproved || given) {
        return Ok(());
    }
    if !given {
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
            (PASSWORD, too_often(t, minutes))
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
    form.cancel = Some(origin(visit, fields));
    form
}

/// The page whose form or button asked for the change.
fn origin(visit: &Visit, fields: &Fields) -> String {
    if let Some(back) = fields.given("back") {
        return inside(back).to_owned();
    }
    if let Some(product) = fields.given("product") {
        let product: String = url::form_urlencoded::byte_serialize(product.as_bytes()).collect();
        return format!("{}?product={product}", visit.path);
    }
    // What has no page of its own is a button on the page above.
    let verbs = ["/allow", "/rotate", "/tokens", "/reset"];
    let above = verbs.iter().find_map(|verb| visit.path.strip_suffix(verb));
    above.unwrap_or(&visit.path).to_owned()
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
