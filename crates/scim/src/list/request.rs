//! A query as it arrived: from a URL, or as the body of a POST to `.search`.

use serde_json::{Map, Value};

use crate::message::{check_schemas, syntax, take, take_text};
use crate::{Error, Limits, Tolerance, Tolerances};

/// The parameters of a query (RFC 7644, sections 3.4.2 and 3.4.3; RFC 9865, section 2). A URL and a
/// `SearchRequest` message say the same, so one type holds both. Nothing is understood yet:
/// [`ListQuery::parse`](crate::ListQuery::parse) does that. [`Default`], then its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListRequest {
    /// `filter`
    pub filter: Option<String>,
    /// `sortBy`
    pub sort_by: Option<String>,
    /// `sortOrder`
    pub sort_order: Option<String>,
    /// `startIndex`, as text.
    pub start_index: Option<String>,
    /// `count`, as text.
    pub count: Option<String>,
    /// Empty for the first page (RFC 9865, section 2).
    pub cursor: Option<String>,
    /// Names separated by commas.
    pub attributes: Option<String>,
    /// Names separated by commas.
    pub excluded_attributes: Option<String>,
}

impl ListRequest {
    /// URN of the message of a POST to `.search`.
    pub const SCHEMA: &'static str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

    /// Takes one parameter of a URL, its name in any ASCII case. Parameters of other names are
    /// ignored. 400 `invalidSyntax` for a parameter that is given twice.
    pub fn set(&mut self, name: &str, value: String) -> Result<(), Error> {
        let parameter = match name.to_ascii_lowercase().as_str() {
            "filter" => &mut self.filter,
            "sortby" => &mut self.sort_by,
            "sortorder" => &mut self.sort_order,
            "startindex" => &mut self.start_index,
            "count" => &mut self.count,
            "cursor" => &mut self.cursor,
            "attributes" => &mut self.attributes,
            "excludedattributes" => &mut self.excluded_attributes,
            _ => return Ok(()),
        };
        if parameter.replace(value).is_some() {
            return Err(syntax(&format!(
                "the parameter `{name}` is given more than once"
            )));
        }
        Ok(())
    }

    /// Reads a `SearchRequest` message (RFC 7644, section 3.4.3).
    ///
    /// 400 `invalidSyntax` for a message of another URN (a missing `schemas` is refused in the
    /// strict dialect alone) and for a value of another type.
    pub fn parse(body: Value, limits: &Limits, tolerances: &mut Tolerances) -> Result<Self, Error> {
        let Value::Object(mut message) = body else {
            return Err(syntax("a SearchRequest message is a JSON object"));
        };
        check_schemas(&message, Self::SCHEMA, tolerances)?;
        Ok(Self {
            filter: take_text(&mut message, "filter")?,
            sort_by: take_text(&mut message, "sortBy")?,
            sort_order: take_text(&mut message, "sortOrder")?,
            start_index: take_number(&mut message, "startIndex")?,
            count: take_number(&mut message, "count")?,
            cursor: take_text(&mut message, "cursor")?,
            attributes: take_names(&mut message, "attributes", limits, tolerances)?,
            excluded_attributes: take_names(
                &mut message,
                "excludedAttributes",
                limits,
                tolerances,
            )?,
        })
    }

    /// What tells this query from others, the place on the way through its pages (`startIndex`,
    /// `count`, `cursor`) apart: parameters by name, absent ones left out.
    pub(crate) fn identity(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("filter", &self.filter),
            ("sortBy", &self.sort_by),
            ("sortOrder", &self.sort_order),
            ("attributes", &self.attributes),
            ("excludedAttributes", &self.excluded_attributes),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// As the digits it is written with.
fn take_number(message: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    match take(message, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(syntax(&format!("{name}: expected an integer"))),
    }
}

/// RFC 7644, section 3.4.3: "attributes", "a multi-valued list of strings".
fn take_names(
    message: &mut Map<String, Value>,
    name: &str,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Option<String>, Error> {
    let expected = || syntax(&format!("{name}: expected an array of strings"));
    let names = match take(message, name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(names)) => names,
        Some(single @ Value::String(_)) if tolerances.accept(Tolerance::SingleForMany) => {
            vec![single]
        }
        Some(_) => return Err(expected()),
    };
    if names.len() > limits.values {
        return Err(syntax(&format!(
            "{name}: more than {} names",
            limits.values
        )));
    }
    let names: Vec<&str> = names
        .iter()
        .map(|name| name.as_str().ok_or_else(expected))
        .collect::<Result<_, _>>()?;
    Ok(Some(names.join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Dialect, ScimType};

    fn parse(body: Value, dialect: Dialect) -> Result<ListRequest, Error> {
        ListRequest::parse(body, &Limits::default(), &mut Tolerances::new(dialect))
    }

    /// RFC 7644 3.4.3: a POST to `.search` takes the parameters a URL would.
    // proves: 7644-3.4.2-unknown 7644-3.4.3-message 9865-3-search
    #[test]
    fn a_message_says_what_a_url_says() {
        let body = json!({
            "schemas": [ListRequest::SCHEMA],
            "attributes": ["displayName", "name.familyName"],
            "excludedAttributes": [],
            "filter": "displayName sw \"smith\"",
            "sortBy": "userName", "sortOrder": "descending",
            "startIndex": 1, "count": 10, "cursor": ""});
        let mut from_url = ListRequest::default();
        for (name, value) in [
            ("ATTRIBUTES", "displayName,name.familyName"),
            ("excludedAttributes", ""),
            ("filter", "displayName sw \"smith\""),
            ("sortby", "userName"),
            ("sortOrder", "descending"),
            ("startIndex", "1"),
            ("Count", "10"),
            ("cursor", ""),
            ("somethingElse", "x"),
        ] {
            from_url.set(name, value.to_owned()).unwrap();
        }
        assert_eq!(parse(body, Dialect::Strict).unwrap(), from_url);
        assert!(
            from_url
                .set("COUNT", "11".to_owned())
                .unwrap_err()
                .detail
                .contains("more than once")
        );
    }

    // proves: 7644-3.1-messages
    #[test]
    fn a_message_of_another_shape_is_refused() {
        for body in [
            json!([]),
            json!({"schemas": ["urn:x:y"]}),
            json!({"schemas": [ListRequest::SCHEMA], "filter": 7}),
            json!({"schemas": [ListRequest::SCHEMA], "count": "10"}),
            json!({"schemas": [ListRequest::SCHEMA], "cursor": 1}),
            json!({"schemas": [ListRequest::SCHEMA], "attributes": [1]}),
            json!({"schemas": [ListRequest::SCHEMA], "attributes": vec!["a"; 1_001]}),
        ] {
            for dialect in [Dialect::Tolerant, Dialect::Strict] {
                let error = parse(body.clone(), dialect).unwrap_err();
                assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax), "{body}");
            }
        }
        for body in [
            json!({}),
            json!({"schemas": [ListRequest::SCHEMA], "attributes": "a"}),
        ] {
            assert!(parse(body.clone(), Dialect::Tolerant).is_ok(), "{body}");
            assert!(parse(body.clone(), Dialect::Strict).is_err(), "{body}");
        }
    }
}
