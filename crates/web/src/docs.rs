//! The OpenAPI document at `/openapi.json` and a page to read it with at `/docs`. All its parts come
//! from this server.

use std::sync::{Arc, LazyLock};

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, LOCATION};
use utoipa_swagger_ui::Config;

use crate::openapi;
use crate::routes::{Segment, Table};

/// The page puts styles into its elements and shows pictures it holds itself; nothing comes from, or
/// goes, elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

static DOCUMENT: LazyLock<String> = LazyLock::new(openapi::text);

/// The document's address is relative, so that it is found under any public path.
static PAGE: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("../openapi.json").validator_url("none")));

pub(crate) fn configure(table: &mut Table) {
    table
        .page(Method::GET, "/openapi.json", document)
        .page(Method::GET, "/docs", entrance)
        .page_of_known(Method::GET, "/docs/{*file}", is_there, file);
}

async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(DOCUMENT.as_str())
}

async fn entrance() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "docs/index.html"))
        .finish()
}

fn is_there(file: &str) -> bool {
    !matches!(utoipa_swagger_ui::serve(file, PAGE.clone()), Ok(None))
}

async fn file(path: Segment) -> HttpResponse {
    match utoipa_swagger_ui::serve(&path, PAGE.clone()) {
        Ok(Some(file)) => {
            let mut response = HttpResponse::Ok();
            if file.gzpipped {
                response.insert_header((CONTENT_ENCODING, "gzip"));
            }
            response
                .content_type(file.content_type)
                .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                .insert_header((CACHE_CONTROL, "public, max-age=3600"))
                .body(file.bytes.into_owned())
        }
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
