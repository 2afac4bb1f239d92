//! The admin API under `/api/v1`: everything the command line can do, for scripts.
//!
//! JSON in snake case; errors as in RFC 9457. Each route is described where it is handled, and the
//! OpenAPI document is collected from those descriptions.

mod access_groups;
mod access_requests;
mod administrators;
mod blocks;
mod body;
mod cockpit;
mod credentials;
mod events;
mod health;
mod import;
mod internal_groups;
mod links;
pub(crate) mod list;
mod path;
mod people;
pub(crate) mod problem;
mod providers;
mod requests;
mod schemas;
mod timeline;
mod vendors;
pub(crate) mod words;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use vestibule_service::AdminCredential;

use body::Admin;
use problem::{Kind, Problem};

use crate::routes::Routes;

/// Where the admin API is mounted.
pub const MOUNT: &str = "/api/v1";

pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes.below(MOUNT, services, |scope| {
        scope
            .default_service(web::to(elsewhere))
            .wrap(from_fn(gate))
    });
}

fn services(routes: &mut Routes<'_>) {
    // In the order in which a path is looked for: what is asked most comes first.
    routes
        .configure(people::configure)
        .configure(providers::configure)
        .configure(cockpit::configure)
        .configure(credentials::configure)
        .configure(requests::configure)
        .configure(vendors::configure)
        .configure(access_groups::configure)
        .configure(internal_groups::configure)
        .configure(links::configure)
        .configure(blocks::configure)
        .configure(schemas::configure)
        .configure(events::configure)
        .configure(timeline::configure)
        .configure(health::configure)
        .configure(import::configure)
        .configure(access_requests::configure)
        .configure(administrators::configure);
}

/// Refuses at the door, on every path there is or is not, what shows no API token. Whether the token
/// works is found out in the transaction that does what it asks for.
async fn gate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let refusal = match Admin::of(request.request()) {
        Ok(Admin {
            call, request_id, ..
        }) => match call.credential {
            AdminCredential::Token(Err(error)) => {
                Some(Problem::unauthenticated(error, &request_id))
            }
            AdminCredential::Token(Ok(_))
            | AdminCredential::Session(_)
            | AdminCredential::CommandLine => None,
        },
        Err(problem) => Some(problem),
    };
    match refusal {
        Some(problem) => Ok(request
            .into_response(problem.error_response())
            .map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

/// No such path, or not with this method.
async fn elsewhere(request: HttpRequest, admin: Admin) -> Result<HttpResponse, Problem> {
    let allowed = path::methods(request.path());
    if allowed.is_empty() {
        return Err(Problem::new(
            Kind::NotFound,
            "there is nothing at this path",
            &admin.request_id,
        ));
    }
    let allowed = allowed.join(", ");
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent()
            .insert_header((header::ALLOW, allowed))
            .finish());
    }
    Err(Problem::method_not_allowed(&allowed, &admin.request_id))
}

#[cfg(test)]
mod tests;
