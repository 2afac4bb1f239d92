//! What is granted: how long a token lives and what it allows.

use std::time::Duration;

use crate::{Scopes, TokenError, TokenErrorKind};

/// The life of a new token, in whole seconds: what was asked for (else the default), never more than
/// the maximum, never more than what is `left` of the client's own validity. Asking for more is no
/// error, as `expires_in` tells the truth.
///
/// `left` is `None` for a client without end of validity. A client past it has nothing left and is
/// refused before anything is issued.
pub fn lifetime(
    requested: Option<Duration>,
    default: Duration,
    maximum: Duration,
    left: Option<Duration>,
) -> Duration {
    let life = requested.unwrap_or(default).min(maximum);
    Duration::from_secs(left.map_or(life, |left| left.min(life)).as_secs())
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
        let minutes = |minutes| Duration::from_mins(minutes);
        for (requested, left, seconds) in [
            (None, None, 3600),
            (Some(1), None, 60),
            (Some(120), None, 7200),
            (Some(1440), None, 86_400),
            (Some(1441), None, 86_400),
            (Some(u64::MAX / 60), None, 86_400),
            (None, Some(3599), 3599),
            (None, Some(3601), 3600),
            (Some(2), Some(60), 60),
            (Some(2), Some(0), 0),
        ] {
            let requested = requested.map(minutes);
            let left = left.map(Duration::from_secs);
            let life = lifetime(requested, minutes(60), minutes(1440), left);
            assert_eq!(life.as_secs(), seconds, "{requested:?} {left:?}");
        }
        let short = lifetime(None, minutes(60), minutes(30), None);
        assert_eq!(short, minutes(30));
        let left = Some(Duration::from_millis(59_999));
        let whole = lifetime(None, minutes(60), minutes(60), left);
        assert_eq!(whole, Duration::from_secs(59));
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
