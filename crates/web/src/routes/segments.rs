//! The segments of a path that may be anything.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::ErrorNotFound;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use matchit::Params;
use percent_encoding::percent_decode_str;

/// In the order in which they stand in the path, their percent-encodings read.
struct Segments(Vec<String>);

/// Keeps what stands for the names of a pattern.
pub(super) fn keep(request: &ServiceRequest, found: &Params<'_, '_>) {
    if !found.is_empty() {
        let segments = Segments(found.iter().map(|(_, text)| read(text)).collect());
        request.extensions_mut().insert(segments);
    }
}

/// A segment with its percent-encodings read.
pub(crate) fn read(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The one at `index`.
pub(crate) fn segment(request: &HttpRequest, index: usize) -> Option<String> {
    let extensions = request.extensions();
    let Segments(all) = extensions.get()?;
    all.get(index).cloned()
}

/// The first of them.
#[derive(Debug)]
pub(crate) struct Segment(pub(crate) String);

impl Deref for Segment {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl FromRequest for Segment {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let first = segment(request, 0).map(Self);
        ready(first.ok_or_else(|| ErrorNotFound("the path has no such segment")))
    }
}
