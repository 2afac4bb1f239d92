//! Prints the OpenAPI document, as it is kept in `openapi/vestibule.json`; with `3.0`, the rendering
//! that is kept in `openapi/vestibule-3.0.json`.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    let older = std::env::args()
        .nth(1)
        .is_some_and(|version| version == "3.0");
    print!(
        "{}",
        if older {
            vestibule_web::openapi::text_3_0()
        } else {
            vestibule_web::openapi::text()
        }
    );
}
