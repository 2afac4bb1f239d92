//! Answers: resources, lists and errors as SCIM wants them.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use vestibule_domain::gate::Refusal;
use vestibule_oauth::{BearerError, ChallengeError, bearer};
use vestibule_scim::{EntityTags, ScimType, list_response};
use vestibule_service::representation::entity_tag;
use vestibule_service::{Error, Listed, Representation};

use crate::Web;
use crate::reading::BodyError;
use crate::request::request_id;

/// RFC 7644, section 8.1.
pub(crate) const SCIM_JSON: &str = "application/scim+json";
const REALM: &str = "vestibule";
/// Seconds after which a client may try again when the database was away.
const RETRY_AFTER: u32 = 5;

/// The media type of the answer: `application/json` only for a client that names it and neither
/// wants `application/scim+json` nor anything at all as much or more.
pub(crate) fn content_type(headers: &HeaderMap) -> &'static str {
    let (mut json, mut scim, mut any) = (None, 0.0_f32, 0.0_f32);
    let ranges = headers
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','));
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts
            .filter_map(|parameter| {
                parameter
                    .strip_prefix("q=")
                    .or_else(|| parameter.strip_prefix("Q="))
            })
            .find_map(|q| q.trim().parse::<f32>().ok())
            .unwrap_or(1.0);
        if name.eq_ignore_ascii_case("application/json") {
            json = Some(json.unwrap_or(0.0_f32).max(quality));
        } else if name.eq_ignore_ascii_case(SCIM_JSON) {
            scim = scim.max(quality);
        } else if name == "*/*" {
            any = any.max(quality);
        }
    }
    match json {
        Some(json) if json > scim && json > any => "application/json",
        _ => SCIM_JSON,
    }
}

fn builder(request: &HttpRequest, status: StatusCode) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((
            header::CONTENT_TYPE,
            HeaderValue::from_static(content_type(request.headers())),
        ))
        .insert_header((header::VARY, HeaderValue::from_static("Accept")));
    builder
}

/// A resource with its address and entity tag.
pub(crate) fn resource(
    request: &HttpRequest,
    status: StatusCode,
    resource: Representation,
) -> HttpResponse {
    let mut builder = builder(request, status);
    builder.insert_header((header::ETAG, resource.tag));
    // RFC 7643, section 3.1: what `meta.location` says as well.
    builder.insert_header((header::CONTENT_LOCATION, resource.location.as_str()));
    builder.insert_header((header::LOCATION, resource.location));
    builder.body(resource.body)
}

/// A resource that was changed and is not shown: its entity tag alone.
pub(crate) fn unshown(version: i64) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ETAG, entity_tag(version)))
        .finish()
}

/// The same for a read: 304 when the client has this version already.
pub(crate) fn read(request: &HttpRequest, found: Representation) -> HttpResponse {
    let tag = found.tag;
    let wanted = super::tags(request, &header::IF_MATCH);
    if wanted.is_some_and(|tags| !EntityTags::parse(&tags).matches(Some(&tag))) {
        return error(request, &Error::PreconditionFailed);
    }
    let known = super::tags(request, &header::IF_NONE_MATCH);
    if known.is_some_and(|tags| EntityTags::parse(&tags).matches(Some(&tag))) {
        // RFC 9110, section 15.4.5: what 200 would carry to tell which representation it is.
        return HttpResponse::NotModified()
            .insert_header((header::ETAG, tag))
            .insert_header((header::CONTENT_LOCATION, found.location))
            .insert_header((header::VARY, HeaderValue::from_static("Accept")))
            .finish();
    }
    let mut builder = builder(request, StatusCode::OK);
    builder.insert_header((header::ETAG, tag));
    builder.insert_header((header::CONTENT_LOCATION, found.location.as_str()));
    builder.insert_header((header::LOCATION, found.location));
    builder.body(found.body)
}

pub(crate) fn list(request: &HttpRequest, listed: &Listed) -> HttpResponse {
    let total = u64::try_from(listed.total).unwrap_or_default();
    builder(request, StatusCode::OK).body(list_response(total, &listed.page, &listed.resources))
}

pub(crate) fn json(request: &HttpRequest, value: &serde_json::Value) -> HttpResponse {
    builder(request, StatusCode::OK).body(value.to_string())
}

/// A message that is no resource.
pub(crate) fn message(request: &HttpRequest, message: &impl serde::Serialize) -> HttpResponse {
    let text = serde_json::to_string(message).expect("a message has text keys and finite numbers");
    builder(request, StatusCode::OK).body(text)
}

/// Any refusal of a SCIM request, in the shape of RFC 7644, section 3.12.
pub(crate) fn error(request: &HttpRequest, error: &Error) -> HttpResponse {
    let patience = request
        .app_data::<Data<Web>>()
        .map_or(RETRY_AFTER, |web| web.service.settings().retry_after);
    let (challenge, retry_after) = headers_of(error, patience);
    let mut body = error.scim();
    let id = request_id(request);
    if let Error::Unavailable(_) | Error::Internal(_) = error {
        crate::blocking::log(error, &id);
    }
    // The members of the error are fixed (RFC 7644, section 3.12): the id is told where people read.
    // Whoever is not let in is answered byte for byte alike (R-TOK-5) and finds it in a header.
    if body.status != 401 {
        body.detail = format!("{} (request {id})", body.detail);
    }
    let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = builder(request, status);
    if let Some(challenge) = challenge {
        builder.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if let Some(seconds) = retry_after {
        builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    let body =
        serde_json::to_string(&body).expect("an error is numbers and texts, which serialise");
    builder.body(body)
}

/// The challenge and the seconds to wait that go with an error. `patience`: seconds a paused
/// provider is asked to wait.
fn headers_of(error: &Error, patience: u32) -> (Option<String>, Option<u32>) {
    let challenged = |error, scope| (Some(bearer::challenge(REALM, error, scope)), None);
    match error {
        Error::Unauthenticated(BearerError::Missing) => challenged(None, None),
        Error::Unauthenticated(BearerError::InvalidToken)
        | Error::Refused(Refusal::Disabled | Refusal::Expired) => {
            challenged(Some(ChallengeError::InvalidToken), None)
        }
        Error::Refused(Refusal::ScopeTooSmall { needed }) => {
            challenged(Some(ChallengeError::InsufficientScope), Some(*needed))
        }
        Error::Refused(Refusal::Paused) => (None, Some(patience)),
        Error::OverRate { retry_after } | Error::Busy { retry_after } => (None, Some(*retry_after)),
        Error::Unavailable(_) => (None, Some(RETRY_AFTER)),
        Error::Refused(Refusal::Address(_) | Refusal::Referrer)
        | Error::Forbidden(_)
        | Error::Token(_)
        | Error::NotFound(_)
        | Error::Uniqueness(_)
        | Error::Conflict(_)
        | Error::PreconditionFailed
        | Error::Scim(_)
        | Error::Invalid { .. }
        | Error::Internal(_) => (None, None),
    }
}

/// A refusal before the service was asked.
pub(crate) fn refusal(request: &HttpRequest, error: vestibule_scim::Error) -> HttpResponse {
    self::error(request, &Error::Scim(error))
}

/// Why a body could not be read.
pub(crate) fn body_error(error: BodyError) -> vestibule_scim::Error {
    match error {
        BodyError::TooLarge { limit } => {
            vestibule_scim::Error::new(413, None, format!("the body is larger than {limit} bytes"))
        }
        BodyError::TooSlow => {
            vestibule_scim::Error::new(408, None, "the body took too long to arrive")
        }
        BodyError::Full => vestibule_scim::Error::new(503, None, "too many requests at once"),
        BodyError::Broken => vestibule_scim::Error::bad_request(
            ScimType::InvalidSyntax,
            "the body broke off or is badly framed",
        ),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    // proves: 7644-3.8-accept 7644-3.8-json 7644-8.1-mediatype
    #[test]
    fn json_is_answered_only_to_who_prefers_it() {
        for (accept, expected) in [
            (None, SCIM_JSON),
            (Some("application/json"), "application/json"),
            (Some("application/scim+json"), SCIM_JSON),
            (Some("application/json, application/scim+json"), SCIM_JSON),
            (Some("application/json, */*"), SCIM_JSON),
            (
                Some("application/json, text/plain, */*;q=0.5"),
                "application/json",
            ),
            (
                Some("application/json;q=0.5, application/scim+json;q=0.4"),
                "application/json",
            ),
            (Some("application/xml"), SCIM_JSON),
            (Some("*/*"), SCIM_JSON),
        ] {
            let mut request = TestRequest::default();
            if let Some(accept) = accept {
                request = request.insert_header((header::ACCEPT, accept));
            }
            assert_eq!(
                content_type(request.to_http_request().headers()),
                expected,
                "{accept:?}"
            );
        }
    }
}
