//! An attribute of one's own, from its definition to its use: published, held to its type, filtered.
//!
//! ```text
//! cargo run -p vestibule-scim --example extension -- '{"number": "seven"}'
//! ```

use std::error::Error;
use std::io::Write as _;

use serde_json::{Value, json};
use vestibule_scim::filter::{match_document, matches};
use vestibule_scim::schema::AddedExtension;
use vestibule_scim::{
    Definitions, Dialect, Filter, Limits, Registry, Resource, Schema, Tolerances,
};

const BADGE: &str = "urn:example:params:scim:schemas:Badge";

fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args().nth(1);
    let badge: Value = serde_json::from_str(asked.as_deref().unwrap_or(r#"{"number": 7}"#))?;

    let schema = Schema::parse(&json!({
        "id": BADGE,
        "name": "Badge",
        "attributes": [{"name": "number", "type": "integer", "mutability": "immutable"}]
    }))?;
    let registry = Registry::new(&Definitions {
        extensions: vec![AddedExtension {
            resource_type: "User".to_owned(),
            schema: BADGE.to_owned(),
        }],
        schemas: vec![schema],
        ..Definitions::default()
    })?;
    let users = registry.by_name("User").ok_or("users are built in")?;

    let mut out = std::io::stdout();
    let mut tolerances = Tolerances::new(Dialect::Strict);
    let ada = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", BADGE],
        "userName": "ada",
        BADGE: badge
    });
    let ada = match Resource::parse(users, ada, &Limits::default(), &mut tolerances) {
        Ok(ada) => ada,
        Err(error) => {
            writeln!(out, "refused: {error}")?;
            return Ok(());
        }
    };
    writeln!(out, "stored: {}", ada.to_text())?;

    let filter = format!("{BADGE}:number gt 5");
    let condition = Filter::parse(&filter, &Limits::default())?.resolve(users, &mut tolerances)?;
    let found = matches(&condition, &match_document(users, &ada.0));
    writeln!(out, "{filter}: {found}")?;
    Ok(())
}
