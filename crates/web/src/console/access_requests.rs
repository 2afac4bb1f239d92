//! Access requests: links that others have to approve first.

mod ask;
mod list;
mod page;
mod vote;

use vestibule_domain::AccessRequestId;
use vestibule_domain::access_request::RequestState;
use vestibule_service::Error;

use super::MOUNT;
use super::form::Form;
use super::page::{Anchor, Badge, Tone};
use super::text::Texts;
use super::visit::Visit;

pub(super) use ask::{ask, new};
pub(super) use list::{list, of_person};
pub(super) use page::show;
pub(super) use vote::{vote, withdraw};

pub(super) fn href(id: AccessRequestId) -> String {
    format!("{MOUNT}/access-requests/{id}")
}

fn trail(t: Texts) -> Vec<Anchor> {
    vec![
        Anchor::words(t.own("nav.remote_access")),
        Anchor::words(t.own("nav.access_control")),
        Anchor::new(
            t.own("nav.access_requests"),
            format!("{MOUNT}/access-requests"),
        ),
    ]
}

fn state(t: Texts, state: RequestState) -> Badge {
    let tone = match state {
        RequestState::Pending => Tone::Waiting,
        RequestState::Approved => Tone::Good,
        RequestState::Disapproved => Tone::Bad,
        RequestState::Withdrawn | RequestState::Expired => Tone::Plain,
    };
    Badge::new(tone, t.own_of("request_state", state.name()))
}

/// Writes what was wrong, or what stands in the way, into the form.
fn refused(visit: &Visit, form: &mut Form, error: Error, usual: &str) -> Result<(), Error> {
    match error {
        Error::Conflict(said) => {
            form.mark(usual, visit.t.hindrance(&said));
            Ok(())
        }
        error => visit.mark(form, error, usual),
    }
}
