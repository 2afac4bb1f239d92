//! SCIM 2.0 (RFC 7643, 7644) under `/iso/scim/v2` and `/scim/v2`.

pub(crate) mod answer;
mod body;
mod coding;
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

pub use vestibule_service::{ALIAS, MOUNT};

use crate::refusals;
use crate::routes::Routes;

pub(crate) use answer::error as refusal;

pub(crate) fn configure(routes: &mut Routes<'_>) {
    mount(routes, MOUNT);
}

/// The same under the usual path, which the document does not repeat.
pub(crate) fn configure_alias(config: &mut web::ServiceConfig) {
    mount(&mut Routes::Served(config), ALIAS);
}

fn mount(routes: &mut Routes<'_>, path: &'static str) {
    routes.below(path, services, |scope| {
        scope
            .app_data(Mount(path))
            .default_service(web::to(fallback::answer))
            .wrap(from_fn(refusals::over_scim))
            .wrap(Compress::default())
            .wrap(from_fn(coding::settle))
    });
}

fn services(routes: &mut Routes<'_>) {
    routes
        .service(users::search)
        .service(groups::search)
        // Otherwise `.search` would be taken for an id.
        .undescribed("/Users/.search", web::route().to(fallback::answer))
        .undescribed("/Groups/.search", web::route().to(fallback::answer))
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
