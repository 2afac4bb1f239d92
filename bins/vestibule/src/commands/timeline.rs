//! `vestibule timeline`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use vestibule_domain::timeline::MomentKind;
use vestibule_service::timeline::{Moment, TimelineQuery};

use super::{CommandError, PageArgs, Session, instant};
use crate::output::Answer;

#[derive(Debug, clap::Args)]
pub(super) struct Timeline {
    /// Only what happens at this instant or later
    #[arg(long, value_name = "WHEN", value_parser = instant)]
    from: Option<DateTime<Utc>>,
    /// Only what happens before this instant
    #[arg(long, value_name = "WHEN", value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// Only what will be recorded under this word, such as vendor.ended or link.expired
    #[arg(long)]
    kind: Option<MomentKind>,
    /// Only what happens to this vendor, by id or name, and to the links of its people
    #[arg(long)]
    vendor: Option<String>,
    /// Only what happens to this provider, by id or name, and to all that is its
    #[arg(long)]
    provider: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

pub(super) fn run(session: &Session, wanted: Timeline) -> Result<Answer, CommandError> {
    let Timeline {
        from,
        to,
        kind,
        vendor,
        provider,
        page,
    } = wanted;
    let query = TimelineQuery {
        kind,
        provider: provider
            .as_deref()
            .map(|provider| session.provider(provider))
            .transpose()?,
        vendor: vendor
            .as_deref()
            .map(|vendor| session.vendor(vendor))
            .transpose()?,
        from,
        to,
        page: page.query(),
    };
    let moments = session.service.timeline(&session.call, &query)?;
    Ok(Answer::page(
        moments.next,
        moments.items.iter().map(shown).collect(),
        &[
            ("AT", "/at"),
            ("WHAT", "/kind"),
            ("NAME", "/name"),
            ("ID", "/subject"),
        ],
    ))
}

/// A moment as the admin API shows it.
fn shown(moment: &Moment) -> Value {
    json!({
        "at": moment.at,
        "kind": moment.kind,
        "subject": moment.subject,
        "subject_kind": moment.kind.subject(),
        "provider": moment.provider,
        "vendor": moment.vendor,
        "name": moment.name,
    })
}
