//! What is granted: how long a token lives and what it allows.

use crate::{Scopes, TokenError, TokenErrorKind};

/// The life of a new token in seconds: what was asked for (else the default), never more than
/// the maximum, never past the provider's own validity. Asking for more is no error, as
/// `expires_in` tells the truth.
///
/// The last argument is `None` for a provider without end of validity. A provider past it has
/// `Some(0)` and is refused before anything is issued.
pub fn lifetime(
    requested_minutes: Option<u64>,
    default_minutes: u64,
    maximum_minutes: u64,
    provider_valid_until_seconds_from_now: Option<u64>,
) -> u64 {
    let minutes = requested_minutes
        .unwrap_or(default_minutes)
        .min(maximum_minutes);
    let end = provider_valid_until_seconds_from_now.unwrap_or(u64::MAX);
    minutes.saturating_mul(60).min(end)
}

/// The scopes of a new token: all that is allowed unless less was asked for (RFC 6749 section
/// 3.3). Asking for more than is allowed, or for nothing at all, is `invalid_scope`.
pub fn scopes(requested: Option<Scopes>, allowed: Scopes) -> Result<Scopes, TokenError> {
    let granted = requested.unwrap_or(allowed);
    if granted.is_empty() || !granted.is_subset_of(allowed) {
        let description = match allowed.as_str() {
            "" => "this client is allowed no scope".to_owned(),
            allowed => format!("this client is allowed {allowed}"),
        };
        return Err(TokenError::new(TokenErrorKind::InvalidScope, description));
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves: 7644-7.4-lifetime
    #[test]
    fn r_tok_8_the_life_is_the_least_of_all_bounds() {
        for (requested, valid, seconds) in [
            (None, None, 3600),
            (Some(1), None, 60),
            (Some(120), None, 7200),
            (Some(1440), None, 86_400),
            (Some(1441), None, 86_400),
            (Some(u64::MAX), None, 86_400),
            (None, Some(3599), 3599),
            (None, Some(3601), 3600),
            (Some(2), Some(60), 60),
            (Some(2), Some(0), 0),
        ] {
            assert_eq!(
                lifetime(requested, 60, 1440, valid),
                seconds,
                "{requested:?} {valid:?}"
            );
        }
        assert_eq!(lifetime(None, 60, 30, None), 1800);
        assert_eq!(lifetime(Some(u64::MAX), 60, u64::MAX, None), u64::MAX);
    }

    #[test]
    fn scopes_never_exceed_what_is_allowed() {
        let (none, read, write, all) = (Scopes::NONE, Scopes::READ, Scopes::WRITE, Scopes::ALL);
        for (requested, allowed, granted) in [
            (None, all, Some(all)),
            (None, read, Some(read)),
            (Some(write), all, Some(write)),
            (Some(all), all, Some(all)),
            (Some(all), read, None),
            (Some(write), read, None),
            (Some(none), all, None),
            (None, none, None),
        ] {
            let got = scopes(requested, allowed);
            if let Err(error) = &got {
                assert_eq!(error.kind, TokenErrorKind::InvalidScope);
            }
            assert_eq!(got.ok(), granted, "{requested:?} of {allowed:?}");
        }
    }
}
