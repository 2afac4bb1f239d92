//! What a form sent, believed only with its session's token.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError, web};
use vestibule_oauth::Digest;

use super::query::Pairs;
use super::reply;
use super::visit::Visit;
use crate::admission::FULL;
use crate::reading::{BodyError, body};

/// Bytes of a form: room for a thousand addresses.
const MAX_FORM: usize = 256 * 1024;
/// Bytes of a form that anybody may send.
const MAX_OPEN_FORM: usize = 16 * 1024;

/// The fields of a form that came from one of this session's own pages.
#[derive(Debug, Clone)]
pub(crate) struct Fields(pub(crate) Pairs);

impl std::ops::Deref for Fields {
    type Target = Pairs;

    fn deref(&self) -> &Pairs {
        &self.0
    }
}

/// What a form sent that asks for nobody's session; none where it cannot be read.
pub(crate) async fn sent(request: &HttpRequest, payload: web::Payload) -> Option<Pairs> {
    let mut payload = payload.into_inner();
    let read = body(request, &mut payload, MAX_OPEN_FORM).await.ok()?;
    Some(Pairs::parse(&read)).filter(|pairs| !pairs.holds_nul())
}

/// Why a form is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    NotSignedIn,
    /// The token is not this session's.
    Foreign(Box<Visit>),
    Malformed(Box<Visit>, &'static str),
    Slow(Box<Visit>),
    /// There is no place for the request.
    Full(Box<Visit>),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the form was not read")
    }
}

impl ResponseError for Unread {
    fn error_response(&self) -> HttpResponse {
        match self {
            Self::NotSignedIn => HttpResponse::Unauthorized().finish(),
            Self::Foreign(visit) => reply::foreign(&visit.web, visit.looks),
            Self::Malformed(visit, key) => reply::malformed(visit, key),
            Self::Slow(visit) => reply::slow(visit),
            Self::Full(visit) => visit.refusal(&FULL),
        }
    }
}

impl FromRequest for Fields {
    type Error = Unread;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Unread>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = request.extensions().get::<Visit>().cloned();
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let visit = Box::new(visit.ok_or(Unread::NotSignedIn)?);
            let read = match body(&request, &mut payload, MAX_FORM).await {
                Ok(read) => read,
                Err(BodyError::TooLarge { .. }) => {
                    return Err(Unread::Malformed(visit, "error.too_large"));
                }
                Err(BodyError::TooSlow) => return Err(Unread::Slow(visit)),
                Err(BodyError::Full) => return Err(Unread::Full(visit)),
                Err(BodyError::Broken) => {
                    return Err(Unread::Malformed(visit, "error.broken"));
                }
            };
            let pairs = Pairs::parse(&read);
            let sent = Digest::of(pairs.get("csrf"));
            if !sent.matches(&Digest::of(&visit.csrf)) {
                return Err(Unread::Foreign(visit));
            }
            if pairs.holds_nul() {
                return Err(Unread::Malformed(visit, "error.nul"));
            }
            Ok(Self(pairs))
        })
    }
}
