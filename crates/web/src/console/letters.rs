//! Letters about access links: where they went, how far they got and what stood in the way.

use vestibule_domain::mail::LetterState;
use vestibule_service::mail::QueuedLetter;

use super::page::Cell;
use super::phrase::Phrase;
use super::table::Table;
use super::text::Texts;

/// Letters shown with a link.
pub(super) const BESIDE: u32 = 20;

/// Letters about one link.
pub(super) fn table(t: Texts, found: &[QueuedLetter]) -> Table {
    let titles = [
        t.get("letter.kind"),
        t.get("letter.to"),
        t.get("letter.fate"),
        t.get("provider.made"),
    ];
    let mut table = Table::new(t.own("letter.title"), &titles);
    table.empty = t.own("letter.none");
    table.rows = found
        .iter()
        .map(|letter| {
            vec![
                Cell::text(t.own_of("letter_kind", letter.kind.name())),
                Cell::text(&*letter.recipient),
                fate(t, letter),
                Cell::Time(letter.created),
            ]
        })
        .collect();
    table
}

/// How far a letter got, and why no further.
pub(super) fn fate(t: Texts, letter: &QueuedLetter) -> Cell {
    let why = letter.last_error.as_deref();
    let phrase = |key| -> Phrase {
        let at = letter.finished.unwrap_or(letter.due);
        let values = [
            ("at", at.into()),
            ("tries", letter.attempts.to_string().into()),
            ("why", why.unwrap_or("-").into()),
        ];
        t.phrase(key, &values)
    };
    Cell::Phrase(phrase(match letter.state {
        LetterState::Queued if why.is_some() => "letter.retried",
        LetterState::Queued => "letter.queued",
        LetterState::HandingOver => "letter.handing_over",
        LetterState::Sent => "letter.sent",
        LetterState::Refused => "letter.refused",
        LetterState::Dropped => "letter.dropped",
        LetterState::GivenUp => "letter.given_up",
        LetterState::Unknown => "letter.unknown",
    }))
}
