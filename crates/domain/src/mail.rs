//! Mail: to whom, what it says, and what became of it.

use chrono::{DateTime, Utc};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use vestibule_scim::fold::fold;

use crate::Mistake;
use crate::named::named;

/// Characters of an address at most (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const MAX_ADDRESS: usize = 254;

named! {
    /// What a letter is for.
    pub enum LetterKind ("kind of letter") {
        Link = "link",
        Code = "code",
    }
}

named! {
    /// How far a letter got.
    pub enum LetterState ("state of a letter") {
        /// Waits for its turn, or to be tried again.
        Queued = "queued",
        /// The mail server waits for its text; from here on it may have been sent.
        HandingOver = "handing_over",
        Sent = "sent",
        /// The mail server, or its address, will never take it.
        Refused = "refused",
        /// Nobody needs it any more: its link ended, another code took its place.
        Dropped = "dropped",
        /// It could not be sent in time.
        GivenUp = "given_up",
        /// Handed over without an answer, and not to be sent twice.
        Unknown = "unknown",
    }
}

/// What a mail says. Made only when the mail server waits for it, so that no secret is ever stored.
pub enum Letter {
    Link {
        user_name: String,
        /// The last part of the link's address.
        secret: Private,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    },
    Code {
        user_name: String,
        code: Private,
        expires: DateTime<Utc>,
    },
    /// That mail works.
    Test,
}

/// A text for its recipient alone, shown by nothing but [`Private::expose`].
#[derive(Clone)]
pub struct Private(String);

impl Private {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Private([redacted])")
    }
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Link { .. } => "Link",
            Self::Code { .. } => "Code",
            Self::Test => "Test",
        })
    }
}

impl Letter {
    /// One of each kind, for trying templates. Their secrets open nothing.
    pub fn samples() -> Vec<Self> {
        let at = DateTime::UNIX_EPOCH;
        let user_name = || "ada".to_owned();
        vec![
            Self::Link {
                user_name: user_name(),
                secret: Private::new("val_sample".to_owned()),
                start: at,
                end: at,
            },
            Self::Code {
                user_name: user_name(),
                code: Private::new("00000000".to_owned()),
                expires: at,
            },
            Self::Test,
        ]
    }
}

/// A mail about to be sent, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub to: String,
    /// The same each time the mail is tried, so that whoever gets it twice can tell.
    pub message_id: String,
    pub date: DateTime<Utc>,
}

/// What became of a mail that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// The mail server has taken it.
    Sent,
    /// It will never be taken.
    Refused(String),
    /// It was not taken this time.
    Postponed(String),
    /// It was handed over whole, but no answer came: it may or may not have been taken.
    Unknown(String),
    /// There was nothing to say any more.
    Dropped,
}

/// Why nothing can be sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("{}", Mistake::MailControlCharacter.english())]
    ControlCharacter,
    #[error("{}", Mistake::MailTooLong.said([("max", MAX_ADDRESS.to_string().into())]))]
    TooLong,
    #[error("{}", Mistake::MailMalformed.english())]
    Malformed,
}

/// Whether mail can go to an address at all: one line, one `@`, nothing that means something else in
/// a header or a command.
pub fn check_address(address: &str) -> Result<(), AddressError> {
    if address.chars().any(char::is_control) {
        return Err(AddressError::ControlCharacter);
    }
    if address.chars().nth(MAX_ADDRESS).is_some() {
        return Err(AddressError::TooLong);
    }
    let special = |c: char| c.is_whitespace() || "<>()[]\\,;:\"".contains(c);
    match address.split_once('@') {
        Some((name, host))
            if !name.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !address.contains(special) =>
        {
            Ok(())
        }
        _ => Err(AddressError::Malformed),
    }
}

/// An address as it is compared: without case, and without what mail or the eye passes over: space around
/// it, invisible characters, the dot at the end of a host, the two ways to write a host that is not ASCII.
pub fn key(address: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let folded: String = fold(address)
        .trim()
        .chars()
        .filter(|c| c.is_ascii() || !ignorable.contains(*c))
        .collect();
    let Some((name, host)) = folded.rsplit_once('@') else {
        return folded;
    };
    let name = unquoted(name.trim_end());
    let host = if host.is_ascii() && !host.contains("xn--") {
        host.to_owned()
    } else {
        fold(&idna::domain_to_unicode(host).0)
    };
    format!(
        "{name}@{}",
        host.trim_matches(|c: char| c.is_whitespace() || c == '.')
    )
}

/// The name of a mailbox without the quotes that mean nothing (RFC 5321, section 4.1.2).
fn unquoted(name: &str) -> String {
    let quoted = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(quoted) = quoted else {
        return name.to_owned();
    };
    let mut characters = quoted.chars();
    std::iter::from_fn(|| match characters.next()? {
        '\\' => characters.next(),
        other => Some(other),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_letter_has_a_sample() {
        assert_eq!(Letter::samples().len(), 3);
        assert_eq!(
            format!("{:?}", Private::new("12345678".to_owned())),
            "Private([redacted])"
        );
    }

    #[test]
    fn an_address_is_one_line_with_one_at() {
        for good in ["ada@acme.example", "a.b+c@x", "å@exämple.example"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        for bad in [
            "ada@acme.example\r\nBcc: eve@evil.example",
            "ada@acme.example\n",
            "ada\u{0}@acme.example",
            "ada\u{85}@acme.example",
        ] {
            assert_eq!(
                check_address(bad),
                Err(AddressError::ControlCharacter),
                "{bad:?}"
            );
        }
        for bad in [
            "", "ada", "@", "ada@", "@acme", "a@b@c", "a b@c", "<a@b>", "a@b,c@d", "a@.b", "a@b.",
        ] {
            assert_eq!(check_address(bad), Err(AddressError::Malformed), "{bad:?}");
        }
        let long = format!("{}@acme.example", "a".repeat(250));
        assert_eq!(check_address(&long), Err(AddressError::TooLong));
    }

    #[test]
    fn what_looks_alike_or_leads_to_one_mailbox_is_one_address() {
        for (one, other) in [
            ("ada@acme.example", "Ada@ACME.example"),
            ("ada@acme.example", " ada@acme.example "),
            ("ada@acme.example", "ada@acme.example\u{a0}"),
            ("ada@acme.example", "ada @ acme.example"),
            ("ada@acme.example", "ada@acme.example."),
            ("ada@acme.example", "ada@acme\u{3002}example"),
            ("ada@acme.example", "a\u{ad}da@ac\u{200b}me.example"),
            ("ada@acme.example", "ａda@acme.example"),
            ("ada@exämple.example", "ada@xn--exmple-cua.example"),
            ("ada@exämple.example", "ada@EXA\u{308}MPLE.example"),
        ] {
            assert_eq!(key(one), key(other), "{other:?}");
        }
        for (one, other) in [
            ("ada@acme.example", "ad.a@acme.example"),
            ("ada@acme.example", "ada@acme.example.org"),
            ("ada@exämple.example", "ada@example.example"),
            ("ada", "ada@"),
        ] {
            assert_ne!(key(one), key(other), "{other:?}");
        }
        assert_eq!(key("ada@exämple.example"), "ada@exämple.example");
    }
}
