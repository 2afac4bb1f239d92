//! Notes every refused or failed request over SCIM and to the issuer, so that administrators find it
//! by the id that the error body carries.
//!
//! One middleware around each mount, so that no handler can forget it, and the entrance, for what it lets
//! nobody see. What is noted holds no secret:
//! credentials stay behind, and of the body only an outline is kept.

mod outline;

use actix_web::body::{BoxBody, EitherBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest, HttpResponse};
use serde_json::Value;
use vestibule_delivery::jwks::FetchError;
use vestibule_oauth::{Bearer, BearerError, Unproven};
use vestibule_service::listening::Heard;
use vestibule_service::requests::{Refusal, Shown};

use crate::request::Sender;
use crate::routes::Methods;
use crate::{Web, oauth, scim};

/// The body of a request as it was received, left by whoever read it.
#[derive(Debug, Clone)]
pub(crate) struct Received(pub(crate) Bytes);

/// Why keys that an assertion takes are not there, left by whoever looked for them.
#[derive(Debug, Clone)]
pub(crate) struct KeysMissing(pub(crate) FetchError);

/// Middleware of the SCIM mounts. To be used as `wrap(from_fn(..))`.
pub(crate) async fn over_scim<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    observe(next.call(request).await?, "scim").await
}

/// Middleware of the issuer's mount.
pub(crate) async fn over_tokens<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    observe(next.call(request).await?, "token").await
}

/// What was refused at the entrance, before its mount saw it.
pub(crate) async fn at_the_entrance(
    refused: ServiceResponse,
) -> Result<ServiceResponse, actix_web::Error> {
    match endpoint(refused.request()) {
        Some(endpoint) => Ok(observe(refused, endpoint).await?.map_into_boxed_body()),
        None => Ok(refused),
    }
}

/// What products ask for here: `scim` or `token`; nothing elsewhere. The path is read as routes are found by
/// it, with its escapes resolved.
pub(crate) fn endpoint(request: &HttpRequest) -> Option<&'static str> {
    let path = request.match_info().as_str();
    if path.starts_with(scim::MOUNT) || path.starts_with(scim::ALIAS) {
        Some("scim")
    } else if path.starts_with(oauth::ISSUER) {
        Some("token")
    } else {
        None
    }
}

/// What lies nowhere, or is asked for by another method. When it shows a token it was meant for SCIM: a product with another base URL,
/// whose administrator finds it among its refused requests.
pub(crate) async fn astray(web: Data<Web>, request: HttpRequest) -> HttpResponse {
    if let Some(methods) = Methods::of(&request) {
        return other_method(&request, &methods);
    }
    let mut refusal = describe(&request, "scim", 404, &[]);
    let base = format!("{}{}", web.settings.public_url, scim::MOUNT);
    let answer = format!("there is nothing at this path; the SCIM base URL is {base}");
    if matches!(refusal.shown, Shown::Token(_)) {
        refusal.answer.clone_from(&answer);
        web.service.note_refusal(refusal);
    }
    if is_near_scim(request.path()) {
        let error = vestibule_scim::Error::new(404, None, answer);
        return scim::answer::error(&request, &error.into());
    }
    HttpResponse::NotFound().finish()
}

/// Which methods there are: the answer to OPTIONS, or 405 (RFC 9110, section 15.5.6).
pub(crate) fn other_method(request: &HttpRequest, methods: &Methods) -> HttpResponse {
    let mut builder = if *request.method() == Method::OPTIONS {
        HttpResponse::NoContent()
    } else {
        HttpResponse::MethodNotAllowed()
    };
    let allowed = methods.listed();
    builder.insert_header((header::ALLOW, allowed)).finish()
}

/// Whether a path can only have been meant for SCIM: another version of it, or none.
fn is_near_scim(path: &str) -> bool {
    [scim::MOUNT, scim::ALIAS].iter().any(|mount| {
        let versionless = mount.trim_end_matches("v2");
        path.starts_with(versionless)
    })
}

async fn observe<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    endpoint: &'static str,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if response.status().as_u16() < 400 {
        if endpoint == "scim" {
            note_success(&response);
        }
        return Ok(response.map_into_left_body());
    }
    let (request, response) = response.into_parts();
    let status = response.status().as_u16();
    let unproven = response.extensions().get::<Unproven>().copied();
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.unwrap_or_default();
    if let Some(web) = request.app_data::<Data<Web>>() {
        let refusal = Refusal {
            unproven,
            ..describe(&request, endpoint, status, &body)
        };
        web.service.note_refusal(refusal);
    }
    let response = response.set_body(BoxBody::new(body));
    Ok(ServiceResponse::new(
        request,
        response.map_into_right_body(),
    ))
}

/// Notes what went well, for who watches a product's first calls.
fn note_success<B>(response: &ServiceResponse<B>) {
    let request = response.request();
    let Some(web) = request.app_data::<Data<Web>>() else {
        return;
    };
    if !web.service.listens() {
        return;
    }
    let Ok(sender) = Sender::from_request(request, &mut Payload::None).into_inner() else {
        return;
    };
    let values: Vec<&[u8]> = sender.authorization.iter().map(Vec::as_slice).collect();
    let Ok(token) = Bearer::from_header(&values) else {
        return;
    };
    let heard = Heard {
        at: web.service.now(),
        request_id: sender.request_id,
        method: request.method().to_string(),
        target: outline::target(request.path(), request.query_string()),
        status: response.status().as_u16(),
        address: sender.address.map(|address| address.to_string()),
    };
    web.service.note_success(token.digest(), heard);
}

fn describe(request: &HttpRequest, endpoint: &'static str, status: u16, answer: &[u8]) -> Refusal {
    let sender = Sender::from_request(request, &mut Payload::None).into_inner();
    let (address, trace_id, authorization) = sender.map_or_else(
        |_| (None, String::new(), Vec::new()),
        |sender| (sender.address, sender.request_id, sender.authorization),
    );
    let received = request.extensions().get::<Received>().cloned();
    let body = received.as_ref().map(|Received(bytes)| bytes.as_ref());
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    let shown = if endpoint == "token" {
        outline::client_id(&authorization, body.unwrap_or_default())
            .map_or(Shown::Nothing, Shown::Client)
    } else {
        let values: Vec<&[u8]> = authorization.iter().map(Vec::as_slice).collect();
        match Bearer::from_header(&values) {
            Ok(secret) => Shown::Token(secret.digest()),
            Err(BearerError::InvalidToken) => Shown::Malformed,
            Err(BearerError::Missing) => Shown::Nothing,
        }
    };
    let agent = request.headers().get(header::USER_AGENT);
    Refusal {
        trace_id,
        endpoint,
        method: request.method().to_string(),
        target: outline::target(request.path(), request.query_string()),
        shown,
        address,
        user_agent: agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        status,
        code: text("scimType").or_else(|| text("error")),
        answer: text("detail")
            .or_else(|| text("error_description"))
            .unwrap_or_default(),
        unproven: None,
        keys_missing: request
            .extensions()
            .get::<KeysMissing>()
            .map(|KeysMissing(error)| (error.address.clone(), error.why.clone())),
        body: body.and_then(|body| {
            if endpoint == "token" {
                outline::form(body)
            } else {
                outline::json(body)
            }
        }),
    }
}
