//! Signing in with OpenID Connect: there, and back with a code.
//!
//! What must come back is kept by the browser alone, in a cookie that only this server reads. The
//! cookie of the session is a strict one, which browsers leave out of whatever another site led to;
//! so the way in goes over a page of ours.

use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use vestibule_oauth::Digest;
use vestibule_service::sessions::SignedIn;

use super::page::{Anchor, Notice, Tone};
use super::query::Pairs;
use super::reply::{Plain, broken};
use super::visit::{Looks, cookie, is_https};
use super::{MOUNT, SIGN_IN, sign_in};
use crate::Web;
use crate::blocking::blocking;
use crate::request::{Sender, request_id};
use crate::routes::Table;

/// Where a sign-in with OpenID Connect begins.
pub(super) const BEGIN: &str = "/flow/auth/openid";
/// Where the provider sends people back to; to be registered with it.
pub const CALLBACK: &str = "/flow/auth/openid/callback";

/// Of its address, and in its cookie: that it stands in a tab of its own, beside a page that keeps what
/// was typed.
pub(super) const BESIDE: &str = "beside";
/// Seconds within which one comes back.
const LIFE: u32 = 600;

pub(super) fn configure(table: &mut Table) {
    table
        .page(Method::GET, "/flow/auth/openid", begin)
        .page(Method::GET, CALLBACK, finish);
}

async fn begin(web: Data<Web>, request: HttpRequest) -> HttpResponse {
    let looks = Looks::of(&request);
    let Some(openid) = web.openid.clone() else {
        return refused(looks, "openid.off");
    };
    let random = web.service.sign_in_challenge();
    match blocking(move || Ok(openid.begin(random))).await {
        Ok(Ok(begun)) => {
            let query = Pairs::parse(request.query_string().as_bytes());
            let mut kept = format!("{}.{}.{}", begun.state, begun.nonce, begun.verifier);
            if query.has(BESIDE) {
                kept.push('.');
                kept.push_str(BESIDE);
            }
            HttpResponse::build(StatusCode::SEE_OTHER)
                .insert_header((SET_COOKIE, keep(&web, &kept, LIFE)))
                .insert_header((LOCATION, begun.address))
                .finish()
        }
        Ok(Err(error)) => {
            tracing::error!(
                request_id = request_id(&request),
                error = error.to_string(),
                "nobody can sign in with OpenID Connect"
            );
            refused(looks, "openid.unreachable")
        }
        Err(error) => broken(&error, &web, looks, &request_id(&request)),
    }
}

async fn finish(web: Data<Web>, request: HttpRequest, sender: Sender) -> HttpResponse {
    let looks = Looks::of(&request);
    let mut answer = come_back(&web, &request, sender, looks).await;
    // Whatever came of it, it is over.
    if let Ok(value) = keep(&web, "", 0).parse() {
        answer.headers_mut().append(SET_COOKIE, value);
    }
    answer
}

async fn come_back(
    web: &Data<Web>,
    request: &HttpRequest,
    sender: Sender,
    looks: Looks,
) -> HttpResponse {
    let query = Pairs::parse(request.query_string().as_bytes());
    let Some(openid) = web.openid.clone() else {
        return refused(looks, "openid.off");
    };
    let kept = cookie(request, kept_in(web)).unwrap_or_default();
    let mut parts = kept.split('.');
    let (Some(state), Some(nonce), Some(verifier), beside @ (None | Some(BESIDE)), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return refused(looks, "openid.lost");
    };
    let beside = beside.is_some();
    let ours = !state.is_empty() && Digest::of(query.get("state")).matches(&Digest::of(state));
    // RFC 9207: an answer that says which server it comes from must come from the one that was asked.
    let issuer = query.given("iss").is_none_or(|iss| iss == openid.issuer());
    if !ours || !issuer {
        return refused(looks, "openid.lost");
    }
    let Some(code) = query.given("code").map(str::to_owned) else {
        return refused(looks, "openid.denied");
    };
    let now = web.service.now();
    let (nonce, verifier) = (nonce.to_owned(), verifier.to_owned());
    let id = request_id(request);
    let named = blocking(move || Ok(openid.finish(&code, &verifier, &nonce, now))).await;
    let name = match named {
        Ok(Ok(name)) => name,
        Ok(Err(error)) => {
            tracing::warn!(
                request_id = id,
                error = error.to_string(),
                "a sign-in with OpenID Connect failed"
            );
            return refused(looks, "openid.failed");
        }
        Err(error) => return broken(&error, web, looks, &id),
    };
    let (service, address) = (web.service.clone(), sender.address);
    let asked = id.clone();
    let outcome =
        blocking(move || service.sign_in_by_openid(&name, address, Some(asked.as_str()))).await;
    match outcome {
        Ok(SignedIn::Welcome { secret, .. }) => {
            let mut plain = Plain::new(looks, looks.t.own("openid.welcome"), SIGN_IN);
            plain.link = Some(Anchor::primary(looks.t.own("openid.go_on"), MOUNT));
            if beside {
                // Where what was typed waits.
                plain.lead = Some(looks.t.own("openid.beside"));
            } else {
                plain.refresh = Some(MOUNT);
            }
            let mut answer = plain.respond(StatusCode::OK);
            if let Ok(value) = sign_in::cookie(web, &secret).parse() {
                answer.headers_mut().append(SET_COOKIE, value);
            }
            answer
        }
        Ok(_) => refused(looks, "openid.unknown"),
        Err(error) => broken(&error, web, looks, &id),
    }
}

/// Says what went wrong, and leads back.
fn refused(looks: Looks, key: &str) -> HttpResponse {
    let mut plain = Plain::new(looks, looks.t.own("sign_in.title"), SIGN_IN);
    plain.notice = Some(Notice::new(Tone::Bad, looks.t.own(key)));
    plain.link = Some(Anchor::new(looks.t.own("openid.back"), SIGN_IN));
    plain.respond(StatusCode::FORBIDDEN)
}

/// What must come back, in a cookie that comes along when another site leads here.
fn keep(web: &Web, value: &str, life: u32) -> String {
    let secure = if is_https(web) { "; Secure" } else { "" };
    let name = kept_in(web);
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}{secure}")
}

fn kept_in(web: &Web) -> &'static str {
    if is_https(web) {
        "__Host-vestibule-openid"
    } else {
        "vestibule-openid"
    }
}
