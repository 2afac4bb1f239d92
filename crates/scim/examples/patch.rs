//! What a PATCH makes of a user, and which of its deviations from RFC 7644 were tolerated.
//!
//! ```text
//! cargo run -p vestibule-scim --example patch -- '[{"op": "remove", "path": "emails[type eq \"home\"]"}]'
//! ```

use std::error::Error;
use std::io::Write as _;

use serde_json::{Value, json};
use vestibule_scim::{Dialect, Limits, Patch, Resource, ResourceType, Tolerances, patch};

/// As Microsoft Entra ID sends it: a capital letter, a boolean as text.
const OPERATIONS: &str = r#"[
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "ada@example.com"}
]"#;

fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args().nth(1);
    let operations: Value = serde_json::from_str(asked.as_deref().unwrap_or(OPERATIONS))?;
    let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});

    let (users, limits) = (ResourceType::user(), Limits::default());
    let mut tolerances = Tolerances::new(Dialect::Tolerant);
    let ada = json!({
        "userName": "ada",
        "active": true,
        "emails": [{"type": "home", "value": "ada@example.org"}]
    });
    let ada = Resource::parse(&users, ada, &limits, &mut tolerances)?;

    let mut out = std::io::stdout();
    let changed = Patch::parse(message, &limits, &mut tolerances)
        .and_then(|message| patch::apply(&message, &users, &ada, &limits, &mut tolerances));
    match changed {
        Ok(changed) => {
            let verdict = if changed == ada {
                "nothing changes"
            } else {
                "becomes"
            };
            writeln!(out, "{verdict}: {}", changed.to_text())?;
        }
        Err(error) => writeln!(out, "refused: {error}")?,
    }
    for (tolerance, times) in tolerances.used() {
        writeln!(out, "tolerated {times} times: {}", tolerance.name())?;
    }
    Ok(())
}
