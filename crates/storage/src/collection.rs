//! The resources of one type of one provider, filtered, sorted and paged.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use vestibule_domain::ProviderId;
use vestibule_scim::filter::Condition;
use vestibule_scim::target::Target;

use crate::columns::instant;
use crate::error::Error;
use crate::lower::{Rows, Sorted, Table};
use crate::schema::totals;
use crate::sql::{Shape, Sql};
use crate::store::Read;

/// Whose resources of which type.
#[derive(Debug, Clone, Copy)]
pub struct Collection<'a> {
    pub provider: ProviderId,
    /// The name of the type: `User`.
    pub resource_type: &'a str,
    /// What stands before the id in `meta.location`, such as `https://host/scim/v2/Users/`.
    pub location: &'a str,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    pub condition: Option<&'a Condition>,
    /// Attribute and whether descending; by id when there is none.
    pub sort: Option<(&'a Target, bool)>,
    pub from: From<'a>,
    pub limit: i64,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
pub enum From<'a> {
    /// After so many resources.
    Offset(i64),
    /// With the first that comes behind this place.
    Behind(Place<'a>),
    /// So that the last is the one before this place.
    Before(Place<'a>),
    /// So that the last of all is the last.
    End,
}

impl From<'_> {
    /// Whether the page is counted from where it ends.
    fn is_backward(&self) -> bool {
        matches!(self, Self::Before(_) | Self::End)
    }
}

/// A place in an order: that of a resource, whether or not it is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// [`Listed::key`]
    pub key: Option<&'a str>,
    pub id: &'a str,
}

/// A resource in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    /// JSON text of an object, without what is derived.
    pub document: String,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
    /// What it was sorted by; `None` when that is the id, or absent.
    pub key: Option<String>,
}

type Columns = (Text, Text, BigInt, BigInt, BigInt, Nullable<Text>);
type Row = (String, String, i64, i64, i64, Option<String>);

impl Collection<'_> {
    /// How many there are. Without a condition that is known and not counted.
    pub fn count(&self, read: &mut Read<'_>, condition: Option<&Condition>) -> Result<i64, Error> {
        let provider = self.provider.to_string();
        let Some(condition) = condition else {
            let shards: Vec<i64> = totals::table
                .filter(totals::provider_id.eq(&provider))
                .filter(totals::resource_type.eq(self.resource_type))
                .select(totals::total)
                .load(read.connection)?;
            return Ok(shards.iter().sum());
        };
        let rows = self.rows(read, &provider);
        let (condition, shape) = rows.condition(condition);
        let query = Sql::of("SELECT count(*) FROM ")
            .sql(rows.table.name())
            .sql(" WHERE ")
            .then(&rows.owned())
            .sql(" AND ")
            .then(&condition)
            .select::<(BigInt,)>(shape);
        let (count,): (i64,) = query.get_result(read.connection)?;
        Ok(count)
    }

    /// A page of them.
    pub fn list(&self, read: &mut Read<'_>, page: &Page<'_>) -> Result<Vec<Listed>, Error> {
        let provider = self.provider.to_string();
        let rows = self.rows(read, &provider);
        let query = select(&rows, page);
        let found: Vec<Row> = query.load(read.connection)?;
        let mut listed = found
            .into_iter()
            .map(|(id, document, created, modified, version, key)| {
                Ok(Listed {
                    id,
                    document,
                    created: instant(created)?,
                    modified: instant(modified)?,
                    version,
                    key,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        if page.from.is_backward() {
            listed.reverse();
        }
        Ok(listed)
    }

    fn rows<'a>(&'a self, read: &Read<'_>, provider: &'a str) -> Rows<'a> {
        Rows {
            engine: read.connection.engine(),
            table: Table::of(self.resource_type),
            resource_type: self.resource_type,
            provider,
            location: self.location,
        }
    }
}

/// The rows of a page; from the end when it is one before a place.
pub(crate) fn select(rows: &Rows<'_>, page: &Page<'_>) -> crate::sql::Select<Columns> {
    let table = rows.table;
    let (target, descending) = page.sort.unzip();
    let mut sorted = Sorted::by(rows, target, descending.unwrap_or_default());
    if page.from.is_backward() {
        sorted = sorted.reversed();
    }
    let mut shape = Shape::Few;
    let mut wanted = rows.owned();
    if let Some(condition) = page.condition {
        let (condition, own) = rows.condition(condition);
        wanted = wanted.sql(" AND ").then(&condition);
        // Each of so many conditions in each of so many orders is no longer few.
        shape = if page.sort.is_some() { Shape::Any } else { own };
    }
    let mut offset = 0;
    match page.from {
        From::Offset(skipped) => offset = skipped,
        From::Behind(place) | From::Before(place) => {
            wanted = wanted
                .sql(" AND ")
                .then(&sorted.behind(place.key, place.id));
        }
        From::End => {}
    }
    let mut limited = Sql::of(" FROM ")
        .sql(table.name())
        .sql(" WHERE ")
        .then(&wanted)
        .sql(" ORDER BY ")
        .then(&sorted.order())
        .sql(" LIMIT ")
        .integer(page.limit);
    if offset > 0 {
        // What is skipped is skipped in an index, not by reading the rows.
        limited = Sql::of(" FROM ")
            .sql(table.name())
            .sql(" WHERE ")
            .then(&table.column("id"))
            .sql(" IN (SELECT ")
            .then(&table.column("id"))
            .then(&limited.sql(" OFFSET ").integer(offset))
            .sql(") ORDER BY ")
            .then(&sorted.order());
    }
    let columns = ["id", "document", "created", "modified", "version"];
    columns
        .into_iter()
        .fold(Sql::of("SELECT "), |sql, name| {
            sql.then(&table.column(name)).sql(", ")
        })
        .then(&sorted.key_text())
        .then(&limited)
        .select(shape)
}
