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
use crate::routes::{Routes, Table};

pub(crate) use answer::error as refusal;

pub(crate) fn configure(routes: &mut Routes<'_>) {
    mount(routes, MOUNT);
}

/// The same under the usual path, which the document does not repeat.
pub(crate) fn configure_alias(table: &mut Table) {
    mount(&mut Routes::Served(table), ALIAS);
}

fn mount(routes: &mut Routes<'_>, path: &'static str) {
    routes.below(path, services, web::to(fallback::answer), move |scope| {
        scope
            .app_data(Mount(path))
            .wrap(from_fn(refusals::over_scim))
            .wrap(Compress::default())
            .wrap(from_fn(coding::settle))
    });
}

fn services(routes: &mut Routes<'_>) {
    users::configure(routes);
    groups::configure(routes);
    everything::configure(routes);
    discovery::configure(routes);
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
