//! What every request passes before its handler, and what every answer carries.

use actix_web::HttpMessage as _;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::request::RequestId;
use crate::{Web, admission, bounds, refusals, slashes};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The one middleware around the application. It gives the request its id, which the answer carries
/// in `X-Request-Id`; reads its path alike with and without a slash at the end; refuses it when its head is
/// too large or there is no place for it; answers HEAD as GET; and tells browsers what not to do with the answer (R-WEB-4).
///
/// To be used as `App::wrap(actix_web::middleware::from_fn(entrance))`.
pub async fn entrance<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let id = request
        .app_data::<Data<Web>>()
        .map(|web| web.service.request_id())
        .unwrap_or_default();
    request.extensions_mut().insert(RequestId(id.clone()));
    slashes::tidy(&mut request);
    let admitted =
        bounds::check(request.request()).and_then(|()| admission::admit(request.request()));
    let mut response = match admitted {
        Ok(()) => {
            // Nothing behind this line meets HEAD. The connection leaves the body out (RFC 9110, section 9.3.2).
            if request.method() == Method::HEAD {
                request.head_mut().method = Method::GET;
            }
            let response = next.call(request).await?.map_into_left_body();
            admission::leave(response.request());
            response
        }
        Err(refusal) => refusals::at_the_entrance(request.into_response(*refusal))
            .await?
            .map_into_right_body(),
    };
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    secure(headers);
    Ok(response)
}

/// Adds the headers against misuse in a browser where a handler has not set its own.
fn secure(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
