//! Queries for many resources and their answer (RFC 7644, section 3.4.2; RFC 9865).

mod request;
mod response;

pub use request::ListRequest;
pub use response::{LIST_RESPONSE, PageMark, list_response};

use crate::error::quoted;
use crate::filter::{Meaning, resolve_across};
use crate::schema::{AttributeType, Returned};
use crate::target::qualified;
use crate::{
    AttributePath, Condition, Error, Filter, Limits, Projection, ResourceType, ScimType, Target,
    Tolerances,
};

/// How many resources a page holds (RFC 7644, section 3.4.2.4; RFC 9865). [`Default`], then its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageLimits {
    /// When the client does not say.
    pub default: u64,
    /// At most, whatever the client says.
    pub max: u64,
    /// Whether there are cursors (RFC 9865). Without them the parameter `cursor` is ignored.
    pub cursors: bool,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            default: 100,
            max: 1_000,
            cursors: false,
        }
    }
}

/// Which page a client asks for (RFC 7644, section 3.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// That which begins with the resource of this index: from 1, at most `i64::MAX`.
    Index(u64),
    /// That which a cursor leads to, as it was sent; `None` is the first page.
    Cursor(Option<String>),
}

impl Page {
    /// The index of the first resource; 1 where a cursor decides.
    pub fn start_index(&self) -> u64 {
        match self {
            Self::Index(index) => *index,
            Self::Cursor(_) => 1,
        }
    }
}

/// A query that was understood (RFC 7644, section 3.4.2).
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Which resources; `None` is all.
    pub filter: Option<Condition>,
    /// In which order; `None` leaves it to the server.
    pub sort: Option<Sort>,
    /// Which page of them.
    pub page: Page,
    /// At most [`PageLimits::max`]; 0 asks for the total alone.
    pub count: u64,
    /// What goes out of each.
    pub projection: Projection,
}

/// What to sort by. For a multi-valued attribute its primary or else its first value decides
/// (RFC 7644, section 3.4.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Never complex.
    pub target: Target,
    /// Largest first.
    pub descending: bool,
}

impl ListQuery {
    /// Reads a query.
    ///
    /// 400 `invalidFilter` for the filter, with the column; 400 `invalidPath` for a `sortBy` that
    /// names nothing to sort by; 400 `invalidValue` for a number that is none, a `sortOrder`
    /// other than ascending and descending, and a `cursor` beside a `startIndex`; 400
    /// `invalidCount` for a `count` that is no number beside a `cursor`; 403 `sensitive` for what
    /// is never returned.
    pub fn parse(
        resource_type: &ResourceType,
        request: &ListRequest,
        limits: &Limits,
        page: PageLimits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, Error> {
        let filter = match &request.filter {
            Some(text) => Some(Filter::parse(text, limits)?.resolve(resource_type, tolerances)?),
            None => None,
        };
        let descending = descending(request.sort_order.as_deref())?;
        let sort = match &request.sort_by {
            Some(path) => Some(Sort {
                target: sort_target(resource_type, path, limits, tolerances)?,
                descending,
            }),
            None => None,
        };
        let understood = Understood { filter, sort };
        Self::with(resource_type, request, understood, limits, page, tolerances)
    }

    /// Reads a query over several resource types (RFC 7644, section 3.4.2.1): one for each type, in
    /// their order; `None` where no resource can satisfy the filter. A type that lacks the
    /// attribute to sort by has no `sort`.
    ///
    /// Errors as of [`ListQuery::parse`], but an attribute is unknown only when no type has it.
    pub fn across(
        resource_types: &[&ResourceType],
        request: &ListRequest,
        limits: &Limits,
        page: PageLimits,
        tolerances: &mut Tolerances,
    ) -> Result<Vec<Option<Self>>, Error> {
        let meanings = match &request.filter {
            Some(text) => {
                resolve_across(&Filter::parse(text, limits)?, resource_types, tolerances)?
            }
            None => vec![Meaning::Always; resource_types.len()],
        };
        let descending = descending(request.sort_order.as_deref())?;
        let mut sorts = Vec::with_capacity(resource_types.len());
        if let Some(path) = &request.sort_by {
            let mut unknown = None;
            for resource_type in resource_types {
                sorts.push(match sort_target(resource_type, path, limits, tolerances) {
                    Ok(target) => Some(Sort { target, descending }),
                    Err(error) if error.scim_type == Some(ScimType::InvalidPath) => {
                        unknown.get_or_insert(error);
                        None
                    }
                    Err(error) => return Err(error),
                });
            }
            if let Some(error) = unknown
                && sorts.iter().all(Option::is_none)
            {
                return Err(error);
            }
        }
        sorts.resize(resource_types.len(), None);
        resource_types
            .iter()
            .zip(meanings)
            .zip(sorts)
            .map(|((resource_type, meaning), sort)| {
                let filter = match meaning {
                    Meaning::Never => return Ok(None),
                    Meaning::Always => None,
                    Meaning::When(condition) => Some(condition),
                };
                let understood = Understood { filter, sort };
                Self::with(resource_type, request, understood, limits, page, tolerances).map(Some)
            })
            .collect()
    }

    fn with(
        resource_type: &ResourceType,
        request: &ListRequest,
        understood: Understood,
        limits: &Limits,
        page_limits: PageLimits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, Error> {
        let Understood { filter, sort } = understood;
        let (page, count) = page(request, page_limits)?;
        let projection = Projection::parse(
            resource_type,
            request.attributes.as_deref(),
            request.excluded_attributes.as_deref(),
            limits,
            tolerances,
        )?;
        Ok(Self {
            filter,
            sort,
            page,
            count,
            projection,
        })
    }
}

/// Which resources, and in which order.
struct Understood {
    filter: Option<Condition>,
    sort: Option<Sort>,
}

/// The page asked for and how much it may hold.
fn page(request: &ListRequest, limits: PageLimits) -> Result<(Page, u64), Error> {
    let cursor = request.cursor.as_deref().filter(|_| limits.cursors);
    // RFC 9865, section 2.3: either parameter chooses its method.
    if cursor.is_some() && request.start_index.is_some() {
        return Err(Error::bad_request(
            ScimType::InvalidValue,
            "cursor and startIndex are two ways to choose a page: leave one out",
        ));
    }
    let wrong_count = match cursor {
        Some(_) => ScimType::InvalidCount,
        None => ScimType::InvalidValue,
    };
    // RFC 9865, section 4: the maximum holds "regardless of what is specified for the count".
    let count = integer("count", request.count.as_deref(), wrong_count)?
        .unwrap_or(limits.default)
        .min(limits.max);
    // RFC 7644, section 3.4.2.4: "A value less than 1 SHALL be interpreted as 1"; of count, "a
    // negative value SHALL be interpreted as "0"".
    let page = match cursor {
        Some(cursor) => Page::Cursor((!cursor.is_empty()).then(|| cursor.to_owned())),
        None => Page::Index(
            integer(
                "startIndex",
                request.start_index.as_deref(),
                ScimType::InvalidValue,
            )?
            .map_or(1, |index| index.max(1)),
        ),
    };
    Ok((page, count))
}

fn descending(order: Option<&str>) -> Result<bool, Error> {
    match order.unwrap_or_default().trim() {
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

fn sort_target(
    resource_type: &ResourceType,
    text: &str,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Target, Error> {
    let invalid =
        |problem: String| Error::bad_request(ScimType::InvalidPath, format!("sortBy: {problem}"));
    let path =
        AttributePath::parse(text.trim(), limits).map_err(|error| invalid(error.to_string()))?;
    let mut path = qualified(resource_type, &path, tolerances).into_owned();
    let mut target = Target::resolve(resource_type, &path)
        .ok_or_else(|| invalid(format!("there is no attribute {} here", quoted(text))))?;
    if target.kind == AttributeType::Complex && target.multi_valued {
        // RFC 7643, section 2.4: `value` is "the attribute's significant value".
        path.sub_attribute = Some("value".to_owned());
        target = Target::resolve(resource_type, &path).unwrap_or(target);
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
    if target.kind == AttributeType::Complex {
        return Err(invalid(format!(
            "{} is complex; name one of its sub-attributes",
            quoted(text)
        )));
    }
    Ok(target)
}

/// An integer of any size; negative ones are 0, huge ones `i64::MAX`.
fn integer(name: &str, text: Option<&str>, wrong: ScimType) -> Result<Option<u64>, Error> {
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
            wrong,
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
mod tests;
