//! Whether the process lives, and whether it can serve.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;

use crate::Web;
use crate::blocking::blocking;
use crate::routes::Table;

pub(crate) fn configure(table: &mut Table) {
    table
        .page(Method::GET, "/healthz", alive)
        .page(Method::GET, "/readyz", ready);
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

async fn ready(web: Data<Web>) -> HttpResponse {
    let service = web.service.clone();
    match blocking(move || service.check()).await {
        Ok(()) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable()
            .insert_header(("Retry-After", "5"))
            .content_type("text/plain")
            .body("the database is not available\n"),
    }
}
