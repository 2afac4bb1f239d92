//! What every SCIM handler reads of a request, and what it does with it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use vestibule_service::{Call, Changed, Precondition, Search, Submitted};

use super::body::{Body, RawBody};
use super::query::Query;
use super::{Mount, answer, tags};
use crate::Web;
use crate::blocking::{at_once, blocking};
use crate::request::Sender;

/// A request to a SCIM endpoint, without its body.
pub(crate) struct Scim {
    pub(crate) request: HttpRequest,
    pub(crate) web: Data<Web>,
    pub(crate) call: Call,
    pub(crate) query: Query,
}

impl FromRequest for Scim {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut read = || -> Result<Self, Self::Error> {
            let web = request.app_data::<Data<Web>>().cloned().ok_or_else(|| {
                actix_web::error::ErrorInternalServerError("the application is not configured")
            })?;
            let mount = Mount::of(request);
            let sender = Sender::from_request(request, payload).into_inner()?;
            let call = Call {
                base: format!("{}{}", web.settings.public_url, mount.0),
                presented: sender.presented(),
            };
            Ok(Self {
                request: request.clone(),
                web,
                call,
                query: Query::of(request),
            })
        };
        ready(read())
    }
}

impl Scim {
    pub(crate) async fn create(self, endpoint: impl Into<String>, body: Body) -> HttpResponse {
        let (service, call, endpoint) = (self.web.service.clone(), self.call, endpoint.into());
        let submitted = submitted(&call.base, body, &self.query);
        match blocking(move || service.create(call, &endpoint, submitted)).await {
            Ok(created) => answer::resource(&self.request, StatusCode::CREATED, created),
            Err(error) => answer::error(&self.request, &error),
        }
    }

    /// Resources of one type, or of all.
    pub(crate) async fn list(self, endpoint: Option<&str>) -> HttpResponse {
        let search = Search::Query(self.query.list());
        self.search_for(endpoint, search).await
    }

    /// The same, asked for by a POST.
    pub(crate) async fn search(self, endpoint: Option<&str>, body: Body) -> HttpResponse {
        self.search_for(endpoint, Search::Message(body.json)).await
    }

    async fn search_for(self, endpoint: Option<&str>, search: Search) -> HttpResponse {
        let (service, call) = (self.web.service.clone(), self.call);
        let short = service.lists_at_once(endpoint, &search);
        let endpoint = endpoint.map(str::to_owned);
        let list = move || service.list(&call, endpoint.as_deref(), search);
        let listed = if short {
            at_once(list)
        } else {
            blocking(list).await
        };
        match listed {
            Ok(listed) => answer::list(&self.request, &listed),
            Err(error) => answer::error(&self.request, &error),
        }
    }

    pub(crate) async fn read(self, endpoint: impl Into<String>, id: String) -> HttpResponse {
        let (service, call, endpoint) = (self.web.service.clone(), self.call, endpoint.into());
        let wanted = self.query.wanted();
        let found = self
            .web
            .read(move || service.read(&call, &endpoint, &id, wanted))
            .await;
        match found {
            Ok(found) => answer::read(&self.request, found),
            Err(error) => answer::error(&self.request, &error),
        }
    }

    pub(crate) async fn replace(
        self,
        endpoint: impl Into<String>,
        id: String,
        body: Body,
    ) -> HttpResponse {
        let precondition = precondition(&self.request);
        let (service, call, endpoint) = (self.web.service.clone(), self.call, endpoint.into());
        let submitted = submitted(&call.base, body, &self.query);
        match blocking(move || service.replace(call, &endpoint, &id, precondition, submitted)).await
        {
            Ok(replaced) => answer::resource(&self.request, StatusCode::OK, replaced),
            Err(error) => answer::error(&self.request, &error),
        }
    }

    pub(crate) async fn patch(
        self,
        endpoint: impl Into<String>,
        id: String,
        body: Body,
    ) -> HttpResponse {
        let precondition = precondition(&self.request);
        let (service, call, endpoint) = (self.web.service.clone(), self.call, endpoint.into());
        let submitted = submitted(&call.base, body, &self.query);
        match blocking(move || service.patch(call, &endpoint, &id, precondition, submitted)).await {
            Ok(Changed::Shown(changed)) => answer::resource(&self.request, StatusCode::OK, changed),
            Ok(Changed::Unshown(version)) => answer::unshown(version),
            Ok(Changed::Gone) => HttpResponse::NoContent().finish(),
            Err(error) => answer::error(&self.request, &error),
        }
    }

    pub(crate) async fn delete(self, endpoint: impl Into<String>, id: String) -> HttpResponse {
        let precondition = precondition(&self.request);
        let (service, call, endpoint) = (self.web.service.clone(), self.call, endpoint.into());
        match blocking(move || service.delete(call, &endpoint, &id, precondition)).await {
            Ok(()) => HttpResponse::NoContent().finish(),
            Err(error) => answer::error(&self.request, &error),
        }
    }

    pub(crate) async fn bulk(self, body: RawBody) -> HttpResponse {
        let (service, call) = (self.web.service.clone(), self.call);
        match blocking(move || service.bulk(&call, body.bytes)).await {
            Ok(done) => answer::message(&self.request, &done),
            Err(error) => answer::error(&self.request, &error),
        }
    }
}

fn submitted(base: &str, body: Body, query: &Query) -> Submitted {
    Submitted {
        base: base.to_owned(),
        body: body.json,
        wanted: query.wanted(),
    }
}

/// What `If-Match` and `If-None-Match` ask for (RFC 9110, section 13.1).
fn precondition(request: &HttpRequest) -> Precondition {
    let if_match = tags(request, &header::IF_MATCH);
    let if_none_match = tags(request, &header::IF_NONE_MATCH);
    Precondition::parse(if_match.as_deref(), if_none_match.as_deref())
}
