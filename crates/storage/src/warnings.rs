//! Warnings about providers: what they sent that changes nothing, and credentials about to end.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{EventId, ProviderId};

use crate::columns::{instant, micros, parsed};
use crate::engine::upsert;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::schema::warnings;
use crate::store::{Read, Write};

/// Something about a provider that an administrator should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub provider: ProviderId,
    pub kind: String,
    /// The user, group or credential it is about.
    pub subject: String,
    pub detail: String,
    pub raised: DateTime<Utc>,
    /// By which it was raised, and no other.
    pub event: EventId,
}

sorts! {
    /// How warnings can be sorted.
    WarningSort by "warnings.event_id" {
        Raised = "raised" => "warnings.event_id",
    }
}

/// What a warning is sorted by.
pub fn place(_: WarningSort, warning: &Warning) -> (Option<Key>, String) {
    (None, warning.event.to_string())
}

/// Which warnings are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub provider: Option<ProviderId>,
    pub kind: Option<String>,
}

type Row = (String, String, String, String, i64, String);

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<WarningSort>,
) -> Result<Vec<Warning>, Error> {
    let mut query = warnings::table.into_boxed();
    if let Some(provider) = choice.provider {
        query = query.filter(warnings::provider_id.eq(provider.to_string()));
    }
    if let Some(kind) = &choice.kind {
        query = query.filter(warnings::kind.eq(kind));
    }
    let rows: Vec<Row> = page
        .of(query)
        .select((
            warnings::provider_id,
            warnings::kind,
            warnings::subject_id,
            warnings::detail,
            warnings::raised,
            warnings::event_id,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(provider, kind, subject, detail, raised, event)| {
            Ok(Warning {
                provider: parsed(&provider)?,
                kind,
                subject,
                detail,
                raised: instant(raised)?,
                event: parsed(&event)?,
            })
        })
        .collect()
}

/// Whether a provider was warned of something in these words already.
pub fn stands(
    read: &mut Read<'_>,
    provider: ProviderId,
    kind: &str,
    subject: &str,
    detail: &str,
) -> Result<bool, Error> {
    let known: Option<String> = warnings::table
        .find((provider.to_string(), kind, subject))
        .select(warnings::detail)
        .first(read.connection)
        .optional()?;
    Ok(known.as_deref() == Some(detail))
}

/// Raises a warning, or renews the one of the same kind about the same subject.
pub fn raise(write: &mut Write<'_>, warning: &Warning) -> Result<(), Error> {
    upsert!(
        &mut *write.connection,
        warnings::table,
        (
            warnings::provider_id.eq(warning.provider.to_string()),
            warnings::kind.eq(&warning.kind),
            warnings::subject_id.eq(&warning.subject),
            warnings::detail.eq(&warning.detail),
            warnings::raised.eq(micros(warning.raised)),
            warnings::event_id.eq(warning.event.to_string()),
        ),
        (warnings::provider_id, warnings::kind, warnings::subject_id),
        (
            warnings::detail.eq(&warning.detail),
            warnings::raised.eq(micros(warning.raised)),
            warnings::event_id.eq(warning.event.to_string()),
        )
    )?;
    Ok(())
}

/// Takes back what was warned of, once it is no longer so.
pub fn withdraw(
    write: &mut Write<'_>,
    provider: ProviderId,
    kind: &str,
    subject: &str,
) -> Result<(), Error> {
    diesel::delete(warnings::table.find((provider.to_string(), kind, subject)))
        .execute(write.connection)?;
    Ok(())
}
