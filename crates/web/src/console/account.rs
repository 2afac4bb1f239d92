//! One's own account: password, second factor, and the way out.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, SET_COOKIE};
use qrcode::{Color, QrCode};
use vestibule_service::Service;
use vestibule_service::sessions::{Password, SecondFactor, second_factor};

use super::fields::Fields;
use super::form::{Field, Form};
use super::page::{Anchor, Block, Cell, Fact, Notice, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::sign_in::no_cookie;
use super::visit::Visit;
use super::{MOUNT, SIGN_IN};

/// Light modules around the dark ones (ISO/IEC 18004).
const QUIET: usize = 4;

pub(super) async fn show(visit: &Visit) -> Answer {
    Ok(page(visit, password_form(visit)).into())
}

fn password_form(visit: &Visit) -> Form {
    let t = visit.t;
    let field = |name, key: &'static str, complete| {
        Field::typed(name, t.own(key), "", "password", complete).required()
    };
    Form::of(
        "password",
        format!("{MOUNT}/account/password"),
        t.own("account.change_password"),
        vec![
            field("current", "account.current_password", "current-password"),
            field("password", "account.new_password", "new-password")
                .hint(t.own("account.password_hint")),
            field("repeated", "account.repeat_password", "new-password"),
        ],
    )
}

fn page(visit: &Visit, form: Form) -> Page {
    let t = visit.t;
    let who = &visit.who;
    let factor = if who.second_factor {
        Cell::badge(Tone::Good, t.word("yes"))
    } else {
        Cell::badge(Tone::Waiting, t.word("no"))
    };
    let key = if who.second_factor {
        "account.replace_factor"
    } else {
        "account.set_factor"
    };
    Page {
        title: t.own("account.title"),
        current: "account",
        sections: vec![
            Section::new(
                "me",
                t.own("account.me"),
                vec![Block::Facts(vec![
                    Fact::new(t.own("administrator.name"), Cell::text(who.name.clone())),
                    Fact::new(
                        t.own("administrator.role"),
                        Cell::text(t.own_of("role", who.role.name())),
                    ),
                ])],
            ),
            Section {
                lead: Some(t.own("account.factor_lead")),
                actions: vec![Anchor::new(
                    t.own(key),
                    format!("{MOUNT}/account/second-factor"),
                )],
                ..Section::new(
                    "factor",
                    t.own("administrator.second_factor"),
                    vec![Block::Facts(vec![Fact::new(
                        t.own("account.factor_set"),
                        factor,
                    )])],
                )
            },
            Section {
                lead: Some(t.own("account.password_lead")),
                ..Section::new(
                    "password-part",
                    t.own("account.change_password"),
                    vec![Block::Form(form)],
                )
            },
        ],
        ..Page::default()
    }
}

pub(super) async fn change_password(visit: &Visit, fields: &Fields) -> Answer {
    let current = Password(fields.get("current").to_owned());
    let password = fields.get("password").to_owned();
    let same = password == fields.get("repeated");
    let (known, wanted) = (current.clone(), password.clone());
    let looked = visit
        .run(move |service, call| service.own_password_mistakes(call, &known, &wanted))
        .await?;
    let mut wrong = Vec::new();
    if !same {
        let mistake = visit.t.own("account.not_the_same").into();
        wrong.push(("repeated".to_owned(), mistake));
    }
    visit.add_mistakes(&mut wrong, looked)?;
    if wrong.is_empty() {
        let changed = visit
            .run(move |service, call| {
                Ok(service.change_own_password(call, &current, &password).err())
            })
            .await?;
        // Changed by somebody else since it was looked at, for one.
        visit.add_mistakes(&mut wrong, changed)?;
    }
    if wrong.is_empty() {
        return Ok(Reply::See(format!("{SIGN_IN}?notice=password")));
    }
    let mut form = password_form(visit);
    form.mark_all(wrong, "password");
    Ok(Reply::Mistaken(Box::new(page(visit, form))))
}

pub(super) async fn offer(visit: &Visit) -> Answer {
    let offered = visit.web.service.offer_second_factor(&visit.who.name);
    let required = visit.query.get("notice") == "required";
    let mut page = factor_page(visit, &offered, factor_form(visit, &offered));
    page.notice =
        required.then(|| Notice::new(Tone::Waiting, visit.t.own("account.factor_required")));
    Ok(page.into())
}

fn factor_form(visit: &Visit, offered: &SecondFactor) -> Form {
    let t = visit.t;
    let mut form = Form::of(
        "factor",
        format!("{MOUNT}/account/second-factor"),
        t.own("account.confirm_factor"),
        vec![
            Field::typed("code", t.own("sign_in.code"), "", "text", "one-time-code")
                .required()
                .hint(t.own("sign_in.code_hint")),
        ],
    );
    form.hidden.push(("key", offered.key.clone()));
    form
}

fn factor_page(visit: &Visit, offered: &SecondFactor, form: Form) -> Page {
    let t = visit.t;
    let mut blocks = vec![Block::Text(t.own("account.scan"))];
    blocks.extend(squares(&offered.address, t.own("account.scan")));
    blocks.push(Block::Facts(vec![Fact::new(
        t.own("account.key"),
        Cell::Copy(offered.key.clone()),
    )]));
    blocks.push(Block::Form(form));
    Page {
        title: t.own("administrator.second_factor"),
        current: "account",
        trail: vec![Anchor::new(
            t.own("account.title"),
            format!("{MOUNT}/account"),
        )],
        sections: vec![Section::new(
            "factor-part",
            t.own("account.set_factor"),
            blocks,
        )],
        ..Page::default()
    }
}

/// The address as a QR code, drawn as one path.
fn squares(address: &str, label: String) -> Option<Block> {
    let code = QrCode::new(address).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(Block::Squares {
        size: width + 2 * QUIET,
        path,
        label,
    })
}

pub(super) async fn confirm(visit: &Visit, fields: &Fields) -> Answer {
    let (key, code) = (fields.get("key").to_owned(), fields.get("code").to_owned());
    let asked = key.clone();
    let set = visit
        .run(move |service, call| service.set_second_factor(call, &asked, &code))
        .await;
    match set {
        Ok(()) => Ok(Reply::See(format!("{MOUNT}/account?done=factor"))),
        Err(error) => {
            let offered = second_factor(&key, &visit.who.name);
            let mut form = factor_form(visit, &offered);
            visit.mark(&mut form, error, "code")?;
            Ok(Reply::Mistaken(Box::new(factor_page(
                visit, &offered, form,
            ))))
        }
    }
}

pub(super) async fn sign_out(visit: &Visit, _: &Fields) -> Answer {
    visit.run(Service::sign_out).await?;
    let answer = HttpResponse::build(StatusCode::SEE_OTHER)
        .insert_header((LOCATION, format!("{SIGN_IN}?notice=out")))
        .insert_header((SET_COOKIE, no_cookie(&visit.web)))
        .finish();
    Ok(Reply::Raw(answer))
}
