//! `vestibule health`.

use serde_json::json;
use vestibule_domain::hexadecimal;

use super::{CommandError, Session};
use crate::output::Answer;

pub(super) fn run(session: &Session) -> Result<Answer, CommandError> {
    let health = session.service.health(&session.call)?;
    // As the admin API shows it, but for what is a running server's own: version and node.
    Ok(Answer::record(json!({
        "at": health.at,
        "database": health.engine,
        "migration": health.migrations.last(),
        "migrations": health.migrations.len(),
        "sealed_events": health.sealed,
        "head": health.head.as_deref().map(hexadecimal),
        "unsealed_events": health.unsealed,
        "letters_waiting": health.letters_waiting,
        "letter_error": health.letter_error,
        "signing_error": health.signing_error,
        "people_waiting": health.people_waiting,
        "dropped_requests": health.dropped_requests,
    })))
}
