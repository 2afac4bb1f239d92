//! Refused requests that are meant by an error text without an id: what Okta or Entra show holds
//! words of the answer, or its status alone.

use vestibule_scim::fold::fold;

use crate::requests::RefusedRequest;

/// Letters of an answer that are enough to tell it from others.
const TELLING: usize = 8;
/// Statuses by the words that stand behind them.
const PHRASES: [(&str, u16); 12] = [
    ("bad request", 400),
    ("unauthorized", 401),
    ("forbidden", 403),
    ("not found", 404),
    ("method not allowed", 405),
    ("conflict", 409),
    ("precondition failed", 412),
    ("payload too large", 413),
    ("unsupported media type", 415),
    ("too many requests", 429),
    ("internal server error", 500),
    ("service unavailable", 503),
];

/// Texts that products show in the place of an answer, folded, with what they mean: the credential does
/// not work, or the address, or what stands between does not let it through.
const KNOWN: [(&str, u16); 2] = [
    ("you appear to have entered invalid credentials", 401),
    (
        "systemforcrossdomainidentitymanagementcredentialvalidationunavailable",
        401,
    ),
];

/// A pasted text, to be held against what was answered.
#[derive(Debug)]
pub(super) struct Told {
    text: String,
    /// The status that it names.
    pub(super) status: Option<u16>,
}

impl Told {
    pub(super) fn new(text: &str) -> Self {
        let text = fold(text);
        let named = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.len() == 3)
            .filter_map(|word| word.parse::<u16>().ok())
            .find(|status| PHRASES.iter().any(|(_, known)| known == status));
        let known = KNOWN.iter().find(|(words, _)| text.contains(words));
        let phrase = || PHRASES.iter().find(|(words, _)| text.contains(words));
        let named = known.map(|(_, status)| *status).or(named);
        let status = named.or_else(|| phrase().map(|(_, status)| *status));
        Self { text, status }
    }

    /// How well a refused request answers to it: by what it was told, or by its status; not at all.
    pub(super) fn fits(&self, refused: &RefusedRequest) -> Option<Fit> {
        let answer = refused.answer.split(" (request ").next();
        let words = [Some(refused.told()), answer, refused.code.as_deref()];
        let told = words.into_iter().flatten().map(fold).any(|words| {
            let telling = words.chars().count() >= TELLING && self.text.contains(&words);
            let part = self.text.chars().count() >= TELLING && words.contains(&self.text);
            telling || part
        });
        if told {
            Some(Fit::Words)
        } else if self.status == Some(refused.status) {
            Some(Fit::Status)
        } else {
            None
        }
    }
}

/// How a refused request was found; the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Words,
    Status,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_its_number_or_its_words() {
        let status = |text| Told::new(text).status;
        assert_eq!(status("Error authenticating: 401 Unauthorized"), Some(401));
        assert_eq!(status("HTTP/1.1 409"), Some(409));
        assert_eq!(status("The remote server said Forbidden."), Some(403));
        assert_eq!(status("room 123, 200 people"), None);
        assert_eq!(status("4091"), None);
        for shown in [
            "You appear to have entered invalid credentials. Please confirm you are using the \
             correct information for an administrative account.",
            "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable 503",
        ] {
            assert_eq!(status(shown), Some(401), "{shown}");
        }
    }
}
