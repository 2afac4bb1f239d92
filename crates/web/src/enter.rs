//! Where people enter by their access link. It works without JavaScript; looking at it changes
//! nothing, so a mail scanner that follows the link takes nothing away.

mod texts;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, VARY,
};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_oauth::{Digest, Secret, SecretKind};
use vestibule_service::Error;
use vestibule_service::keys::{CACHED, PublicKey};
use vestibule_service::links::codes::{Asked, Attempt, Entrance, Visitor};

use crate::blocking::{blocking, log};
use crate::oauth::ISSUER;
use crate::request::Sender;
use crate::routes::{Routes, Segment, operations};
use crate::{Web, console};
use texts::Texts;

/// Below which every link's address lies.
pub const MOUNT: &str = "/enter";

/// The address of a link, to be told to its person alone.
pub fn address(public_url: &str, secret: &Secret) -> String {
    format!("{public_url}{MOUNT}/{}", secret.expose())
}

pub(crate) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; show, ask, enter);
}

/// The keys, which are read below the issuer.
pub(crate) fn configure_keys(routes: &mut Routes<'_>) {
    operations!(routes; keys);
}

#[derive(Template)]
#[template(path = "enter.html")]
struct Page<'a> {
    t: &'static Texts,
    style: &'a str,
    /// Of the link, on this server.
    path: &'a str,
    step: Step<'a>,
}

enum Step<'a> {
    Open {
        name: &'a str,
        until: String,
        by_mail: &'a bool,
        note: &'a str,
        mistake: &'a str,
    },
    NotYet {
        start: String,
    },
    Granted {
        gateway: &'a str,
        assertion: &'a str,
    },
    Refused {
        why: &'a str,
    },
}

/// The form on the entrance page.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this type describes the wire; `enter` reads it")]
pub(crate) struct EntryForm {
    /// Eight digits; spaces between them do not matter.
    #[schema(example = "0471 1815")]
    code: String,
}

/// Keys that check assertions (RFC 7517, RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
struct KeySet {
    keys: Vec<Key>,
}

/// An Ed25519 key.
#[derive(Debug, Serialize, ToSchema)]
struct Key {
    #[schema(example = "OKP")]
    kty: &'static str,
    #[schema(example = "Ed25519")]
    crv: &'static str,
    #[schema(example = "EdDSA")]
    alg: &'static str,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    purpose: &'static str,
    kid: String,
    x: String,
}

impl From<PublicKey> for Key {
    fn from(PublicKey { kid, x }: PublicKey) -> Self {
        Self {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            purpose: "sig",
            kid,
            x,
        }
    }
}

/// Show the entrance
///
/// What a person sees who opens their access link. Looking at it changes nothing.
#[utoipa::path(
    get,
    path = "/enter/{token}",
    operation_id = "showEntrance",
    tag = "Entrance",
    params(("token" = String, Path, description = "The last part of the link's address.")),
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String),
        (status = 404, description = "The link does not work, or no longer: one answer.", content_type = "text/html", body = String),
        (status = 429, description = "Too many failures from this source.", content_type = "text/html", body = String),
    ),
)]
async fn show(web: Data<Web>, token: Segment, request: HttpRequest, from: Sender) -> HttpResponse {
    let visit = Visit::of(&web, &token, &request, from);
    let Some(digest) = visit.digest() else {
        return visit.closed();
    };
    visit.open(digest, "", "", StatusCode::OK).await
}

/// Ask for an entry code
///
/// It is mailed to the person of the link.
#[utoipa::path(
    post,
    path = "/enter/{token}/code",
    operation_id = "requestEntryCode",
    tag = "Entrance",
    params(("token" = String, Path, description = "The last part of the link's address.")),
    responses(
        (status = 200, description = "The page again.", content_type = "text/html", body = String),
        (status = 404, description = "The link does not work, or no longer: one answer.", content_type = "text/html", body = String),
        (status = 429, description = "Too many codes, or too many failures from this source.", content_type = "text/html", body = String),
    ),
)]
async fn ask(web: Data<Web>, token: Segment, request: HttpRequest, from: Sender) -> HttpResponse {
    let visit = Visit::of(&web, &token, &request, from);
    let Some(digest) = visit.digest() else {
        return visit.closed();
    };
    let (service, visitor) = (web.service.clone(), visit.visitor.clone());
    match blocking(move || service.request_entry_code(digest, &visitor)).await {
        // Whether the person has an address is nobody's business here.
        Ok(Asked::Queued) | Err(Error::Conflict(_)) => {
            visit
                .open(digest, visit.t.code_sent, "", StatusCode::OK)
                .await
        }
        Ok(Asked::TooMany) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            visit.open(digest, "", visit.t.too_many_codes, status).await
        }
        Ok(Asked::Closed) => visit.closed(),
        Err(error) => visit.failed(&error),
    }
}

/// Enter
///
/// Spends the code, right or wrong. Answers a form that takes the person, with a signed assertion
/// that lives for a minute, to the configured gateway.
#[utoipa::path(
    post,
    path = "/enter/{token}",
    operation_id = "redeemLink",
    tag = "Entrance",
    params(("token" = String, Path, description = "The last part of the link's address.")),
    request_body(content = EntryForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The form that leads to the gateway.", content_type = "text/html", body = String),
        (status = 403, description = "The code does not work, or no longer: one answer.", content_type = "text/html", body = String),
        (status = 404, description = "The link does not work, or no longer: one answer.", content_type = "text/html", body = String),
        (status = 429, description = "Too many failures from this source.", content_type = "text/html", body = String),
        (status = 503, description = "No gateway is configured.", content_type = "text/html", body = String),
    ),
)]
async fn enter(
    web: Data<Web>,
    token: Segment,
    request: HttpRequest,
    from: Sender,
    payload: Payload,
) -> HttpResponse {
    let visit = Visit::of(&web, &token, &request, from);
    let Some(digest) = visit.digest() else {
        return visit.closed();
    };
    let Some(gateway) = web
        .settings
        .gateway_url
        .clone()
        .filter(|_| web.service.can_sign())
    else {
        // Found out before a code is spent on it.
        return visit.refused(StatusCode::SERVICE_UNAVAILABLE, visit.t.no_gateway);
    };
    let sent = console::sent(&request, payload).await.unwrap_or_default();
    let code = sent.get("code").to_owned();
    let issuer = format!("{}{ISSUER}", web.settings.public_url);
    let (service, visitor, audience) =
        (web.service.clone(), visit.visitor.clone(), gateway.clone());
    let entered = blocking(move || match service.enter(digest, &code, &visitor)? {
        Attempt::Granted(entry) => Ok(Ok(service.assertion(&entry, &issuer, &audience)?)),
        refused => Ok(Err(refused)),
    });
    match entered.await {
        Ok(Ok(assertion)) => visit.page(
            StatusCode::OK,
            Step::Granted {
                gateway: &gateway,
                assertion: &assertion,
            },
        ),
        Ok(Err(Attempt::WrongCode)) => {
            web.service.failed_at_entrance(&visit.visitor);
            let status = StatusCode::FORBIDDEN;
            visit.open(digest, "", visit.t.wrong_code, status).await
        }
        Ok(Err(_)) => visit.closed(),
        Err(error) => visit.failed(&error),
    }
}

/// Get the keys that check assertions
///
/// They may be kept for five minutes. A new key is here before it signs, an old one for a day after
/// it stopped.
#[utoipa::path(
    get,
    path = "/jwks",
    operation_id = "getKeys",
    tag = "Entrance",
    responses((status = 200, description = "The keys.", body = KeySet, headers(
        ("Cache-Control" = String, description = "How long they may be kept."),
    ))),
)]
async fn keys(web: Data<Web>, from: Sender) -> HttpResponse {
    let service = web.service.clone();
    match blocking(move || service.public_keys()).await {
        Ok(keys) => HttpResponse::Ok()
            .insert_header((
                CACHE_CONTROL,
                format!("public, max-age={}", CACHED.num_seconds()),
            ))
            .json(KeySet {
                keys: keys.into_iter().map(Key::from).collect(),
            }),
        Err(error) => {
            log(&error, &from.request_id);
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}

/// Somebody at the entrance.
struct Visit<'a> {
    web: &'a Web,
    /// As it came in the path; not yet known to be anything.
    token: &'a str,
    t: &'static Texts,
    visitor: Visitor,
}

impl<'a> Visit<'a> {
    fn of(web: &'a Web, token: &'a str, request: &HttpRequest, from: Sender) -> Self {
        let languages = request
            .headers()
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Self {
            web,
            token,
            t: texts::accepted(languages),
            visitor: Visitor {
                address: from.address,
                request_id: from.request_id,
            },
        }
    }

    /// What the link's secret is looked up by, unless the text cannot be one or the source has
    /// failed too often.
    fn digest(&self) -> Option<Digest> {
        let secret = Secret::parse(SecretKind::Link, self.token)?;
        self.web
            .service
            .admits_at_entrance(&self.visitor)
            .then(|| secret.digest())
    }

    /// The page of a link that works.
    async fn open(
        &self,
        digest: Digest,
        note: &str,
        mistake: &str,
        status: StatusCode,
    ) -> HttpResponse {
        let service = self.web.service.clone();
        match blocking(move || service.entrance(&digest)).await {
            Ok(Entrance::Open { link }) => self.page(
                status,
                Step::Open {
                    name: &link.user_name,
                    until: told(link.end),
                    by_mail: &self.web.service.settings().links.mail,
                    note,
                    mistake,
                },
            ),
            Ok(Entrance::NotYet { start }) => {
                self.page(StatusCode::OK, Step::NotYet { start: told(start) })
            }
            Ok(Entrance::Closed) => self.closed(),
            Err(error) => self.failed(&error),
        }
    }

    /// One answer whether the link never was, ended, ran out, or its person may not get in.
    fn closed(&self) -> HttpResponse {
        if !self.web.service.admits_at_entrance(&self.visitor) {
            return self.refused(StatusCode::TOO_MANY_REQUESTS, self.t.slow_down);
        }
        self.web.service.failed_at_entrance(&self.visitor);
        self.refused(StatusCode::NOT_FOUND, self.t.closed)
    }

    fn failed(&self, error: &Error) -> HttpResponse {
        log(error, &self.visitor.request_id);
        self.refused(StatusCode::SERVICE_UNAVAILABLE, self.t.failed)
    }

    fn refused(&self, status: StatusCode, why: &str) -> HttpResponse {
        self.page(status, Step::Refused { why })
    }

    fn page(&self, status: StatusCode, step: Step<'_>) -> HttpResponse {
        let form_action = match &step {
            Step::Granted { gateway, .. } => origin(gateway),
            _ => "'self'".to_owned(),
        };
        let base = base_path(&self.web.settings.public_url);
        let page = Page {
            t: self.t,
            style: &format!("{base}/flow/style.css"),
            path: &format!("{base}{MOUNT}/{}", self.token),
            step,
        };
        let policy = format!(
            "default-src 'none'; style-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
        );
        match page.render() {
            Ok(html) => HttpResponse::build(status)
                .content_type("text/html; charset=utf-8")
                .insert_header((CONTENT_SECURITY_POLICY, policy))
                .insert_header((CONTENT_LANGUAGE, self.t.tag))
                .insert_header((VARY, "Accept-Language"))
                .body(html),
            Err(_) => HttpResponse::InternalServerError().finish(),
        }
    }
}

/// Scheme, host and port of an address, for the policy that lets a form go there.
fn origin(address: &str) -> String {
    url::Url::parse(address).map_or_else(
        |_| "'none'".to_owned(),
        |address| address.origin().ascii_serialization(),
    )
}

/// The path below which the public address has everything, without a slash at the end.
fn base_path(public_url: &str) -> String {
    url::Url::parse(public_url)
        .map(|url| url.path().trim_end_matches('/').to_owned())
        .unwrap_or_default()
}

fn told(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
