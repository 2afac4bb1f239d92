//! One request and its answer, kept for the report of a failure.

use std::fmt;

use super::http::Answer;
use super::request::Prepared;

/// Headers of an answer worth showing.
const SHOWN: [&str; 5] = [
    "content-type",
    "location",
    "etag",
    "www-authenticate",
    "retry-after",
];

/// Most characters of a body that are shown.
const BODY: usize = 1500;

/// A request and what came back, shortened for reading; `Authorization` is
/// left out.
#[derive(Debug, Clone)]
pub struct Exchange {
    request: String,
    headers: Vec<(String, String)>,
    body: String,
    status: u16,
    answer_headers: Vec<(String, String)>,
    answer: String,
}

impl Exchange {
    pub(super) fn new(request: &Prepared, answer: &Answer, text: &str) -> Self {
        let kept = |name: &str| !name.eq_ignore_ascii_case("authorization");
        let shown = |name: &&str| {
            let value = answer.header(name)?;
            Some(((*name).to_owned(), value.to_owned()))
        };
        Self {
            request: format!("{} {}", request.method, request.url),
            headers: request
                .headers
                .iter()
                .filter(|(name, _)| kept(name))
                .cloned()
                .collect(),
            body: cut(request.body.as_deref().unwrap_or_default(), BODY),
            status: answer.status,
            answer_headers: SHOWN.iter().filter_map(shown).collect(),
            answer: cut(text, BODY),
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  > {}", self.request)?;
        for (name, value) in &self.headers {
            writeln!(f, "  > {name}: {value}")?;
        }
        if !self.body.is_empty() {
            writeln!(f, "  > {}", self.body)?;
        }
        writeln!(f, "  < {}", self.status)?;
        for (name, value) in &self.answer_headers {
            writeln!(f, "  < {name}: {value}")?;
        }
        if !self.answer.is_empty() {
            writeln!(f, "  < {}", self.answer)?;
        }
        Ok(())
    }
}

/// The first `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
