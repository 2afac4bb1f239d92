//! What every answer carries: its request's id, and what browsers are told not to do with it.

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::web::Data;

use crate::Web;
use crate::request::RequestId;

/// Headers against the misuse of answers in a browser (R-WEB-4).
#[derive(Debug, Clone, Copy)]
pub struct SecurityHeaders;

impl SecurityHeaders {
    /// The middleware that adds them where a handler has not set its own.
    pub fn middleware() -> DefaultHeaders {
        DefaultHeaders::new()
            .add(("X-Content-Type-Options", "nosniff"))
            .add(("Referrer-Policy", "no-referrer"))
            .add(("Cache-Control", "no-store"))
            .add(("Cross-Origin-Resource-Policy", "same-origin"))
            .add(("Cross-Origin-Opener-Policy", "same-origin"))
            .add((
                "Strict-Transport-Security",
                "max-age=31536000; includeSubDomains",
            ))
            .add((
                "Content-Security-Policy",
                "default-src 'none'; frame-ancestors 'none'",
            ))
    }
}

/// Middleware that answers HEAD as GET; the connection leaves the body out (RFC 9110, section 9.3.2).
pub async fn head_as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware that gives the request its id and the answer the same in `X-Request-Id`. To be used
/// as `App::wrap(actix_web::middleware::from_fn(identified))`.
pub async fn identified<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = request
        .app_data::<Data<Web>>()
        .map(|web| web.service.request_id())
        .unwrap_or_default();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}
