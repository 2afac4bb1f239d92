//! The one-time set-up page, on which the first administrator chooses a name and a password. It works
//! without JavaScript.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;
use utoipa::ToSchema;
use vestibule_oauth::{Secret, SecretKind};
use vestibule_service::Error;

use crate::blocking::{blocking, log};
use crate::request::request_id;
use crate::routes::Routes;
use crate::{Web, console};

/// No script at all, the one style sheet, and the form goes back here only.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn configure(routes: &mut Routes<'_>) {
    routes.service(show).service(redeem);
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Page<'a> {
    step: Step<'a>,
    style: &'static str,
}

enum Step<'a> {
    Form { name: &'a str, mistake: &'a str },
    Done { name: &'a str },
    Refused { why: &'a str },
}

/// The form on the set-up page.
#[derive(Deserialize, ToSchema)]
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
    operation_id = "showSetUp",
    tag = "Set-up",
    params(("token" = String, Path, description = "From the link that the server prints when it starts.")),
    responses(
        (status = 200, description = "The form.", content_type = "text/html", body = String),
        (status = 410, description = "The link does not work, or no longer.", content_type = "text/html", body = String),
    ),
)]
#[get("/flow/setup/{token}")]
async fn show(web: Data<Web>, token: Path<String>, request: HttpRequest) -> HttpResponse {
    let Some(secret) = Secret::parse(SecretKind::Setup, &token) else {
        return gone();
    };
    let service = web.service.clone();
    match blocking(move || service.set_up_link_works(&secret.digest())).await {
        Ok(true) => page(
            StatusCode::OK,
            Step::Form {
                name: "",
                mistake: "",
            },
        ),
        Ok(false) => gone(),
        Err(error) => failed(&error, "", &request),
    }
}

/// Create the first administrator
///
/// Uses the link up.
#[utoipa::path(
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
#[post("/flow/setup/{token}")]
async fn redeem(
    web: Data<Web>,
    token: Path<String>,
    request: HttpRequest,
    form: Sent,
) -> HttpResponse {
    let Some(secret) = Secret::parse(SecretKind::Setup, &token) else {
        return gone();
    };
    let Ok(Form(SetUpForm {
        name,
        password,
        repeated,
    })) = form
    else {
        return mistaken("", "Fill in all three fields.");
    };
    if password != repeated {
        return mistaken(&name, "The two passwords are not the same.");
    }
    let (service, chosen, request_id) = (web.service.clone(), name.clone(), request_id(&request));
    let created = blocking(move || {
        service.redeem_set_up_link(secret.digest(), &chosen, &password, Some(request_id))
    });
    match created.await {
        Ok(_) => page(StatusCode::OK, Step::Done { name: &name }),
        Err(error) => failed(&error, &name, &request),
    }
}

type Sent = Result<Form<SetUpForm>, actix_web::Error>;

fn failed(error: &Error, name: &str, request: &HttpRequest) -> HttpResponse {
    match error {
        Error::Invalid { detail, .. } => mistaken(name, detail),
        Error::Uniqueness(said) => mistaken(name, &said.to_string()),
        Error::Unauthenticated(_)
        | Error::Refused(_)
        | Error::OverRate { .. }
        | Error::Busy { .. }
        | Error::Forbidden(_)
        | Error::Token(_)
        | Error::NotFound(_)
        | Error::Conflict(_)
        | Error::PreconditionFailed
        | Error::Scim(_) => gone(),
        Error::Unavailable(_) => {
            log(error, &request_id(request));
            page(
                StatusCode::SERVICE_UNAVAILABLE,
                Step::Refused {
                    why: "The database is not available at the moment. Try again in a few seconds.",
                },
            )
        }
        Error::Internal(_) => {
            log(error, &request_id(request));
            page(
                StatusCode::INTERNAL_SERVER_ERROR,
                Step::Refused {
                    why: "The server made a mistake; its log says which.",
                },
            )
        }
    }
}

fn mistaken(name: &str, mistake: &str) -> HttpResponse {
    page(StatusCode::BAD_REQUEST, Step::Form { name, mistake })
}

/// One answer whether the link never was, is used up, too old, or no longer needed.
fn gone() -> HttpResponse {
    page(
        StatusCode::GONE,
        Step::Refused {
            why: "This link does not work, or no longer. While there is no administrator, the server prints a new one each time it starts.",
        },
    )
}

fn page(status: StatusCode, step: Step<'_>) -> HttpResponse {
    let style = console::style();
    match (Page { step, style }).render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
