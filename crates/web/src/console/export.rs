//! A whole list as CSV: the pages of the list one after the other, each read in a transaction of its own
//! when the one before is sent, so that its length costs no memory.

use std::future::ready;
use std::io;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt as _, stream};
use vestibule_service::Error;

use super::reply::{Answer, Reply, see};
use super::table::Table;
use super::visit::Visit;
use crate::blocking::log;
use crate::spreadsheet::written;

/// What is still to be sent.
struct Rest {
    visit: Visit,
    /// The page's own handler.
    again: fn(Visit) -> LocalBoxFuture<'static, Answer>,
    /// A page that is read already.
    ready: Option<Table>,
}

/// The list from its first page on, which is `first`; `again` reads any other.
pub(super) fn whole(
    visit: Visit,
    name: &str,
    first: Table,
    again: fn(Visit) -> LocalBoxFuture<'static, Answer>,
) -> HttpResponse {
    if first.misread {
        return misread(&visit);
    }
    let heading = Bytes::from(written([first.heading()]));
    let rest = Rest {
        visit,
        again,
        ready: Some(first),
    };
    let pages = stream::unfold(Some(rest), |rest| async {
        let mut rest = rest?;
        let table = match rest.next().await {
            Ok(table) => table,
            // The status is sent; breaking off is what is left to say that it is not all.
            Err(error) => return Some((Err(error), None)),
        };
        let chunk = Bytes::from(written(table.records()));
        let rest = table.after.map(|after| {
            rest.visit.query.set("after", after);
            rest
        });
        Some((Ok(chunk), rest))
    });
    file(name).streaming(stream::once(ready(Ok(heading))).chain(pages))
}

/// A list that is no longer than this.
pub(super) fn page(name: &str, table: &Table) -> HttpResponse {
    let heading = std::iter::once(table.heading());
    file(name).body(written(heading.chain(table.records())))
}

/// To the page that says which filter cannot be read.
fn misread(visit: &Visit) -> HttpResponse {
    see(&visit.here(&[("format", None)]))
}

fn file(name: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ));
    answer
}

impl Rest {
    async fn next(&mut self) -> Result<Table, io::Error> {
        if let Some(table) = self.ready.take() {
            return Ok(table);
        }
        match (self.again)(self.visit.clone()).await {
            Ok(Reply::Export(table, _)) => Ok(*table),
            Ok(_) => Err(io::Error::other("a page of the list is no list")),
            Err(error) => {
                if matches!(error, Error::Unavailable(_) | Error::Internal(_)) {
                    log(&error, &self.visit.request_id);
                }
                Err(io::Error::other(error.to_string()))
            }
        }
    }
}
