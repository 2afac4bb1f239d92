//! Which of three users a filter selects, or where it goes wrong.
//!
//! ```text
//! cargo run -p vestibule-scim --example filter -- 'emails[type eq "work"] and not (active eq false)'
//! ```

use std::error::Error;
use std::io::Write as _;

use serde_json::{Value, json};
use vestibule_scim::filter::{match_document, matches};
use vestibule_scim::{Dialect, Filter, Limits, ResourceType, Tolerances};

fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args().nth(1);
    let text = asked
        .as_deref()
        .unwrap_or(r#"emails[type eq "work"] and not (active eq false)"#);
    let mut out = std::io::stdout();

    let filter = match Filter::parse(text, &Limits::default()) {
        Ok(filter) => filter,
        Err(error) => {
            // The column counts characters from one: the caret points at what was not expected.
            let caret = " ".repeat(error.column.saturating_sub(1));
            writeln!(out, "{text}\n{caret}^ {error}")?;
            return Ok(());
        }
    };
    // Attributes are looked up, operands held to their types: this is what a database would be asked.
    let users = ResourceType::user();
    let condition = filter.resolve(&users, &mut Tolerances::new(Dialect::Strict))?;

    for user in people() {
        let document = match_document(&users, user.as_object().ok_or("a user is an object")?);
        let verdict = if matches(&condition, &document) {
            "selected"
        } else {
            "-"
        };
        writeln!(out, "{verdict:<9}{user}")?;
    }
    Ok(())
}

fn people() -> [Value; 3] {
    [
        json!({"userName": "ada", "active": true, "emails": [{"type": "work", "value": "ada@example.com"}]}),
        json!({"userName": "bob", "active": false, "emails": [{"type": "work", "value": "bob@example.com"}]}),
        json!({"userName": "cyd", "active": true, "emails": [{"type": "home", "value": "cyd@example.org"}]}),
    ]
}
