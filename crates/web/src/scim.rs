//! SCIM 2.0 (RFC 7643, 7644) under `/iso/scim/v2` and `/scim/v2`.

mod answer;
mod body;
mod discovery;
pub(crate) mod documents;
mod fallback;
mod groups;
mod query;
mod users;

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use vestibule_service::Precondition;

use crate::Web;
use crate::request::Sender;

/// The mount that the original product's clients are configured for, and the one that is described.
pub const MOUNT: &str = "/iso/scim/v2";
/// The same resources under the usual path.
pub const ALIAS: &str = "/scim/v2";

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(
        scope(MOUNT)
            .app_data(Mount(MOUNT))
            .configure(services)
            .default_service(web::to(fallback::answer)),
    );
}

pub(crate) fn configure_alias(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(ALIAS)
            .app_data(Mount(ALIAS))
            .configure(|config| services(&mut ServiceConfig::new(config)))
            .default_service(web::to(fallback::answer)),
    );
}

fn services(config: &mut ServiceConfig<'_>) {
    config
        .service(users::create)
        .service(users::list)
        .service(users::read)
        .service(users::replace)
        .service(users::patch)
        .service(users::delete)
        .service(groups::create)
        .service(groups::list)
        .service(groups::read)
        .service(groups::replace)
        .service(groups::patch)
        .service(groups::delete)
        .service(discovery::service_provider_config)
        .service(discovery::list_resource_types)
        .service(discovery::read_resource_type)
        .service(discovery::list_schemas)
        .service(discovery::read_schema);
}

/// The path under which a request came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mount(&'static str);

impl FromRequest for Mount {
    type Error = Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request
            .app_data::<Self>()
            .copied()
            .unwrap_or(Self(MOUNT))))
    }
}

/// What `If-Match` asks for.
fn precondition(request: &HttpRequest) -> Precondition {
    Precondition::parse(tags(request, &header::IF_MATCH).as_deref())
}

/// The entity tags of all lines of a header, as the one list they make (RFC 9110, section 5.3).
fn tags(request: &HttpRequest, name: &header::HeaderName) -> Option<String> {
    let lines: Vec<&str> = request
        .headers()
        .get_all(name)
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// The call behind a request that came through `mount`.
fn call(web: &Web, mount: Mount, sender: Sender) -> vestibule_service::Call {
    vestibule_service::Call {
        base: format!("{}{}", web.settings.public_url, mount.0),
        presented: sender.presented(),
    }
}
