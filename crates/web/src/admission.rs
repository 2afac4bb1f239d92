//! How many requests are worked on at once. What comes on top is refused at once, so that those who
//! are inside are answered in time (R-AVL-2).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use vestibule_service::Error;

use crate::admin::problem::Problem;
use crate::reading::Waiting;
use crate::request::request_id;
use crate::{Web, oauth, refusals, scim};

/// Places beyond the limit that are kept for administrators.
const RESERVED: usize = 64;
/// Bodies that are large which may be in memory at once.
const LARGE: usize = 4;
/// Seconds after which a refused client may try again.
const RETRY_AFTER: u32 = 1;

/// The places there are. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct Admission {
    inside: Arc<AtomicUsize>,
    limit: usize,
    large: Arc<AtomicUsize>,
    /// Bodies that are waited for, whose requests have no place.
    pub(crate) waiting: Waiting,
}

impl Admission {
    /// As many requests of providers at once as `limit`, those waiting for the database included.
    pub fn new(limit: usize) -> Self {
        Self {
            inside: Arc::default(),
            limit,
            large: Arc::default(),
            waiting: Waiting::new(limit),
        }
    }

    /// A place until it is dropped, if fewer than `limit` are taken.
    fn enter(&self, limit: usize) -> Option<Place> {
        Place::take(&self.inside, limit)
    }

    /// A place for a request with a large body, until it is dropped.
    pub(crate) fn enter_large(&self) -> Option<Place> {
        Place::take(&self.large, LARGE)
    }
}

pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(taken: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let before = taken.fetch_add(1, Ordering::Relaxed);
        let place = Self(Arc::clone(taken));
        (before < limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The place of a request, among its extensions.
struct Admitted {
    _place: Place,
}

/// Takes a place for this request, until [`leave`]; 503 where there is none. Health checks are answered without one.
pub(crate) fn admit(request: &HttpRequest) -> Result<(), Box<HttpResponse>> {
    let health = matches!(request.match_info().as_str(), "/healthz" | "/readyz");
    if health || come_back(request) {
        Ok(())
    } else {
        Err(Box::new(refused(request)))
    }
}

/// Gives the place back, before the end or to wait for the body; whether there was one.
pub(crate) fn leave(request: &HttpRequest) -> bool {
    request.extensions_mut().remove::<Admitted>().is_some()
}

/// Takes a place, if there is one.
pub(crate) fn come_back(request: &HttpRequest) -> bool {
    let Some(web) = request.app_data::<Data<Web>>() else {
        return true;
    };
    let provider = refusals::endpoint(request).is_some();
    let limit = web.admission.limit + if provider { 0 } else { RESERVED };
    let Some(place) = web.admission.enter(limit) else {
        return false;
    };
    request.extensions_mut().insert(Admitted { _place: place });
    true
}

/// That there is no place.
pub(crate) const FULL: Error = Error::Busy {
    retry_after: RETRY_AFTER,
};

/// The refusal in the shape of whoever asks.
fn refused(request: &HttpRequest) -> HttpResponse {
    let error = FULL;
    let id = request_id(request);
    match refusals::endpoint(request) {
        Some("token") => oauth::refusal(&error, &id),
        Some(_) => scim::refusal(request, &error),
        None => actix_web::ResponseError::error_response(&Problem::from_error(error, &id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_left() {
        let admission = Admission::new(2);
        let first = admission.enter(2);
        let second = admission.enter(2);
        assert!(first.is_some() && second.is_some());
        assert!(admission.enter(2).is_none());
        assert!(admission.enter(3).is_some(), "kept for administrators");
        drop(first);
        assert!(admission.enter(2).is_some());
        drop(second);
        assert_eq!(admission.inside.load(Ordering::Relaxed), 0);
        let large: Vec<_> = (0..LARGE).map(|_| admission.enter_large()).collect();
        assert!(large.iter().all(Option::is_some));
        assert!(admission.enter_large().is_none());
        assert!(admission.enter(1).is_some(), "others are not held up");
    }
}
