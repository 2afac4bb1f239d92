//! Errors of the admin API: `application/problem+json` (RFC 9457).

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};
use vestibule_oauth::BearerError;
use vestibule_oauth::bearer::challenge;
use vestibule_service::Error;

use crate::blocking::log;

/// The media type of every error of the admin API.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// Named in the challenge of a 401.
const REALM: &str = "vestibule";
/// Seconds after which a busy server may be asked again.
const RETRY_SECONDS: u32 = 5;

/// Why a request was not obeyed (RFC 9457). Nothing has changed then.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document {
    /// What kind of problem it is. A name to compare, not an address to open.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:vestibule:problem:invalid")]
    kind: String,
    /// The same in plain English.
    #[schema(value_type = String, example = "The request is not valid")]
    title: &'static str,
    /// The status of the answer.
    #[schema(example = 400)]
    status: u16,
    /// What exactly was wrong.
    #[schema(example = "name: must not be empty")]
    detail: String,
    /// The part of the request at fault: a field of the body by its path, or a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "name")]
    field: Option<String>,
    /// Under which the server's log knows the request.
    #[schema(example = "01930000-0000-7000-8000-000000000000")]
    request_id: String,
}

/// A refusal on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    document: Box<Document>,
    headers: Vec<(HeaderName, String)>,
}

/// The kinds of problems there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    PreconditionFailed,
    TooSlow,
    TooLarge,
    UnsupportedMediaType,
    Unavailable,
    Internal,
}

impl Kind {
    const fn parts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Invalid => (
                "invalid",
                StatusCode::BAD_REQUEST,
                "The request is not valid",
            ),
            Self::Unauthenticated => (
                "unauthenticated",
                StatusCode::UNAUTHORIZED,
                "The request is not authenticated",
            ),
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "Not allowed"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not allowed here",
            ),
            Self::Conflict => (
                "conflict",
                StatusCode::CONFLICT,
                "The present state does not allow it",
            ),
            Self::PreconditionFailed => (
                "precondition-failed",
                StatusCode::PRECONDITION_FAILED,
                "It has changed in the meantime",
            ),
            Self::TooSlow => (
                "too-slow",
                StatusCode::REQUEST_TIMEOUT,
                "The request took too long",
            ),
            Self::TooLarge => (
                "too-large",
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is too large",
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is of the wrong type",
            ),
            Self::Unavailable => (
                "unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "Not available at the moment",
            ),
            Self::Internal => (
                "internal",
                StatusCode::INTERNAL_SERVER_ERROR,
                "The server made a mistake",
            ),
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>, request_id: &str) -> Self {
        let (name, status, title) = kind.parts();
        let document = Document {
            kind: format!("urn:vestibule:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
            request_id: request_id.to_owned(),
        };
        Self {
            document: Box::new(document),
            headers: Vec::new(),
        }
    }

    /// A part of the request is wrong.
    pub(crate) fn invalid(
        field: impl Into<String>,
        detail: impl Into<String>,
        request_id: &str,
    ) -> Self {
        let mut problem = Self::new(Kind::Invalid, detail, request_id);
        problem.document.field = Some(field.into());
        problem
    }

    pub(crate) fn unauthenticated(error: BearerError, request_id: &str) -> Self {
        let detail = match error {
            BearerError::Missing => {
                "send an administrator's API token: Authorization: Bearer vap_..."
            }
            BearerError::InvalidToken => "the token is not an administrator's API token that works",
        };
        let mut problem = Self::new(Kind::Unauthenticated, detail, request_id);
        problem.headers.push((
            WWW_AUTHENTICATE,
            challenge(REALM, error.challenge_error(), None),
        ));
        problem
    }

    /// `allowed`: the methods there are, apart by commas.
    pub(crate) fn method_not_allowed(allowed: &str, request_id: &str) -> Self {
        let mut problem = Self::new(
            Kind::MethodNotAllowed,
            format!("use one of: {allowed}"),
            request_id,
        );
        problem.headers.push((ALLOW, allowed.to_owned()));
        problem
    }

    /// What the operation answered. A fault of the server is logged here, once, with its causes.
    pub(crate) fn from_error(error: Error, request_id: &str) -> Self {
        let detail = error.to_string();
        match error {
            Error::Unauthenticated(error) => Self::unauthenticated(error, request_id),
            Error::Forbidden(_) | Error::Refused(_) => {
                Self::new(Kind::Forbidden, detail, request_id)
            }
            Error::NotFound(_) => Self::new(Kind::NotFound, detail, request_id),
            Error::Uniqueness(_) | Error::Conflict(_) => {
                Self::new(Kind::Conflict, detail, request_id)
            }
            Error::PreconditionFailed => Self::new(Kind::PreconditionFailed, detail, request_id),
            Error::Invalid { field, .. } => Self::invalid(field, detail, request_id),
            Error::Token(_) | Error::Scim(_) => Self::new(Kind::Invalid, detail, request_id),
            Error::OverRate { retry_after } | Error::Busy { retry_after } => {
                let mut problem = Self::new(Kind::Unavailable, detail, request_id);
                problem.headers.push((RETRY_AFTER, retry_after.to_string()));
                problem
            }
            Error::Unavailable(_) => {
                log(&error, request_id);
                let mut problem = Self::new(Kind::Unavailable, detail, request_id);
                problem
                    .headers
                    .push((RETRY_AFTER, RETRY_SECONDS.to_string()));
                problem
            }
            Error::Internal(_) => {
                log(&error, request_id);
                Self::new(Kind::Internal, detail, request_id)
            }
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.document.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        response.content_type(MEDIA_TYPE).json(&self.document)
    }
}

/// The errors that every operation can answer with.
#[derive(Debug)]
pub(crate) struct Problems;

/// The errors of an operation that changes something.
#[derive(Debug)]
pub(crate) struct ChangeProblems;

/// The same of a question that comes in a body: it changes nothing, so that no state is in its way.
#[derive(Debug)]
pub(crate) struct QuestionProblems;

/// The same of operations that take `If-Match`.
#[derive(Debug)]
pub(crate) struct VersionProblems;

/// Status, name in the document, meaning, and the header that comes with it.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Option<(&'static str, &'static str)>,
);

const COMMON: [Row; 8] = [
    (
        "400",
        "Invalid",
        "A parameter or the body is not valid; `field` names it.",
        None,
    ),
    (
        "401",
        "Unauthenticated",
        "No API token, or none that works.",
        Some(("WWW-Authenticate", "The challenge of RFC 6750.")),
    ),
    (
        "403",
        "Forbidden",
        "The administrator's role is too small.",
        None,
    ),
    ("404", "NotFound", "There is no such thing.", None),
    (
        "414",
        "LongAddress",
        "The address is longer than 8 KiB.",
        None,
    ),
    (
        "431",
        "LargeHead",
        "More header lines than 64, or a head of more than 32 KiB.",
        None,
    ),
    ("500", "Internal", "The server made a mistake.", None),
    (
        "503",
        "Unavailable",
        "The database is away, full or too busy.",
        Some(("Retry-After", "Seconds after which to try again.")),
    ),
];

const OF_CHANGES: [Row; 4] = [
    ("408", "TooSlow", "The body took too long to arrive.", None),
    (
        "409",
        "Conflict",
        "The present state does not allow it, or a name is taken.",
        None,
    ),
    ("413", "TooLarge", "The body is too large.", None),
    ("415", "UnsupportedMediaType", "The body is not JSON.", None),
];

const OF_VERSIONS: [Row; 1] = [(
    "412",
    "PreconditionFailed",
    "It is no longer the version that `If-Match` names.",
    None,
)];

/// Every response that the operations refer to, by its name in the document.
pub(crate) fn components() -> impl Iterator<Item = (&'static str, Response)> {
    COMMON
        .iter()
        .chain(&OF_CHANGES)
        .chain(&OF_VERSIONS)
        .map(|&(_, name, description, header)| {
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let mut response = ResponseBuilder::new()
                .description(description)
                .content(MEDIA_TYPE, content);
            if let Some((header, meaning)) = header {
                response = response.header(
                    header,
                    HeaderBuilder::new().description(Some(meaning)).build(),
                );
            }
            (name, response.build())
        })
}

fn references(rows: &[Row]) -> impl Iterator<Item = (String, RefOr<Response>)> {
    rows.iter()
        .map(|&(status, name, ..)| (status.to_owned(), Ref::from_response_name(name).into()))
}

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&COMMON).collect()
    }
}

impl IntoResponses for ChangeProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        references(&COMMON).chain(references(&OF_CHANGES)).collect()
    }
}

impl IntoResponses for QuestionProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = ChangeProblems::responses();
        responses.remove("409");
        responses
    }
}

impl IntoResponses for VersionProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = ChangeProblems::responses();
        responses.extend(references(&OF_VERSIONS));
        responses
    }
}
