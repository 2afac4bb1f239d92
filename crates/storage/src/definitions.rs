//! What administrators defined besides the built-in schemas, and who holds data of it.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::engine::Engine;
use crate::error::Error;
use crate::lower::{Table, json_path};
use crate::schema::definitions;
use crate::sql::{Shape, Sql};
use crate::store::{Read, Write};

/// The only row.
const ROW: i64 = 1;

/// The definitions as JSON text, and their version.
pub fn load(read: &mut Read<'_>) -> Result<(i64, String), Error> {
    Ok(definitions::table
        .find(ROW)
        .select((definitions::version, definitions::document))
        .get_result(read.connection)?)
}

/// Puts other definitions in the place of those that still have `version`, as the next version.
pub fn replace(write: &mut Write<'_>, version: i64, document: &str) -> Result<(), Error> {
    let changed = diesel::update(
        definitions::table
            .filter(definitions::id.eq(ROW))
            .filter(definitions::version.eq(version)),
    )
    .set((
        definitions::version.eq(version + 1),
        definitions::document.eq(document),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// How many resources of a type, of all providers, hold anything at `path`: an attribute, the URN
/// of an extension, or an attribute behind it. All of the type when the path is empty.
pub fn count_holders(
    read: &mut Read<'_>,
    resource_type: &str,
    path: &[&str],
) -> Result<i64, Error> {
    let table = Table::of(resource_type);
    let of_type = match table {
        Table::Users | Table::Groups => Sql::of("TRUE"),
        Table::Resources => Sql::of("resources.type_name = ").text(resource_type),
    };
    let document = table.column("document");
    let holds = if path.is_empty() {
        Sql::of("TRUE")
    } else {
        let path = json_path(path.iter().copied());
        match read.connection.engine() {
            Engine::Sqlite => Sql::of("json_type(")
                .then(&document)
                .sql(", ")
                .text(path)
                .sql(") IS NOT NULL"),
            Engine::Postgres => Sql::of("jsonb_path_exists(CAST(")
                .then(&document)
                .sql(" AS jsonb), CAST(")
                .text(path)
                .sql(" AS jsonpath))"),
        }
    };
    let (count,): (i64,) = Sql::of("SELECT count(*) FROM ")
        .sql(table.name())
        .sql(" WHERE ")
        .then(&of_type)
        .sql(" AND ")
        .then(&holds)
        .select::<(BigInt,)>(Shape::Any)
        .get_result(read.connection)?;
    Ok(count)
}
