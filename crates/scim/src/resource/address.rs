//! The one address a user is known by.

use serde_json::{Map, Value};

/// The value with `primary: true`; else the first of `type` work; else the first; else `userName`
/// when that is an address. Values without text are passed over.
///
/// RFC 7643, section 4.1.2.
pub fn primary_email(user: &Map<String, Value>) -> Option<&str> {
    from_emails(user).or_else(|| {
        let name = user.get("userName")?.as_str()?;
        is_address(name).then_some(name)
    })
}

fn from_emails(user: &Map<String, Value>) -> Option<&str> {
    let mut work = None;
    let mut first = None;
    for email in user.get("emails")?.as_array()? {
        let Some(value) = email.get("value").and_then(Value::as_str) else {
            continue;
        };
        if value.trim().is_empty() {
            continue;
        }
        if email.get("primary").and_then(Value::as_bool) == Some(true) {
            return Some(value);
        }
        let kind = email.get("type").and_then(Value::as_str);
        if work.is_none() && kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work")) {
            work = Some(value);
        }
        first = first.or(Some(value));
    }
    work.or(first)
}

/// One `@` with something on both sides, and nothing that could break out of a mail header.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn email_of(user: &Value) -> Option<&str> {
        primary_email(user.as_object().unwrap())
    }

    #[test]
    fn the_rule_in_its_order() {
        let all = json!({"userName": "u@x.example", "emails": [
            {"value": "home@x.example", "type": "home"},
            {"value": "work1@x.example", "type": "WORK", "primary": false},
            {"value": "work2@x.example", "type": "work"},
            {"value": "primary@x.example", "primary": true}]});
        assert_eq!(email_of(&all), Some("primary@x.example"));
        let mut some = all.clone();
        some["emails"].as_array_mut().unwrap().pop();
        assert_eq!(email_of(&some), Some("work1@x.example"));
        some["emails"].as_array_mut().unwrap().truncate(1);
        assert_eq!(email_of(&some), Some("home@x.example"));
        some["emails"] = json!([{"type": "work"}, {"value": " "}]);
        assert_eq!(email_of(&some), Some("u@x.example"));
    }

    #[test]
    fn a_user_name_that_is_no_address_is_none() {
        for name in ["bjensen", "@x", "x@", "a@b@c", "a b@c", "a@b\r\nBcc: c"] {
            assert_eq!(email_of(&json!({"userName": name})), None, "{name:?}");
        }
        assert_eq!(email_of(&json!({"userName": "a@b"})), Some("a@b"));
    }
}
