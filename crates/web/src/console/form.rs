//! Forms: what they ask for, and what was wrong with what was given.

use chrono::{DateTime, SecondsFormat, Utc};
use vestibule_domain::Mistake;
use vestibule_domain::network::AllowedAddresses;
use vestibule_domain::said::Said;

use super::page::Tone;
use super::phrase::{Part, Phrase};
use super::text::Texts;
use super::when::When;

/// A form. What a reader typed stays in it when it comes back with mistakes.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// On one page, told apart by it.
    pub(crate) id: &'static str,
    /// Shown as tabs when there is more than one.
    pub(crate) groups: Vec<Group>,
    pub(crate) hidden: Vec<(&'static str, String)>,
    /// What another form had asked for, sent along.
    pub(crate) kept: Vec<(String, String)>,
    pub(crate) submit: String,
    /// The button says that something ends.
    pub(crate) danger: bool,
    /// Where giving up leads.
    pub(crate) cancel: Option<String>,
    /// Fields side by side, for short forms.
    pub(crate) inline: bool,
    /// Asks only: its fields go into the address.
    pub(crate) asks: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) fields: Vec<Field>,
    /// Below them, what few people need.
    pub(crate) further: Option<Further>,
}

/// Fields behind a line that opens them.
#[derive(Debug)]
pub(crate) struct Further {
    pub(crate) title: String,
    pub(crate) fields: Vec<Field>,
    /// Something is set there.
    pub(crate) used: bool,
}

impl Group {
    pub(crate) fn wrong(&self) -> bool {
        let further = self.further.iter();
        further.clone().any(Further::wrong) || wrong(&self.fields)
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Field> {
        let further = self.further.iter_mut();
        self.fields
            .iter_mut()
            .chain(further.flat_map(|further| &mut further.fields))
    }
}

impl Further {
    fn wrong(&self) -> bool {
        wrong(&self.fields)
    }

    pub(crate) fn open(&self) -> bool {
        self.used || self.wrong()
    }
}

fn wrong(fields: &[Field]) -> bool {
    fields.iter().any(|field| field.mistake.is_some())
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
    /// What to change.
    pub(crate) mistake: Option<Phrase>,
    pub(crate) required: bool,
    pub(crate) control: Control,
}

#[derive(Debug)]
pub(crate) enum Control {
    Line {
        value: String,
        kind: &'static str,
        autocomplete: &'static str,
    },
    Area {
        value: String,
        rows: u8,
    },
    Choice {
        options: Vec<Pick>,
        value: String,
    },
    Radios {
        options: Vec<Pick>,
        value: String,
    },
    Switch {
        on: bool,
    },
    /// Date and time, in steps of 15 minutes but freely typed.
    When(When),
    /// A text to be typed as it is shown, so that nothing big ends by a slip.
    Retype {
        expected: String,
    },
}

/// What is said of a text that is no JSON.
pub(crate) fn not_json(error: &serde_json::Error) -> Said {
    Mistake::NotJson.said([
        ("line", error.line().to_string().into()),
        ("column", error.column().to_string().into()),
    ])
}

/// One of several answers.
#[derive(Debug, Clone)]
pub(crate) struct Pick {
    pub(crate) value: String,
    pub(crate) text: String,
}

impl Pick {
    pub(crate) fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            text: text.into(),
        }
    }
}

impl Form {
    pub(crate) fn tone(&self) -> &'static str {
        if self.danger {
            Tone::Bad.class()
        } else {
            "primary"
        }
    }

    /// Of one group.
    pub(crate) fn of(
        id: &'static str,
        action: impl Into<String>,
        submit: impl Into<String>,
        fields: Vec<Field>,
    ) -> Self {
        Self {
            id,
            action: action.into(),
            submit: submit.into(),
            groups: vec![Group {
                fields,
                ..Group::default()
            }],
            ..Self::default()
        }
    }

    /// Writes every mistake at its field, or at `usual` where there is no such field.
    pub(crate) fn mark_all(&mut self, wrong: Vec<(String, Phrase)>, usual: &str) {
        for (field, mistake) in wrong {
            if !self.mark(&field, mistake.clone()) {
                self.mark(usual, mistake);
            }
        }
    }

    /// Sends another version along: what is saved next is saved over that.
    pub(crate) fn over(&mut self, version: i64) {
        self.hidden.retain(|(name, _)| *name != "version");
        self.hidden.push(("version", version.to_string()));
    }

    /// Its fields, whatever group they stand in.
    pub(crate) fn fields(&mut self) -> impl Iterator<Item = &mut Field> {
        self.groups.iter_mut().flat_map(Group::all)
    }

    /// Writes what was wrong at its field; answers whether there is such a field.
    pub(crate) fn mark(&mut self, name: &str, mistake: impl Into<Phrase>) -> bool {
        for field in self.fields() {
            if field.name == name {
                field.mistake = Some(mistake.into());
                return true;
            }
        }
        false
    }
}

impl Field {
    fn new(name: &'static str, label: impl Into<String>, control: Control) -> Self {
        Self {
            name,
            label: label.into(),
            hint: None,
            mistake: None,
            required: false,
            control,
        }
    }

    pub(crate) fn line(
        name: &'static str,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self::typed(name, label, value, "text", "off")
    }

    pub(crate) fn typed(
        name: &'static str,
        label: impl Into<String>,
        value: impl Into<String>,
        kind: &'static str,
        autocomplete: &'static str,
    ) -> Self {
        let value = value.into();
        Self::new(
            name,
            label,
            Control::Line {
                value,
                kind,
                autocomplete,
            },
        )
    }

    pub(crate) fn area(
        name: &'static str,
        label: impl Into<String>,
        value: impl Into<String>,
        rows: u8,
    ) -> Self {
        let value = value.into();
        Self::new(name, label, Control::Area { value, rows })
    }

    pub(crate) fn choice(
        name: &'static str,
        label: impl Into<String>,
        options: Vec<Pick>,
        value: impl Into<String>,
    ) -> Self {
        let value = value.into();
        Self::new(name, label, Control::Choice { options, value })
    }

    pub(crate) fn radios(
        name: &'static str,
        label: impl Into<String>,
        options: Vec<Pick>,
        value: impl Into<String>,
    ) -> Self {
        let value = value.into();
        Self::new(name, label, Control::Radios { options, value })
    }

    pub(crate) fn switch(name: &'static str, label: impl Into<String>, on: bool) -> Self {
        Self::new(name, label, Control::Switch { on })
    }

    pub(crate) fn when(name: &'static str, label: impl Into<String>, typed: When) -> Self {
        Self::new(name, label, Control::When(typed))
    }

    pub(crate) fn retype(label: impl Into<String>, expected: impl Into<String>) -> Self {
        let expected = expected.into();
        Self::new("confirm", label, Control::Retype { expected }).required()
    }

    pub(crate) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Whether it offers a choice, and none of what it offers was chosen.
    pub(crate) fn is_no_choice(&self) -> bool {
        match &self.control {
            Control::Choice { options, value } => {
                !value.is_empty() && options.iter().all(|option| option.value != *value)
            }
            _ => false,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// An instant in full, for machines.
pub(crate) fn as_machine(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads a whole number; one that is too great or too small for any field is the greatest there is, so
/// that it is held to the field's range like any other.
pub(crate) fn whole(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| text.parse().unwrap_or(u32::MAX))
}

/// Reads addresses and networks, or says of each that is none what it is, of five at most.
pub(crate) fn addresses(t: Texts, text: &str) -> Result<AllowedAddresses, Phrase> {
    const TOLD: usize = 5;
    let items = items(text);
    let whole = AllowedAddresses::parse(&items);
    let each = items
        .iter()
        .filter_map(|item| AllowedAddresses::parse(std::slice::from_ref(item)).err())
        .take(TOLD)
        .map(|error| t.mistake("", &error.to_string()));
    whole.map_err(|error| {
        let mut told = Phrase::default();
        for mistake in each {
            if !told.0.is_empty() {
                told.0.push(Part::Words(" ".to_owned()));
            }
            told.0.extend(mistake.0);
        }
        if told.0.is_empty() {
            told = t.mistake("", &error.to_string());
        }
        told
    })
}

/// The lines or comma-separated items of a field, without blanks.
pub(crate) fn items(text: &str) -> Vec<String> {
    text.split(['\n', ',', ';'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whole_and_however_great() {
        assert_eq!(whole(" 7 "), Some(7));
        for great in ["99999999999999999999", "-1", "4294967295"] {
            assert_eq!(whole(great), Some(u32::MAX), "{great}");
        }
        for none in ["", "-", "1.5", "seven", "--1"] {
            assert_eq!(whole(none), None, "{none}");
        }
    }

    #[test]
    fn items_stand_in_lines_or_between_commas() {
        assert_eq!(items(" a, b\n\nc;"), ["a", "b", "c"]);
        assert!(items(" \n").is_empty());
    }
}
