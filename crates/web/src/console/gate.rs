//! Before every page: who it is, whether their role reaches, and whether the request is their own.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{LOCATION, ORIGIN};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _};
use vestibule_service::{AdminCall, AdminCredential, Error};

use super::fields::Fields;
use super::query::Pairs;
use super::unsent::{AGAIN, Unsent};
use super::visit::{Looks, Visit, csrf, session};
use super::{SIGN_IN, reply, routes, sign_in};
use crate::blocking::blocking;
use crate::request::{Sender, request_id};
use crate::{Web, refusals};

/// Lets through who may.
pub(super) async fn gate<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let sender = request.extract::<Sender>().await?;
    let verdict = admit(request.request(), sender.address).await;
    match verdict {
        Ok(visit) => {
            let again = visit.posted && visit.query.has(AGAIN);
            request.extensions_mut().insert(visit);
            if again && let Err(refusal) = show_again(&mut request).await {
                return Ok(request.into_response(refusal));
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(Stop::SignIn) => {
            let mut payload = request.take_payload();
            let answer = to_sign_in(request.request(), &mut payload).await;
            Ok(request.into_response(answer))
        }
        Err(Stop::Refused(refusal)) => Ok(request.into_response(refusal)),
    }
}

/// Why a request goes no farther.
enum Stop {
    /// Nobody is signed in, or no longer.
    SignIn,
    Refused(HttpResponse),
}

impl From<HttpResponse> for Stop {
    fn from(refusal: HttpResponse) -> Self {
        Self::Refused(refusal)
    }
}

/// Turns a form that only carries what was typed before signing in into a look at its page: nothing
/// but that page's own handler sees it.
async fn show_again(request: &mut ServiceRequest) -> Result<(), HttpResponse> {
    let fields = request.extract::<Fields>().await;
    let fields = fields.map_err(|unread| unread.error_response())?;
    if let Some(visit) = request.extensions_mut().get_mut::<Visit>() {
        visit.unsent = Unsent::read(&fields);
        visit.query = visit.query.without(&[AGAIN]);
    }
    request.head_mut().method = Method::GET;
    Ok(())
}

async fn admit(request: &HttpRequest, address: Option<std::net::IpAddr>) -> Result<Visit, Stop> {
    let looks = Looks::of(request);
    let id = request_id(request);
    let Some(web) = request.app_data::<Data<Web>>().cloned() else {
        return Err(HttpResponse::InternalServerError().finish().into());
    };
    let reads = *request.method() == Method::GET;
    let query = Pairs::parse(request.query_string().as_bytes());
    // A form that only carries what was typed asks for its page.
    let method = if !reads && query.has(AGAIN) {
        &Method::GET
    } else {
        request.method()
    };
    let path = request.match_info().unprocessed();
    // Whoever only looks is shown a page that says that there is none.
    if *method != Method::GET
        && let Some(methods) = routes::others(method, path)
    {
        return Err(refusals::other_method(request, &methods).into());
    }
    if !reads && !is_own(request, &web.settings.public_url) {
        return Err(reply::foreign(&web, looks).into());
    }
    let Some(secret) = session(request, &web) else {
        return Err(Stop::SignIn);
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
        Err(Error::Unauthenticated(_)) => return Err(Stop::SignIn),
        Err(error) => return Err(reply::broken(&error, &web, looks, &id).into()),
    };
    let changes = !reads && *method != Method::GET;
    let route = routes::find(method, path);
    let visit = Visit {
        csrf: csrf(&secret),
        web: web.get_ref().clone(),
        call,
        who: present.administrator,
        dangerous: changes && route.is_some_and(routes::dangerous),
        unproved: !present.fresh,
        looks,
        t: looks.t,
        path: request.path().to_owned(),
        route,
        posted: !reads,
        query,
        unsent: None,
        request_id: id,
        last_event: request
            .headers()
            .get("last-event-id")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
    };
    let Some(route) = route else {
        return Err(reply::not_found(&visit).into());
    };
    if visit.who.role < route.role {
        return Err(visit.refusal(&Error::Forbidden(route.role)).into());
    }
    let settings = web.service.settings();
    if settings.second_factor_required
        && !visit.who.second_factor
        && !routes::without_second_factor(route)
    {
        return Err(reply::see("/console/account/second-factor?notice=required").into());
    }
    Ok(visit)
}

/// Whether a request that changes something was made by one of our own pages (R-WEB-2). Browsers say
/// so; what is no browser carries no cookie that it was not given.
pub(super) fn is_own(request: &HttpRequest, public_url: &str) -> bool {
    said_own(request, public_url).unwrap_or(true)
}

/// The same, believed only where the browser says so.
pub(super) fn is_surely_own(request: &HttpRequest, public_url: &str) -> bool {
    said_own(request, public_url).unwrap_or(false)
}

/// What the browser says of it, if anything.
fn said_own(request: &HttpRequest, public_url: &str) -> Option<bool> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    if let Some(site) = header("sec-fetch-site") {
        return Some(site == "same-origin");
    }
    let origin = header(ORIGIN.as_str())?;
    let public = url::Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    Some(public.is_ok_and(|public| public == origin))
}

/// To the sign-in page, and from there back to where they were going; with what was typed where that
/// can be kept.
async fn to_sign_in(request: &HttpRequest, payload: &mut Payload) -> HttpResponse {
    let reads = *request.method() == Method::GET;
    if !reads
        && let Some(web) = request.app_data::<Data<Web>>()
        && let Some(unsent) = Unsent::late(request, payload, web).await
    {
        return sign_in::late(web, Looks::of(request), unsent);
    }
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
