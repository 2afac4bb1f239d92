//! Lists of resources over SCIM: of one type, or of all.

mod pages;

use std::sync::Arc;

use serde_json::Value;
use vestibule_oauth::Scopes;
use vestibule_scim::filter::{CompareOp, Filter};
use vestibule_scim::{Limits, ListQuery, ListRequest, Page, PageLimits, PageMark, ResourceType};
use vestibule_storage::Read;
use vestibule_storage::collection::{self, Collection, Listed as Found};

use crate::caller::Parsed;
use crate::representation::{Derived, Stored};
use crate::types::Kind;
use crate::{Call, Caller, Error, Service};

use pages::Walk;

/// A query for resources, read before its sender is known.
#[derive(Debug, Clone)]
pub enum Search {
    /// The parameters of a URL.
    Query(Result<ListRequest, vestibule_scim::Error>),
    /// The body of a POST to `.search`.
    Message(Result<Value, vestibule_scim::Error>),
}

impl Search {
    /// Whether it looks a person up by what at most a few have, so that an index answers at once.
    fn is_lookup(&self, endpoint: Option<&str>, limits: &Limits) -> bool {
        let Self::Query(Ok(request)) = self else {
            return false;
        };
        if endpoint != Some("/Users") || request.cursor.is_some() {
            return false;
        }
        let filter = request
            .filter
            .as_deref()
            .map(|text| Filter::parse(text, limits));
        let Some(Ok(Filter::Compare {
            path,
            op: CompareOp::Eq,
            ..
        })) = filter
        else {
            return false;
        };
        path.schema.is_none()
            && path.sub_attribute.is_none()
            && LOOKED_UP
                .iter()
                .any(|name| path.attribute.eq_ignore_ascii_case(name))
    }
}

/// Attributes of a person with an index of their own and hardly ever the same value twice.
const LOOKED_UP: [&str; 3] = ["userName", "externalId", "id"];

/// A page of resources.
#[derive(Debug, Clone)]
pub struct Listed {
    /// How many there are on all pages.
    pub total: i64,
    pub page: PageMark,
    /// JSON texts.
    pub resources: Vec<String>,
}

/// A query that was understood for some types.
struct Asked {
    request: ListRequest,
    /// In the order in which their resources are listed.
    types: Vec<(Arc<ResourceType>, ListQuery)>,
    page: Page,
    count: u64,
}

/// One type in a query, and where its resources are.
pub(crate) struct Part<'a> {
    pub(crate) resource_type: &'a ResourceType,
    pub(crate) query: &'a ListQuery,
    pub(crate) collection: Collection<'a>,
}

impl Service {
    /// Whether a list is so short a read that waiting for a thread would take longer.
    pub fn lists_at_once(&self, endpoint: Option<&str>, search: &Search) -> bool {
        self.reads_are_local() && search.is_lookup(endpoint, &self.settings().limits)
    }

    /// A page of the resources of the type at `endpoint`, or of all types (RFC 7644, section
    /// 3.4.2.1): then type by type, each in the order asked for.
    pub fn list(
        &self,
        call: &Call,
        endpoint: Option<&str>,
        search: Search,
    ) -> Result<Listed, Error> {
        let mut parsed = self.parsed_search(endpoint.map(str::to_owned), search);
        let key = match parsed.value() {
            Some(asked) if matches!(asked.page, Page::Cursor(_)) => Some(self.cursor_key()?),
            _ => None,
        };
        self.counted(|tally| {
            self.store().read(|tx| {
                let now = self.now();
                let caller = self.authenticate(tx, tally, &call.presented, Scopes::READ, now)?;
                let asked = caller.settle(&mut parsed)?;
                let locations: Vec<String> = asked
                    .types
                    .iter()
                    .map(|(resource_type, _)| format!("{}{}/", call.base, resource_type.endpoint))
                    .collect();
                let parts: Vec<Part<'_>> = asked
                    .types
                    .iter()
                    .zip(&locations)
                    .map(|((resource_type, query), location)| Part {
                        resource_type,
                        query,
                        collection: Collection {
                            provider: caller.provider.id,
                            resource_type: &resource_type.name,
                            location,
                        },
                    })
                    .collect();
                match (&asked.page, key) {
                    (Page::Cursor(cursor), Some(key)) => {
                        let digest = asked.request.digest(endpoint.unwrap_or("/"));
                        let walk = Walk::new(self, &caller, key, digest, asked.count, now);
                        walk.page(tx, &parts, &call.base, cursor.as_deref())
                    }
                    _ => indexed(tx, &parts, &call.base, asked),
                }
            })
        })
    }

    fn parsed_search(&self, endpoint: Option<String>, search: Search) -> Parsed<Asked> {
        let settings = self.settings();
        let limits = settings.limits;
        let page = self.page_limits();
        self.parsed(move |types, tolerances| {
            let request = match &search {
                Search::Query(request) => request.clone()?,
                Search::Message(body) => ListRequest::parse(body.clone()?, &limits, tolerances)?,
            };
            let types = if let Some(endpoint) = &endpoint {
                let resource_type = types.at(endpoint)?;
                let query = ListQuery::parse(resource_type, &request, &limits, page, tolerances)?;
                vec![(resource_type.clone(), query)]
            } else {
                let all: Vec<&ResourceType> = types.all().iter().map(|found| &**found).collect();
                let queries = ListQuery::across(&all, &request, &limits, page, tolerances)?;
                // The types of which anything can match.
                let matching = types.all().iter().zip(queries);
                matching
                    .filter_map(|(found, query)| Some((found.clone(), query?)))
                    .collect()
            };
            let (asked, count) = match types.first() {
                Some((_, query)) => (query.page.clone(), query.count),
                None => (Page::Index(1), 0),
            };
            Ok(Asked {
                request,
                types,
                page: asked,
                count,
            })
        })
    }

    /// How pages are cut.
    pub fn page_limits(&self) -> PageLimits {
        let mut limits = PageLimits::default();
        limits.default = self.settings().default_page;
        limits.max = self.settings().maximum_page;
        limits.cursors = true;
        limits
    }
}

/// The page that begins with a number (RFC 7644, section 3.4.2.4).
fn indexed(
    tx: &mut Read<'_>,
    parts: &[Part<'_>],
    base: &str,
    asked: &Asked,
) -> Result<Listed, Error> {
    let start_index = asked.page.start_index();
    let mut skip = i64::try_from(start_index - 1).unwrap_or(i64::MAX);
    let mut room = i64::try_from(asked.count).unwrap_or(i64::MAX);
    let mut total = 0_i64;
    let mut resources = Vec::new();
    for part in parts {
        let found = if room == 0 {
            Vec::new()
        } else {
            let from = collection::From::Offset(skip);
            part.find(tx, from, room)?
        };
        let length = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let there = if skip == 0 && length < room {
            // All there are: nothing is left to be counted.
            length
        } else {
            part.count(tx)?
        };
        let found: Vec<&Found> = found.iter().collect();
        part.represent(tx, base, &found, &mut resources)?;
        total += there;
        room -= length;
        skip = (skip - there).max(0);
    }
    Ok(Listed {
        total,
        page: PageMark::Index(start_index),
        resources,
    })
}

impl Part<'_> {
    /// Some of its resources.
    fn find(
        &self,
        tx: &mut Read<'_>,
        from: collection::From<'_>,
        limit: i64,
    ) -> Result<Vec<Found>, Error> {
        let page = collection::Page {
            condition: self.query.filter.as_ref(),
            sort: self
                .query
                .sort
                .as_ref()
                .map(|sort| (&sort.target, sort.descending)),
            from,
            limit,
        };
        Ok(self.collection.list(tx, &page)?)
    }

    fn count(&self, tx: &mut Read<'_>) -> Result<i64, Error> {
        Ok(self.collection.count(tx, self.query.filter.as_ref())?)
    }

    fn represent(
        &self,
        tx: &mut Read<'_>,
        base: &str,
        found: &[&Found],
        resources: &mut Vec<String>,
    ) -> Result<(), Error> {
        let ids: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
        let projection = &self.query.projection;
        let derived = Derived::of(tx, Kind::of(self.resource_type), &ids, projection)?;
        for found in found {
            let stored = Stored {
                document: &found.document,
                created: found.created,
                modified: found.modified,
                version: found.version,
            };
            let shown =
                derived.represent(self.resource_type, base, &found.id, &stored, projection)?;
            resources.push(shown.body);
        }
        Ok(())
    }
}

impl Caller {
    /// For whom a cursor is good.
    fn audience(&self) -> [u8; 16] {
        *self.provider.id.as_uuid().as_bytes()
    }
}
