//! What is wrong with settings an administrator gave: one variant per mistake, naming the field.

use crate::Mistake;

/// Most characters in a name.
pub const MAX_NAME: usize = 128;
/// Most characters in a free text, such as a description or the reason of a block.
pub const MAX_TEXT: usize = 4096;
/// Most entries in a list of settings: tags, approvers, allowed addresses.
pub const MAX_ENTRIES: usize = 1000;

/// A mistake in settings. `field` is the name of the setting in the admin API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("{field}: {}", Mistake::Empty.english())]
    Empty { field: &'static str },
    #[error("{field}: {}", Mistake::TooLong.said([("max", max.to_string().into())]))]
    TooLong { field: &'static str, max: usize },
    #[error("{field}: {}", Mistake::ControlCharacter.english())]
    ControlCharacter { field: &'static str },
    #[error("{field}: {}", Mistake::SurroundingSpace.english())]
    SurroundingSpace { field: &'static str },
    #[error("{field}: {}", Mistake::TooMany.said([("max", max.to_string().into())]))]
    TooMany { field: &'static str, max: usize },
    #[error("{field}: {}", Mistake::Duplicate.english())]
    Duplicate { field: &'static str },
    #[error("{field}: {}", Mistake::OutOfRange.said([
        ("min", min.to_string().into()), ("max", max.to_string().into()),
    ]))]
    OutOfRange {
        field: &'static str,
        min: u32,
        max: u32,
    },
    #[error("{0}")]
    Authentication(vestibule_oauth::MethodsError),
    #[error("default_access_group: {}", Mistake::DefaultOfThirdParty.english())]
    DefaultAccessGroupOfThirdParty,
    #[error("allowed_referrers: {}", Mistake::NotAnOrigin.said([("item", item.into())]))]
    ReferrerPattern { item: String },
    #[error("link_delivery: {}", Mistake::DeliveryOfThirdParty.english())]
    LinkDeliveryOfThirdParty,
    #[error("end: {}", Mistake::EndNotAfterStart.english())]
    EndNotAfterStart,
    #[error("status: {}", Mistake::EnabledWithoutAccessGroup.english())]
    EnabledWithoutAccessGroup,
    #[error("status: {}", Mistake::EnabledWithoutStart.english())]
    EnabledWithoutStart,
}

impl SettingsError {
    /// The setting at fault, by its name in the admin API.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Empty { field }
            | Self::TooLong { field, .. }
            | Self::ControlCharacter { field }
            | Self::SurroundingSpace { field }
            | Self::TooMany { field, .. }
            | Self::Duplicate { field }
            | Self::OutOfRange { field, .. } => field,
            Self::Authentication(error) => error.field,
            Self::DefaultAccessGroupOfThirdParty => "default_access_group",
            Self::ReferrerPattern { .. } => "allowed_referrers",
            Self::LinkDeliveryOfThirdParty => "link_delivery",
            Self::EndNotAfterStart => "end",
            Self::EnabledWithoutAccessGroup | Self::EnabledWithoutStart => "status",
        }
    }
}

/// What is wrong with some settings: of each field the first mistake, in the order in which they were
/// looked at.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<SettingsError>);

impl Mistakes {
    pub(crate) fn look(&mut self, checked: Result<(), SettingsError>) {
        if let Err(mistake) = checked
            && self.0.iter().all(|known| known.field() != mistake.field())
        {
            self.0.push(mistake);
        }
    }

    pub(crate) fn found(self) -> Vec<SettingsError> {
        self.0
    }
}

/// The first of some mistakes.
pub(crate) fn first(mistakes: Vec<SettingsError>) -> Result<(), SettingsError> {
    mistakes.into_iter().next().map_or(Ok(()), Err)
}

/// A name or another single line: not empty, bounded, nothing that could forge a line of a log.
///
/// Spaces around it are refused rather than cut, so that what is stored is what was typed.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<(), SettingsError> {
    if text.trim().is_empty() {
        return Err(SettingsError::Empty { field });
    }
    if text.chars().nth(max).is_some() {
        return Err(SettingsError::TooLong { field, max });
    }
    if text.chars().any(char::is_control) {
        return Err(SettingsError::ControlCharacter { field });
    }
    if text.trim() != text {
        return Err(SettingsError::SurroundingSpace { field });
    }
    Ok(())
}

pub(crate) fn optional_line(
    field: &'static str,
    text: Option<&str>,
    max: usize,
) -> Result<(), SettingsError> {
    text.map_or(Ok(()), |text| line(field, text, max))
}

/// A free text: may be empty and have line breaks and tabs, no other control characters.
pub(crate) fn free_text(field: &'static str, text: Option<&str>) -> Result<(), SettingsError> {
    let Some(text) = text else { return Ok(()) };
    if text.chars().nth(MAX_TEXT).is_some() {
        return Err(SettingsError::TooLong {
            field,
            max: MAX_TEXT,
        });
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(SettingsError::ControlCharacter { field });
    }
    Ok(())
}

/// A list of lines without repetition.
pub(crate) fn lines(
    field: &'static str,
    entries: &[String],
    max_entries: usize,
    max_length: usize,
) -> Result<(), SettingsError> {
    if entries.len() > max_entries {
        return Err(SettingsError::TooMany {
            field,
            max: max_entries,
        });
    }
    let mut seen = std::collections::HashSet::with_capacity(entries.len());
    for entry in entries {
        line(field, entry, max_length)?;
        if !seen.insert(entry) {
            return Err(SettingsError::Duplicate { field });
        }
    }
    Ok(())
}

pub(crate) fn range(
    field: &'static str,
    value: u32,
    min: u32,
    max: u32,
) -> Result<(), SettingsError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(SettingsError::OutOfRange { field, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        let field = "name";
        assert_eq!(line(field, "Okta", 4), Ok(()));
        assert_eq!(line(field, "Ökta", 4), Ok(()));
        assert_eq!(line(field, "", 4), Err(SettingsError::Empty { field }));
        assert_eq!(line(field, " \t", 4), Err(SettingsError::Empty { field }));
        assert_eq!(
            line(field, "Okta2", 4),
            Err(SettingsError::TooLong { field, max: 4 })
        );
        assert_eq!(
            line(field, "O\nka", 4),
            Err(SettingsError::ControlCharacter { field })
        );
        assert_eq!(
            line(field, "Ok\u{1b}", 4),
            Err(SettingsError::ControlCharacter { field })
        );
        assert_eq!(
            line(field, "Ok ", 4),
            Err(SettingsError::SurroundingSpace { field })
        );
    }

    #[test]
    fn a_free_text_may_have_lines() {
        assert_eq!(free_text("description", Some("one\n\ttwo")), Ok(()));
        assert!(free_text("description", Some("bell\u{7}")).is_err());
        assert_eq!(
            free_text("description", Some(&"x".repeat(MAX_TEXT))),
            Ok(())
        );
        assert!(free_text("description", Some(&"x".repeat(MAX_TEXT + 1))).is_err());
    }

    #[test]
    fn a_list_is_bounded_and_without_repetition() {
        let field = "tags";
        let entries = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(lines(field, &entries(&["a", "b"]), 2, 8), Ok(()));
        assert_eq!(
            lines(field, &entries(&["a", "b", "c"]), 2, 8),
            Err(SettingsError::TooMany { field, max: 2 })
        );
        assert_eq!(
            lines(field, &entries(&["a", "a"]), 2, 8),
            Err(SettingsError::Duplicate { field })
        );
    }
}
