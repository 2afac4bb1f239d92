//! The body of a SCIM request, read and parsed before its sender is known; what is wrong with it is
//! told only to a sender who may know.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use vestibule_scim::{Error, Projection, ResourceType, ScimType, json};
use vestibule_service::{Service, Submitted};

use super::answer::{SCIM_JSON, body_error};
use super::query::Query;
use crate::Web;
use crate::request;

/// A body and the projection asked for, or what is wrong with either.
pub(crate) struct Body {
    json: Result<serde_json::Value, Error>,
}

impl Body {
    /// With the projection that the query asks for.
    pub(crate) fn submitted(
        self,
        service: &Service,
        resource_type: fn(&Service) -> &ResourceType,
        query: &Query,
    ) -> Result<Submitted, Error> {
        let body = self.json?;
        let projection = query.projection(resource_type(service))?;
        Ok(Submitted { body, projection })
    }
}

impl Query {
    pub(crate) fn projection(&self, resource_type: &ResourceType) -> Result<Projection, Error> {
        let request = self.list()?;
        Projection::parse(
            resource_type,
            request.attributes.as_deref(),
            request.excluded_attributes.as_deref(),
        )
    }
}

impl FromRequest for Body {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = media_type(request);
        let limits = request.app_data::<Data<Web>>().cloned();
        let mut payload = payload.take();
        Box::pin(async move {
            let Some(web) = limits else {
                return Err(actix_web::error::ErrorInternalServerError(
                    "the application is not configured",
                ));
            };
            let read = request::body(&mut payload, web.settings.max_body).await;
            let json = media_type
                .and_then(|()| read.map_err(body_error))
                .and_then(|bytes| json::parse(&bytes, &web.service.settings().limits));
            Ok(Self { json })
        })
    }
}

/// Clients send `application/scim+json` or `application/json`, with any parameters, or nothing.
fn media_type(request: &HttpRequest) -> Result<(), Error> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let name = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if [SCIM_JSON, "application/json"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        return Ok(());
    }
    let detail = format!("the body must be {SCIM_JSON} or application/json");
    Err(Error::new(415, Some(ScimType::InvalidSyntax), detail))
}
