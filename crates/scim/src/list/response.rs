//! The answer to a query (RFC 7644, section 3.4.2; RFC 9865, section 2).

use std::fmt::Write;

/// Where a page of a `ListResponse` stands among the pages of its query (RFC 7644, section 3.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageMark {
    /// `startIndex` is that of the first resource.
    Index(u64),
    /// Cursors are made by a [`CursorKey`](crate::CursorKey).
    Cursor {
        /// `None` on the last page and on no other.
        next: Option<String>,
        /// `None` on the first page.
        previous: Option<String>,
    },
}

/// URN of the message `ListResponse` (RFC 7644, section 3.4.2).
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A `ListResponse` around resources that are JSON texts already. `total` counts all that match.
///
/// RFC 7644, section 3.4.2.
pub fn list_response(total: u64, page: &PageMark, resources: &[String]) -> String {
    let length: usize = resources.iter().map(|resource| resource.len() + 1).sum();
    let mut text = String::with_capacity(length + 256);
    let mut write = |name: &str, value: &dyn std::fmt::Display| {
        write!(text, "{name}{value}").expect("a String takes whatever is written to it");
    };
    write("{\"schemas\":[\"", &LIST_RESPONSE);
    write("\"],\"totalResults\":", &total);
    write(",\"itemsPerPage\":", &resources.len());
    match page {
        PageMark::Index(start_index) => write(",\"startIndex\":", start_index),
        PageMark::Cursor { next, previous } => {
            for (name, cursor) in [
                (",\"previousCursor\":", previous),
                (",\"nextCursor\":", next),
            ] {
                if let Some(cursor) = cursor {
                    write(name, &serde_json::Value::from(cursor.as_str()));
                }
            }
        }
    }
    text.push_str(",\"Resources\":[");
    for (index, resource) in resources.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(resource);
    }
    text.push_str("]}");
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    // proves: 7644-3.4.2-list 7644-3.4.2-nothing 7644-3.4.2-page
    #[test]
    fn a_response_always_has_resources() {
        assert_eq!(
            read(&list_response(0, &PageMark::Index(1), &[])),
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
        );
        let resources = ["{\"id\":\"1\"}".to_owned(), "{\"id\":\"2\"}".to_owned()];
        let answer = read(&list_response(9, &PageMark::Index(3), &resources));
        assert_eq!(answer["itemsPerPage"], 2);
        assert_eq!(answer["Resources"][1]["id"], "2");
    }

    #[test]
    fn cursors_take_the_place_of_the_index() {
        let page = |next: Option<&str>, previous: Option<&str>| {
            let page = PageMark::Cursor {
                next: next.map(str::to_owned),
                previous: previous.map(str::to_owned),
            };
            read(&list_response(100, &page, &[]))
        };
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
        assert_eq!(
            page(Some("VZUT"), None),
            json!({"schemas": schemas, "totalResults": 100, "itemsPerPage": 0, "nextCursor": "VZUT", "Resources": []})
        );
        assert_eq!(
            page(None, Some("ze7L")),
            json!({"schemas": schemas, "totalResults": 100, "itemsPerPage": 0, "previousCursor": "ze7L", "Resources": []})
        );
    }
}
