//! The one style sheet and the one script, embedded, addressed by their content so that browsers keep
//! them for good.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::CACHE_CONTROL;
use vestibule_domain::hexadecimal;
use vestibule_oauth::Digest;

use crate::routes::{Segment, Table};

const STYLE: &str = include_str!("../../assets/console/console.css");
const SCRIPT: &str = include_str!("../../assets/console/console.js");
const ICON: &str = include_str!("../../assets/console/icon.svg");

pub(super) fn configure(table: &mut Table) {
    table
        .page(Method::GET, "/assets/console/icon.svg", icon)
        .page_of_known(Method::GET, "/assets/console/{name}", is_there, asset);
}

/// Address of the style sheet.
pub(crate) fn style() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| address(STYLE, "css"));
    &ADDRESS
}

/// Address of the script.
pub(super) fn script() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| address(SCRIPT, "js"));
    &ADDRESS
}

fn address(content: &str, ending: &str) -> String {
    let digest = Digest::of(content);
    let (start, _) = digest.as_bytes().split_at(8);
    let name = hexadecimal(start);
    format!("/assets/console/{name}.{ending}")
}

async fn icon() -> HttpResponse {
    kept("image/svg+xml", ICON)
}

fn is_there(name: &str) -> bool {
    [style(), script()].contains(&address_of(name).as_str())
}

fn address_of(name: &str) -> String {
    format!("/assets/console/{name}")
}

async fn asset(name: Segment) -> HttpResponse {
    if address_of(&name) == style() {
        kept("text/css; charset=utf-8", STYLE)
    } else {
        kept("text/javascript; charset=utf-8", SCRIPT)
    }
}

fn kept(media_type: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(content)
}
