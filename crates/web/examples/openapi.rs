//! Prints the OpenAPI document: `cargo run -p vestibule-web --example openapi > openapi/vestibule.json`.

use std::io::{Write as _, stdout};

fn main() -> std::io::Result<()> {
    stdout().write_all(vestibule_web::openapi::text().as_bytes())
}
