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

use crate::routes::{Methods, Routes};

/// Where the admin API is mounted.
pub const MOUNT: &str = "/api/v1";

pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes.below(MOUNT, services, web::to(elsewhere), |scope| {
        scope.wrap(from_fn(gate))
    });
}

fn services(routes: &mut Routes<'_>) {
    people::configure(routes);
    providers::configure(routes);
    cockpit::configure(routes);
    credentials::configure(routes);
    requests::configure(routes);
    vendors::configure(routes);
    access_groups::configure(routes);
    internal_groups::configure(routes);
    links::configure(routes);
    blocks::configure(routes);
    schemas::configure(routes);
    events::configure(routes);
    timeline::configure(routes);
    health::configure(routes);
    import::configure(routes);
    access_requests::configure(routes);
    administrators::configure(routes);
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
    let Some(allowed) = Methods::of(&request) else {
        return Err(Problem::new(
            Kind::NotFound,
            "there is nothing at this path",
            &admin.request_id,
        ));
    };
    let allowed = allowed.listed();
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent()
            .insert_header((header::ALLOW, allowed))
            .finish());
    }
    Err(Problem::method_not_allowed(&allowed, &admin.request_id))
}

#[cfg(test)]
mod tests;
