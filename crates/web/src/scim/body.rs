//! The body of a SCIM request, read and parsed before its sender is known; what is wrong with it is
//! told only to a sender who may know.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use vestibule_scim::{Error, ScimType, json};

use super::answer::{self, SCIM_JSON, body_error};
use crate::Web;
use crate::admission::FULL;
use crate::reading::{BodyError, admitted_body};
use crate::refusals::Received;
use crate::request;

/// A JSON body, or what is wrong with it.
pub(crate) struct Body {
    pub(crate) json: Result<serde_json::Value, Error>,
}

/// A body that is read as JSON by whoever knows its limits, or what is wrong with it.
pub(crate) struct RawBody {
    pub(crate) bytes: Result<Vec<u8>, Error>,
}

impl FromRequest for Body {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = read(request, payload, |web| web.settings.max_body);
        Box::pin(async move {
            let (web, read) = read.await?;
            let json = read.and_then(|bytes| json::parse(&bytes, &web.service.settings().limits));
            Ok(Self { json })
        })
    }
}

impl FromRequest for RawBody {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = read(request, payload, |web| {
            web.service.settings().limits.bulk_payload
        });
        Box::pin(async move {
            let (_, read) = read.await?;
            Ok(Self {
                bytes: read.map(|bytes| bytes.to_vec()),
            })
        })
    }
}

type Read = Result<(Data<Web>, Result<Bytes, Error>), actix_web::Error>;

/// The bytes of a body that says it is JSON.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: fn(&Web) -> usize,
) -> impl Future<Output = Read> + use<> {
    let media_type = media_type(request);
    let web = request.app_data::<Data<Web>>().cloned();
    let mut payload = payload.take();
    let request = request.clone();
    async move {
        let Some(web) = web else {
            return Err(actix_web::error::ErrorInternalServerError(
                "the application is not configured",
            ));
        };
        let (mut place, mut full) = (None, false);
        let admit = || {
            place = web.admission.enter_large();
            full = place.is_none();
            !full
        };
        let read = admitted_body(&request, &mut payload, limit(&web), admit).await;
        if full || read == Err(BodyError::Full) {
            let full = answer::error(&request, &FULL);
            return Err(actix_web::error::InternalError::from_response("full", full).into());
        }
        if let Some(place) = place {
            // Until the request is answered.
            request.extensions_mut().insert(place);
        }
        if let Ok(bytes) = &read {
            request.extensions_mut().insert(Received(bytes.clone()));
        }
        let bytes = media_type.and_then(|()| read.map_err(body_error));
        Ok((web, bytes))
    }
}

/// Clients send `application/scim+json` or `application/json`, with any parameters, or nothing.
fn media_type(request: &HttpRequest) -> Result<(), Error> {
    let coding = request.headers().get(header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "the body must be sent as it is, without a Content-Encoding";
        return Err(Error::new(415, Some(ScimType::InvalidSyntax), detail));
    }
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let name = request::media_type(value);
    if [SCIM_JSON, "application/json"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        return Ok(());
    }
    let detail = format!("the body must be {SCIM_JSON} or application/json");
    Err(Error::new(415, Some(ScimType::InvalidSyntax), detail))
}
