//! Queries for many resources and their answer (RFC 7644, section 3.4.2).

use crate::error::quoted;
use crate::schema::{AttributeType, Returned};
use crate::{
    AttributePath, Condition, Error, Filter, Limits, Projection, ResourceType, ScimType, Target,
    Tolerances,
};

/// A query as it arrived, from the URL or from a `.search` body.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListParams<'a> {
    pub filter: Option<&'a str>,
    pub sort_by: Option<&'a str>,
    pub sort_order: Option<&'a str>,
    pub start_index: Option<&'a str>,
    pub count: Option<&'a str>,
    pub attributes: Option<&'a str>,
    pub excluded_attributes: Option<&'a str>,
}

/// How many resources a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// When the client does not say.
    pub default: u64,
    /// At most, whatever the client says.
    pub max: u64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            default: 100,
            max: 1_000,
        }
    }
}

/// A query that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    pub filter: Option<Condition>,
    pub sort: Option<Sort>,
    /// From 1, at most `i64::MAX`.
    pub start_index: u64,
    /// At most [`PageLimits::max`]; 0 asks for the total alone.
    pub count: u64,
    pub projection: Projection,
}

/// What to sort by. For a multi-valued attribute its primary or else its first value decides
/// (RFC 7644, section 3.4.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Never complex.
    pub target: Target,
    pub descending: bool,
}

impl ListQuery {
    /// Reads a query.
    ///
    /// 400 `invalidFilter` for the filter, with the column; 400 `invalidPath` for a `sortBy` that
    /// names nothing to sort by; 400 `invalidValue` for a number that is none and a `sortOrder`
    /// other than ascending and descending; 403 `sensitive` for what is never returned.
    pub fn parse(
        resource_type: &ResourceType,
        params: &ListParams<'_>,
        limits: &Limits,
        page: PageLimits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, Error> {
        let filter = match params.filter {
            Some(text) => Some(Filter::parse(text, limits)?.resolve(resource_type, tolerances)?),
            None => None,
        };
        let descending = match params.sort_order {
            None => false,
            Some(order) => descending(order)?,
        };
        let sort = match params.sort_by {
            Some(path) => Some(Sort {
                target: sort_target(resource_type, path, limits)?,
                descending,
            }),
            None => None,
        };
        // "A value less than 1 SHALL be interpreted as 1"; "a negative value SHALL be interpreted
        // as "0"" (RFC 7644, section 3.4.2.4).
        let start_index =
            integer("startIndex", params.start_index)?.map_or(1, |index| index.max(1));
        let count =
            integer("count", params.count)?.map_or(page.default, |count| count.min(page.max));
        let projection =
            Projection::parse(resource_type, params.attributes, params.excluded_attributes)?;
        Ok(Self {
            filter,
            sort,
            start_index,
            count,
            projection,
        })
    }
}

/// A `ListResponse` around resources that are JSON texts already. `total` counts all that match,
/// `start_index` is that of the first resource.
pub fn list_response(total: u64, start_index: u64, resources: &[String]) -> String {
    let head = format!(
        "{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\
         \"totalResults\":{total},\"startIndex\":{start_index},\"itemsPerPage\":{},\"Resources\":[",
        resources.len()
    );
    let length: usize = resources.iter().map(|resource| resource.len() + 1).sum();
    let mut text = String::with_capacity(head.len() + length + 2);
    text.push_str(&head);
    for (index, resource) in resources.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(resource);
    }
    text.push_str("]}");
    text
}

fn descending(order: &str) -> Result<bool, Error> {
    match order.trim() {
        "" => Ok(false),
        order if order.eq_ignore_ascii_case("ascending") => Ok(false),
        order if order.eq_ignore_ascii_case("descending") => Ok(true),
        other => Err(Error::bad_request(
            ScimType::InvalidValue,
            format!(
                "sortOrder: expected \"ascending\" or \"descending\", got {}",
                quoted(other)
            ),
        )),
    }
}

fn sort_target(resource_type: &ResourceType, text: &str, limits: &Limits) -> Result<Target, Error> {
    let invalid =
        |problem: String| Error::bad_request(ScimType::InvalidPath, format!("sortBy: {problem}"));
    let mut path =
        AttributePath::parse(text.trim(), limits).map_err(|error| invalid(error.to_string()))?;
    let mut target = Target::resolve(resource_type, &path)
        .ok_or_else(|| invalid(format!("there is no attribute {} here", quoted(text))))?;
    if target.kind == AttributeType::Complex && target.multi_valued {
        // RFC 7643, section 2.4: `value` is "the attribute's significant value".
        path.sub_attribute = Some("value".to_owned());
        target = Target::resolve(resource_type, &path).unwrap_or(target);
    }
    if target.kind == AttributeType::Complex {
        return Err(invalid(format!(
            "{} is complex; name one of its sub-attributes",
            quoted(text)
        )));
    }
    if target.returned == Returned::Never {
        return Err(Error::new(
            403,
            Some(ScimType::Sensitive),
            format!(
                "sortBy: {} is never returned and cannot be sorted by",
                quoted(text)
            ),
        ));
    }
    Ok(target)
}

/// An integer of any size; negative ones are 0, huge ones `i64::MAX`.
fn integer(name: &str, text: Option<&str>) -> Result<Option<u64>, Error> {
    const MAX: u64 = i64::MAX.unsigned_abs();
    let Some(text) = text else {
        return Ok(None);
    };
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::bad_request(
            ScimType::InvalidValue,
            format!("{name}: expected an integer, got {}", quoted(text)),
        ));
    }
    if negative {
        return Ok(Some(0));
    }
    // Nothing but digits: what does not fit is too large.
    Ok(Some(digits.parse().unwrap_or(MAX).min(MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(params: ListParams<'_>) -> Result<ListQuery, Error> {
        ListQuery::parse(
            &ResourceType::user(),
            &params,
            &Limits::default(),
            PageLimits::default(),
            &mut Tolerances::default(),
        )
    }

    fn page(start_index: &str, count: &str) -> Result<(u64, u64), (u16, ScimType)> {
        let params = ListParams {
            start_index: Some(start_index),
            count: Some(count),
            ..ListParams::default()
        };
        query(params)
            .map(|query| (query.start_index, query.count))
            .map_err(|error| (error.status, error.scim_type.unwrap()))
    }

    fn sort(by: &str, order: &str) -> Result<(String, bool), (u16, ScimType)> {
        let params = ListParams {
            sort_by: Some(by),
            sort_order: Some(order),
            ..ListParams::default()
        };
        query(params)
            .map(|query| query.sort.unwrap())
            .map(|sort| {
                let sub = sort.target.sub_attribute.map(|sub| format!(".{sub}"));
                (
                    sort.target.attribute + &sub.unwrap_or_default(),
                    sort.descending,
                )
            })
            .map_err(|error| (error.status, error.scim_type.unwrap()))
    }

    #[test]
    fn pages() {
        let max = i64::MAX.unsigned_abs();
        assert_eq!(page("1", "10"), Ok((1, 10)));
        assert_eq!(page("0", "0"), Ok((1, 0)));
        assert_eq!(page("-9223372036854775808", "-1"), Ok((1, 0)));
        assert_eq!(page("9223372036854775808", "1001"), Ok((max, 1_000)));
        assert_eq!(
            page("99999999999999999999999999", "18446744073709551616"),
            Ok((max, 1_000))
        );
        assert_eq!(page(" 007 ", "5"), Ok((7, 5)));
        for bad in ["", "x", "1.5", "1e3", "--1", "-", "+1", "٣"] {
            assert_eq!(page(bad, "1"), Err((400, ScimType::InvalidValue)), "{bad}");
            assert_eq!(page("1", bad), Err((400, ScimType::InvalidValue)), "{bad}");
        }
        let nothing = query(ListParams::default()).unwrap();
        assert_eq!((nothing.start_index, nothing.count), (1, 100));
        assert!(nothing.filter.is_none() && nothing.sort.is_none());
        assert!(nothing.projection.is_default());
    }

    #[test]
    fn sorting() {
        assert_eq!(sort("USERNAME", ""), Ok(("userName".to_owned(), false)));
        assert_eq!(
            sort("name.familyName", "Descending"),
            Ok(("name.familyName".to_owned(), true))
        );
        assert_eq!(
            sort("emails", "ascending"),
            Ok(("emails.value".to_owned(), false))
        );
        assert_eq!(
            sort("meta.lastModified", ""),
            Ok(("meta.lastModified".to_owned(), false))
        );
        assert_eq!(
            sort("customCodes", ""),
            Ok(("customCodes".to_owned(), false))
        );
        for bad in [
            "",
            "favouriteColour",
            "name",
            "addresses",
            "name.",
            "userName.x",
            "email",
        ] {
            assert_eq!(sort(bad, ""), Err((400, ScimType::InvalidPath)), "{bad}");
        }
        assert_eq!(sort("password", ""), Err((403, ScimType::Sensitive)));
        assert_eq!(sort("id", "down"), Err((400, ScimType::InvalidValue)));
    }

    #[test]
    fn a_filter_that_is_not_understood_is_refused() {
        let filter = |text| {
            let params = ListParams {
                filter: Some(text),
                ..ListParams::default()
            };
            query(params)
                .map(|query| query.filter.is_some())
                .map_err(|error| error.scim_type)
        };
        assert_eq!(filter("userName eq \"x\""), Ok(true));
        for bad in ["", "userName", "userName eq", "favouriteColour eq \"x\""] {
            assert_eq!(filter(bad), Err(Some(ScimType::InvalidFilter)), "{bad}");
        }
    }

    #[test]
    fn a_response_always_has_resources() {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(
            read(&list_response(0, 1, &[])),
            serde_json::json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
        );
        let resources = ["{\"id\":\"1\"}".to_owned(), "{\"id\":\"2\"}".to_owned()];
        let text = list_response(9, 3, &resources);
        assert_eq!(read(&text)["itemsPerPage"], 2);
        assert_eq!(read(&text)["Resources"][1]["id"], "2");
    }
}
