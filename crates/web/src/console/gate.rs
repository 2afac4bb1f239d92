//! Before every page: who it is, whether their role reaches, and whether the request is their own.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{LOCATION, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use vestibule_service::{AdminCall, AdminCredential, Error};

use super::query::Pairs;
use super::visit::{Looks, Visit, csrf, session};
use super::{SIGN_IN, reply, routes};
use crate::Web;
use crate::blocking::blocking;
use crate::request::{Sender, request_id};

/// Lets through who may.
pub(super) async fn gate<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let sender = request.extract::<Sender>().await?;
    let verdict = admit(request.request(), sender.address).await;
    match verdict {
        Ok(visit) => {
            request.extensions_mut().insert(visit);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(refusal) => Ok(request.into_response(refusal)),
    }
}

async fn admit(
    request: &HttpRequest,
    address: Option<std::net::IpAddr>,
) -> Result<Visit, HttpResponse> {
    let looks = Looks::of(request);
    let id = request_id(request);
    let Some(web) = request.app_data::<Data<Web>>().cloned() else {
        return Err(HttpResponse::InternalServerError().finish());
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && !is_own(request, &web.settings.public_url) {
        return Err(reply::foreign(&web, looks));
    }
    let Some(secret) = session(request, &web) else {
        return Err(to_sign_in(request));
    };
    let call = AdminCall {
        credential: AdminCredential::Session(Ok(secret.digest())),
        address,
        request_id: Some(id.clone()),
    };
    let (service, asked) = (web.service.clone(), call.clone());
    let present = blocking(move || {
        let present = service.present(&asked)?;
        if present.stale {
            service.note_presence(&asked)?;
        }
        Ok(present)
    })
    .await;
    let present = match present {
        Ok(present) => present,
        Err(Error::Unauthenticated(_)) => return Err(to_sign_in(request)),
        Err(error) => return Err(reply::broken(&error, &web, looks, &id)),
    };
    let route = routes::find(request.method(), request.match_info().unprocessed());
    let visit = Visit {
        csrf: csrf(&secret),
        web: web.get_ref().clone(),
        call,
        who: present.administrator,
        dangerous: !reads && route.is_some_and(routes::dangerous),
        unproved: !present.fresh,
        looks,
        t: looks.t,
        path: request.path().to_owned(),
        route,
        posted: !reads,
        query: Pairs::parse(request.query_string().as_bytes()),
        request_id: id,
        last_event: request
            .headers()
            .get("last-event-id")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    };
    let Some(route) = route else {
        return Err(reply::not_found(&visit));
    };
    if visit.who.role < route.role {
        return Err(visit.refusal(&Error::Forbidden(route.role)));
    }
    let settings = web.service.settings();
    if settings.second_factor_required
        && !visit.who.second_factor
        && !routes::without_second_factor(route)
    {
        return Err(reply::see("/console/account/second-factor?notice=required"));
    }
    Ok(visit)
}

/// Whether a request that changes something was made by one of our own pages (R-WEB-2). Browsers say
/// so; what is no browser carries no cookie that it was not given.
pub(super) fn is_own(request: &HttpRequest, public_url: &str) -> bool {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    if let Some(site) = header("sec-fetch-site") {
        return site == "same-origin";
    }
    match header(ORIGIN.as_str()) {
        Some(origin) => {
            let public = url::Url::parse(public_url).map(|url| url.origin().ascii_serialization());
            public.is_ok_and(|public| public == origin)
        }
        None => true,
    }
}

/// To the sign-in page, and from there back to where they were going.
fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    let reads = *request.method() == Method::GET;
    // Of a form, the page it stands on: what was typed is gone, where it was typed is not.
    let wanted = if reads {
        let wanted = request.uri().path_and_query();
        wanted.map_or("", |wanted| wanted.as_str())
    } else {
        routes::page_of(request.path())
    };
    let wanted: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    let notice = if reads { "" } else { "notice=ended&" };
    let target = format!("{SIGN_IN}?{notice}next={wanted}");
    HttpResponse::build(StatusCode::SEE_OTHER)
        .insert_header((LOCATION, target))
        .finish()
}
