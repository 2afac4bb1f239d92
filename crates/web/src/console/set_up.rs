//! The one-time set-up page, on which the first administrator chooses a name and a password. It works
//! without JavaScript.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use utoipa::ToSchema;
use vestibule_oauth::{Secret, SecretKind};
use vestibule_service::Error;
use vestibule_service::mistakes::first_mistakes;

use super::fields::sent;
use super::form::{Control, Field, Form};
use super::phrase::{Part, Phrase};
use super::style;
use super::visit::Looks;
use crate::Web;
use crate::blocking::{blocking, log};
use crate::request::request_id;
use crate::routes::{Routes, Segment, operations};

/// No script at all, the one style sheet, and the form goes back here only.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; show, redeem);
}

#[derive(Template)]
#[template(path = "console/set_up.html")]
struct Page<'a> {
    looks: Looks,
    style: &'static str,
    step: Step<'a>,
}

enum Step<'a> {
    Form(Box<Form>),
    Done { name: &'a str },
    Refused { why: &'static str },
}

/// The form on the set-up page.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this type describes the wire; `redeem` reads it")]
pub(super) struct SetUpForm {
    name: String,
    #[schema(min_length = 12, max_length = 1024, format = Password)]
    password: String,
    /// The same again.
    #[schema(format = Password)]
    repeated: String,
}

/// Show the set-up page
///
/// Where the first administrator chooses a name and a password. Looking at it does not use it up.
#[utoipa::path(
    get,
    path = "/flow/setup/{token}",
    operation_id = "showSetUp",
    tag = "Set-up",
    params(("token" = String, Path, description = "From the link that the server prints when it starts.")),
    responses(
        (status = 200, description = "The form.", content_type = "text/html", body = String),
        (status = 410, description = "The link does not work, or no longer.", content_type = "text/html", body = String),
    ),
)]
async fn show(web: Data<Web>, token: Segment, request: HttpRequest) -> HttpResponse {
    let looks = Looks::of(&request);
    let Some(secret) = Secret::parse(SecretKind::Setup, &token) else {
        return gone(looks);
    };
    let service = web.service.clone();
    match blocking(move || service.set_up_link_works(&secret.digest())).await {
        Ok(true) => page(
            looks,
            StatusCode::OK,
            Step::Form(Box::new(form(looks, &token, ""))),
        ),
        Ok(false) => gone(looks),
        Err(error) => failed(&error, looks, &request),
    }
}

/// Create the first administrator
///
/// Uses the link up.
#[utoipa::path(
    post,
    path = "/flow/setup/{token}",
    operation_id = "redeemSetUp",
    tag = "Set-up",
    params(("token" = String, Path, description = "From the link that the server prints when it starts.")),
    request_body(content = SetUpForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Created.", content_type = "text/html", body = String),
        (status = 400, description = "The form again, with the mistake.", content_type = "text/html", body = String),
        (status = 410, description = "The link does not work, or no longer.", content_type = "text/html", body = String),
    ),
)]
async fn redeem(
    web: Data<Web>,
    token: Segment,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let looks = Looks::of(&request);
    let Some(secret) = Secret::parse(SecretKind::Setup, &token) else {
        return gone(looks);
    };
    let mistaken = |name: &str, wrong: Vec<(String, Phrase)>| {
        let mut form = form(looks, &token, name);
        form.mark_all(wrong, "name");
        page(looks, StatusCode::BAD_REQUEST, Step::Form(Box::new(form)))
    };
    let at = |field: &str, mistake: Phrase| vec![(field.to_owned(), mistake)];
    let sent = sent(&request, payload).await.unwrap_or_default();
    let [name, password, repeated] =
        ["name", "password", "repeated"].map(|field| sent.get(field).to_owned());
    if !["name", "password", "repeated"]
        .into_iter()
        .all(|field| sent.has(field))
    {
        return mistaken("", at("name", looks.t.own("set_up.all_fields").into()));
    }
    let mut wrong: Vec<(String, Phrase)> = Vec::new();
    for error in first_mistakes(&name, &password) {
        if let Error::Invalid { field, detail } = error {
            let mistake = looks.t.mistake(&field, &detail);
            wrong.push((field, mistake));
        }
    }
    if password != repeated {
        let mistake = looks.t.own("account.not_the_same").into();
        wrong.push(("repeated".to_owned(), mistake));
    }
    if !wrong.is_empty() {
        return mistaken(&name, wrong);
    }
    let (service, chosen, request_id) = (web.service.clone(), name.clone(), request_id(&request));
    let created = blocking(move || {
        service.redeem_set_up_link(secret.digest(), &chosen, &password, Some(request_id))
    });
    match created.await {
        Ok(_) => page(looks, StatusCode::OK, Step::Done { name: &name }),
        Err(Error::Invalid { field, detail }) => {
            mistaken(&name, at(&field, looks.t.mistake(&field, &detail)))
        }
        Err(Error::Uniqueness(said)) => mistaken(&name, at("name", looks.t.hindrance(&said))),
        Err(error) => failed(&error, looks, &request),
    }
}

fn form(looks: Looks, token: &str, name: &str) -> Form {
    let t = looks.t;
    Form::of(
        "set-up",
        format!("/flow/setup/{token}"),
        t.own("set_up.submit"),
        vec![
            Field::typed("name", t.own("sign_in.name"), name, "text", "username").required(),
            Field::typed(
                "password",
                t.own("sign_in.password"),
                "",
                "password",
                "new-password",
            )
            .required()
            .hint(t.own("account.password_hint")),
            Field::typed(
                "repeated",
                t.own("account.repeat_password"),
                "",
                "password",
                "new-password",
            )
            .required(),
        ],
    )
}

fn failed(error: &Error, looks: Looks, request: &HttpRequest) -> HttpResponse {
    let (status, why) = match error {
        Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "set_up.no_database"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "set_up.fault"),
        Error::Invalid { .. }
        | Error::Uniqueness(_)
        | Error::Unauthenticated(_)
        | Error::Refused(_)
        | Error::OverRate { .. }
        | Error::Busy { .. }
        | Error::Forbidden(_)
        | Error::Token(_)
        | Error::NotFound(_)
        | Error::Conflict(_)
        | Error::PreconditionFailed
        | Error::Scim(_) => return gone(looks),
    };
    log(error, &request_id(request));
    page(looks, status, Step::Refused { why })
}

/// One answer whether the link never was, is used up, too old, or no longer needed.
fn gone(looks: Looks) -> HttpResponse {
    let why = "set_up.gone";
    page(looks, StatusCode::GONE, Step::Refused { why })
}

fn page(looks: Looks, status: StatusCode, step: Step<'_>) -> HttpResponse {
    let style = style();
    match (Page { looks, style, step }).render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
