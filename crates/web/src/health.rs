//! Whether the process lives, and whether it can serve.

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get};

use crate::Web;
use crate::blocking::blocking;

pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/healthz", get().to(alive))
        .route("/readyz", get().to(ready));
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
