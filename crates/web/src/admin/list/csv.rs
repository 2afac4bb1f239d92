//! A whole list as CSV (RFC 4180), read and sent a page at a time, so that its length costs no memory.

use std::collections::VecDeque;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Bytes;
use futures_util::stream;
use serde::Serialize;
use serde_json::Value;
use vestibule_service::pages::{Page, PageQuery};
use vestibule_service::{AdminCall, Error, Service};

use super::{Admin, MAX_LIMIT, Problem};
use crate::spreadsheet::written;

/// What is still to be sent.
struct Rest<S, F> {
    admin: Admin,
    columns: &'static [&'static str],
    fetch: F,
    /// Chunks that are ready.
    ready: VecDeque<Bytes>,
    /// Where to read on; none at the end.
    page: Option<PageQuery<S>>,
    /// Rows that may still be sent.
    rows: u64,
}

pub(super) async fn answer<T, R, S, F>(
    admin: Admin,
    page: PageQuery<S>,
    columns: &'static [&'static str],
    fetch: F,
) -> Result<HttpResponse, Problem>
where
    T: Send + 'static,
    R: From<T> + Serialize + 'static,
    S: Copy + Send + 'static,
    F: Fn(&Service, &AdminCall, PageQuery<S>) -> Result<Page<T>, Error> + Clone + Send + 'static,
{
    let mut rest = Rest {
        rows: page.limit.unwrap_or(u64::MAX),
        admin,
        columns,
        fetch,
        ready: VecDeque::from([Bytes::from(heading(columns))]),
        page: Some(page),
    };
    // Whoever may not see the list is told so before anything is sent.
    rest.read::<T, R>().await?;
    let chunks = stream::unfold(Some(rest), |rest| async {
        let mut rest = rest?;
        if rest.ready.is_empty()
            && let Err(problem) = rest.read::<T, R>().await
        {
            // The status is sent; breaking off is what is left to say that it is not all.
            return Some((Err(problem), None));
        }
        let chunk = rest.ready.pop_front()?;
        Some((Ok(chunk), Some(rest)))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"list.csv\""))
        .streaming(chunks))
}

impl<S: Copy + Send + 'static, F> Rest<S, F> {
    /// Reads the next page, if there is one.
    async fn read<T, R>(&mut self) -> Result<(), Problem>
    where
        T: Send + 'static,
        R: From<T> + Serialize,
        F: Fn(&Service, &AdminCall, PageQuery<S>) -> Result<Page<T>, Error>
            + Clone
            + Send
            + 'static,
    {
        let Some(page) = self.page.take() else {
            return Ok(());
        };
        let wanted = PageQuery {
            limit: Some(self.rows.min(MAX_LIMIT)),
            ..page.clone()
        };
        let fetch = self.fetch.clone();
        let found = self
            .admin
            .run(move |service, call| fetch(service, call, wanted))
            .await?;
        self.rows = self
            .rows
            .saturating_sub(u64::try_from(found.items.len()).unwrap_or(u64::MAX));
        if !found.items.is_empty() {
            let rows: Vec<Value> = found
                .items
                .into_iter()
                .map(|item| serde_json::to_value(R::from(item)).unwrap_or_default())
                .collect();
            self.ready
                .push_back(Bytes::from(lines(self.columns, &rows)));
        }
        self.page = found.next.filter(|_| self.rows > 0).map(|next| PageQuery {
            after: Some(next),
            ..page
        });
        Ok(())
    }
}

fn heading(columns: &[&str]) -> Vec<u8> {
    written(std::iter::once(
        columns
            .iter()
            .map(|pointer| pointer.trim_start_matches('/').replace('/', "."))
            .collect(),
    ))
}

fn lines(columns: &[&str], rows: &[Value]) -> Vec<u8> {
    written(rows.iter().map(|row| {
        columns
            .iter()
            .map(|pointer| row.pointer(pointer).map_or_else(String::new, cell))
            .collect()
    }))
}

/// A value as text.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => plain(other),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let rows = [json!({
            "name": "=HYPERLINK(\"http://evil\")", "note": "a \"b\"\r\nc", "tags": ["x", "y"],
            "inner": {"n": 5}, "none": null, "at": "@SUM(A1)", "plus": "+1", "minus": "-1", "tab": "\tx",
        })];
        let columns = [
            "/name", "/note", "/tags", "/inner/n", "/none", "/at", "/plus", "/minus", "/tab",
            "/absent",
        ];
        assert_eq!(
            String::from_utf8(lines(&columns, &rows)).unwrap(),
            "\"'=HYPERLINK(\"\"http://evil\"\")\",\"a \"\"b\"\"\r\nc\",\"x; y\",\"5\",\"\",\"'@SUM(A1)\",\
             \"'+1\",\"'-1\",\"'\tx\",\"\"\r\n"
        );
        assert_eq!(
            heading(&["/id", "/actor/kind"]),
            b"\"id\",\"actor.kind\"\r\n"
        );
    }
}
