//! How large the head of a request may be (docs/SECURITY.md, 2.5). Bodies are bounded where they are read.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use vestibule_service::Error;

use crate::request::request_id;
use crate::{refusals, scim};

/// Bytes of path and query.
const MAX_URL: usize = 8 * 1024;
/// Header lines.
const MAX_HEADERS: usize = 64;
/// Bytes of all header lines together, and the URL.
const MAX_HEAD: usize = 32 * 1024;

/// Refuses a request whose head is too large: 414 or 431 (RFC 6585, section 5).
pub(crate) fn check(request: &HttpRequest) -> Result<(), Box<HttpResponse>> {
    match excess(request) {
        None => Ok(()),
        Some((status, detail)) => Err(Box::new(refusal(request, status, &detail))),
    }
}

fn excess(request: &HttpRequest) -> Option<(StatusCode, String)> {
    let url = request
        .uri()
        .path_and_query()
        .map_or(0, |url| url.as_str().len());
    if url > MAX_URL {
        let mut detail = format!("the address is longer than {MAX_URL} bytes");
        if refusals::endpoint(request) == Some("scim") {
            detail.push_str("; search by POST to .search");
        }
        return Some((StatusCode::URI_TOO_LONG, detail));
    }
    let headers = request.headers();
    // A name, `: `, a value and the end of the line.
    let lines = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4);
    let bytes = url + lines.sum::<usize>();
    let count = headers.iter().count();
    let detail = if count > MAX_HEADERS {
        format!("there are more than {MAX_HEADERS} headers")
    } else if bytes > MAX_HEAD {
        format!("the headers are longer than {MAX_HEAD} bytes")
    } else {
        return None;
    };
    Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail))
}

/// In the shape of whoever asks.
fn refusal(request: &HttpRequest, status: StatusCode, detail: &str) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    match refusals::endpoint(request) {
        Some("token") => response.json(json!({
            "error": "invalid_request",
            "error_description": detail,
            "request_id": request_id(request),
        })),
        Some(_) => {
            let error = vestibule_scim::Error::new(status.as_u16(), None, detail);
            scim::refusal(request, &Error::Scim(error))
        }
        None => response.content_type("application/problem+json").body(
            json!({
                "type": "urn:vestibule:problem:too-large",
                "title": "The request is too large",
                "status": status.as_u16(),
                "detail": detail,
                "request_id": request_id(request),
            })
            .to_string(),
        ),
    }
}
