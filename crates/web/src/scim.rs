//! SCIM 2.0 (RFC 7643, 7644) under `/iso/scim/v2` and `/scim/v2`.

mod answer;
mod body;
mod discovery;
pub(crate) mod documents;
mod everything;
mod fallback;
mod groups;
mod query;
mod request;
mod users;

use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpRequest, web};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::refusals;

/// The mount that the original product's clients are configured for, and the one that is described.
pub const MOUNT: &str = "/iso/scim/v2";
/// The same resources under the usual path.
pub const ALIAS: &str = "/scim/v2";

pub(crate) use answer::error as refusal;

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(
        scope(MOUNT)
            .app_data(Mount(MOUNT))
            .configure(services)
            .default_service(web::to(fallback::answer))
            .wrap(from_fn(refusals::over_scim))
            .wrap(Compress::default()),
    );
}

pub(crate) fn configure_alias(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(ALIAS)
            .app_data(Mount(ALIAS))
            .configure(|config| services(&mut ServiceConfig::new(config)))
            .default_service(web::to(fallback::answer))
            .wrap(from_fn(refusals::over_scim))
            .wrap(Compress::default()),
    );
}

fn services(config: &mut ServiceConfig<'_>) {
    config
        .service(users::search)
        .service(groups::search)
        // Otherwise `.search` would be taken for an id.
        .route("/Users/.search", web::route().to(fallback::answer))
        .route("/Groups/.search", web::route().to(fallback::answer))
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
        .service(everything::list)
        .service(everything::search)
        .service(everything::bulk)
        .service(discovery::service_provider_config)
        .service(discovery::list_resource_types)
        .service(discovery::read_resource_type)
        .service(discovery::list_schemas)
        .service(discovery::read_schema);
}

/// The path under which a request came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mount(&'static str);

impl Mount {
    fn of(request: &HttpRequest) -> Self {
        request.app_data::<Self>().copied().unwrap_or(Self(MOUNT))
    }
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
