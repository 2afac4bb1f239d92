use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};
use actix_web::{App, HttpResponse};

use super::*;

async fn one(id: Segment) -> String {
    format!("one {}", id.0)
}

async fn nested(request: HttpRequest) -> String {
    let of = |index| segment(&request, index).unwrap_or_default();
    format!("{} of {}", of(1), of(0))
}

async fn otherwise(request: HttpRequest) -> HttpResponse {
    let methods = Methods::of(&request);
    HttpResponse::Ok().body(methods.map_or(String::new(), |methods| methods.listed()))
}

fn table() -> Table {
    let mut table = Table::default();
    table
        .page(Method::GET, "", || async { "the root" })
        .page(Method::GET, "/things", || async { "all" })
        .page(Method::POST, "/things", || async { "made" })
        .page(Method::GET, "/things/{id}", one)
        .page(Method::POST, "/things/.search", || async { "searched" })
        .page(Method::GET, "/things/{thing}/parts/{part}", nested)
        .page(Method::GET, "/files/{*file}", one)
        .page_of_known(Method::GET, "/kept/{*file}", |file| file == "a b/c", one);
    table
}

async fn ask(method: Method, path: &str) -> String {
    let mut outer = Table::default();
    outer.mount("/api", table(), web::to(otherwise), |scope| scope);
    let nowhere = web::to(|| async { HttpResponse::NotFound().body("nowhere") });
    let app = init_service(App::new().configure(|config| outer.serve(config, nowhere))).await;
    let request = TestRequest::with_uri(path).method(method).to_request();
    let body = call_and_read_body(&app, request).await;
    String::from_utf8(body.to_vec()).unwrap()
}

#[actix_web::test]
async fn what_is_written_out_comes_before_what_may_be_anything() {
    for (method, path, expected) in [
        (Method::GET, "/api", "the root"),
        (Method::GET, "/api/things", "all"),
        (Method::POST, "/api/things", "made"),
        (Method::GET, "/api/things/7", "one 7"),
        (Method::GET, "/api/things/.searched", "one .searched"),
        (Method::POST, "/api/things/.search", "searched"),
        (Method::GET, "/api/things/7/parts/a%2Fb", "a/b of 7"),
        (Method::GET, "/api/things/urn:a:b%20c", "one urn:a:b c"),
        (Method::GET, "/api/things/%ff", "one \u{fffd}"),
        (Method::GET, "/api/files/css/page.css", "one css/page.css"),
        (Method::GET, "/api/kept/a%20b/c", "one a b/c"),
        (Method::POST, "/api/kept/a%20b/c", "GET, HEAD, OPTIONS"),
        (Method::GET, "/api/kept/other", ""),
        (Method::POST, "/api/kept/other", ""),
        (Method::GET, "/elsewhere", "nowhere"),
        (Method::GET, "/apis", "nowhere"),
    ] {
        assert_eq!(ask(method, path).await, expected, "{path}");
    }
}

#[actix_web::test]
async fn whoever_answers_otherwise_knows_what_is_allowed() {
    for (method, path, expected) in [
        (Method::DELETE, "/api/things", "GET, HEAD, POST, OPTIONS"),
        (Method::OPTIONS, "/api/things/7", "GET, HEAD, OPTIONS"),
        (Method::GET, "/api/things/.search", "POST, OPTIONS"),
        (Method::GET, "/api/nothing", ""),
        (Method::GET, "/api/things/7/parts", ""),
    ] {
        assert_eq!(ask(method, path).await, expected, "{path}");
    }
}

#[actix_web::test]
async fn head_is_answered_as_get() {
    let tables = App::new().configure(|config| {
        let mut outer = Table::default();
        outer.mount("/api", table(), web::to(otherwise), |scope| scope);
        outer.page(Method::GET, "/things/{id}", one);
        outer.serve(config, web::to(otherwise));
    });
    let app = init_service(tables.wrap(from_fn(crate::entrance))).await;
    for path in ["/things/7", "/api/things/7", "/api"] {
        let request = TestRequest::with_uri(path).method(Method::HEAD);
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}
