//! Whether the process lives, and whether it can serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;

use crate::Web;
use crate::blocking::blocking;
use crate::routes::Table;

/// Whether the server is about to stop, so that `/readyz` fails and balancers send nobody here any more
/// (R-AVL-3). Cheap to clone; clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on `/readyz` answers 503; everything else works as before.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) fn configure(table: &mut Table) {
    table
        .page(Method::GET, "/healthz", alive)
        .page(Method::GET, "/readyz", ready);
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

async fn ready(web: Data<Web>) -> HttpResponse {
    if web.draining.begun() {
        return not_ready("the server is stopping\n");
    }
    let service = web.service.clone();
    match blocking(move || service.check()).await {
        Ok(()) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Err(_) => not_ready("the database is not available\n"),
    }
}

fn not_ready(why: &'static str) -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header(("Retry-After", "5"))
        .content_type("text/plain")
        .body(why)
}
