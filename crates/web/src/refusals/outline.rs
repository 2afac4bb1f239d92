//! What is kept of a refused request: enough to see what a product does, nothing that is a secret or
//! tells who a person is.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use url::form_urlencoded;

/// Bytes of a body that an outline is made of; of a larger one only the size is told.
const OUTLINED: usize = 16 * 1_024;
/// Elements of an array, and members of an object, that are looked at.
const ELEMENTS: usize = 20;
/// Characters of a name that are kept.
const NAME: usize = 80;
const HIDDEN: &str = "(hidden)";

/// Parameters of the token endpoint whose values are no secrets.
const OPEN_PARAMETERS: [&str; 6] = [
    "grant_type",
    "client_id",
    "client_assertion_type",
    "scope",
    "ttl",
    "token_type_hint",
];
/// Parameters of a query that say what is asked for.
const OPEN_QUERY: [&str; 10] = [
    "filter",
    "sortby",
    "sortorder",
    "startindex",
    "count",
    "attributes",
    "excludedattributes",
    "cursor",
    "grant_type",
    "ttl",
];
/// Attributes of SCIM messages whose values are words of the protocol.
const OPEN_ATTRIBUTES: [&str; 7] = [
    "schemas", "op", "path", "method", "bulkid", "type", "sortby",
];

/// Path and query; the value of a parameter that is none of the protocol's is hidden.
pub(super) fn target(path: &str, query: &str) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", parameters(query.as_bytes(), &OPEN_QUERY))
}

/// The parameters of a form.
pub(super) fn form(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    if body.len() > OUTLINED {
        return Some(size(body));
    }
    Some(parameters(body, &OPEN_PARAMETERS))
}

fn parameters(text: &[u8], open: &[&str]) -> String {
    let mut kept = Vec::new();
    for (name, value) in form_urlencoded::parse(text).take(ELEMENTS) {
        let shown = open.iter().any(|known| known.eq_ignore_ascii_case(&name));
        let name: String = name.chars().take(NAME).collect();
        kept.push(if shown {
            format!("{name}={value}")
        } else {
            format!("{name}={HIDDEN}")
        });
    }
    kept.join("&")
}

/// The structure of a JSON body: names, the protocol's own words, numbers and booleans; of every other
/// text only how long it is.
pub(super) fn json(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    if body.len() > OUTLINED {
        return Some(size(body));
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => Some(outlined(&value, false).to_string()),
        Err(error) => Some(format!(
            "no JSON: it breaks off at line {} column {}",
            error.line(),
            error.column()
        )),
    }
}

/// `serde_json` refuses what is nested deeper than 128, so neither can this be.
fn outlined(value: &Value, open: bool) -> Value {
    match value {
        Value::String(text) if open => Value::String(text.clone()),
        Value::String(text) => {
            Value::String(format!("(text, {} characters)", text.chars().count()))
        }
        Value::Array(items) => {
            let mut kept: Vec<Value> = items
                .iter()
                .take(ELEMENTS)
                .map(|item| outlined(item, open))
                .collect();
            if items.len() > ELEMENTS {
                kept.push(Value::String(format!("({} more)", items.len() - ELEMENTS)));
            }
            Value::Array(kept)
        }
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .iter()
                .take(ELEMENTS)
                .map(|(name, member)| {
                    let open = OPEN_ATTRIBUTES
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(name));
                    (
                        name.chars().take(NAME).collect(),
                        outlined(member, open && !member.is_object()),
                    )
                })
                .collect();
            Value::Object(kept)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn size(body: &[u8]) -> String {
    format!("({} bytes)", body.len())
}

/// The client id that a token request shows, in HTTP Basic or in its form.
pub(super) fn client_id(authorization: &[Vec<u8>], body: &[u8]) -> Option<String> {
    let basic = authorization.first().and_then(|value| {
        let text = std::str::from_utf8(value).ok()?;
        let (scheme, credentials) = text.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = BASE64.decode(credentials.trim()).ok()?;
        let name = decoded.split(|byte| *byte == b':').next()?.to_vec();
        form_urlencoded::parse(&[b"id=", name.as_slice()].concat())
            .next()
            .map(|(_, id)| id.into_owned())
    });
    let parameter = |wanted: &str| {
        form_urlencoded::parse(body.get(..OUTLINED).unwrap_or(body))
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    basic
        .or_else(|| parameter("client_id"))
        .or_else(|| subject(&parameter("client_assertion")?))
}

/// Whom an assertion says that it is of, whether or not that is true (RFC 7523, section 3).
fn subject(assertion: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structure_of_a_body_is_kept_and_its_values_are_not() {
        let body = br#"{"schemas": ["urn:x"], "userName": "ada@acme.example", "password": "hunter2",
            "Operations": [{"op": "Replace", "path": "active", "value": "False"}], "active": true}"#;
        assert_eq!(
            json(body).unwrap(),
            "{\"schemas\":[\"urn:x\"],\"userName\":\"(text, 16 characters)\",\"password\":\"(text, 7 characters)\",\
             \"Operations\":[{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"(text, 5 characters)\"}],\"active\":true}"
        );
        assert_eq!(
            json(b"{\"a\": ").unwrap(),
            "no JSON: it breaks off at line 1 column 6"
        );
        assert_eq!(json(&vec![b' '; 20_000]).unwrap(), "(20000 bytes)");
        assert_eq!(json(b""), None);
        let many = Value::Array(vec![Value::Null; 30]).to_string();
        assert!(json(many.as_bytes()).unwrap().ends_with("\"(10 more)\"]"));
    }

    #[test]
    fn no_secret_of_a_token_request_is_kept() {
        let body = b"grant_type=client_credentials&client_id=c1&client_secret=hunter2&ttl=5";
        assert_eq!(
            form(body).unwrap(),
            "grant_type=client_credentials&client_id=c1&client_secret=(hidden)&ttl=5"
        );
        assert_eq!(
            target("/iso/oauth2/token", "client_secret=hunter2&grant_type=x"),
            "/iso/oauth2/token?client_secret=(hidden)&grant_type=x"
        );
        assert_eq!(target("/scim/v2/Users", ""), "/scim/v2/Users");
    }

    #[test]
    fn the_client_is_found_in_both_places() {
        let basic = format!("Basic {}", BASE64.encode("c%2B1:hunter2"));
        assert_eq!(
            client_id(&[basic.into_bytes()], b"").as_deref(),
            Some("c+1")
        );
        assert_eq!(client_id(&[], b"a=b&client_id=c2").as_deref(), Some("c2"));
        assert_eq!(client_id(&[b"Basic ?".to_vec()], b""), None);
    }
}
