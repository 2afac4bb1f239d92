//! Secrets taken out of what clients sent in the wrong place, for logs and records.
//!
//! A text is read word by word. A word is hidden for what it is or what it stands for: one of our
//! secrets, whole or in part; the random part and the checksum of one; a JWT; any of these encoded in
//! base64 (as HTTP Basic has it) or by percent signs, also several times.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::secret::{CHECKSUM, KINDS, RANDOM, checksum};

const HIDDEN: &str = "(hidden)";
/// Characters behind a prefix that are taken for a part of a secret.
const SHORTEST: usize = 8;
/// Characters of base64 that are looked behind.
const ENCODED: usize = 8;
/// Times a word is looked behind. What is percent-encoded more often is hidden unseen.
const DEPTH: usize = 6;

/// Also what was cut off, and what carries bits behind its end.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The text with `(hidden)` in the place of all that may be one of our secrets, a part of one or a JWT,
/// as it is or encoded.
///
/// ```
/// let sent = "client_id=vss_LmKQW9Wlx4-jItvAoewDmGT57NI8AHTGJYYDDp8f3oQ_4PoVGU&ttl=5";
/// assert_eq!(vestibule_oauth::without_secrets(sent), "client_id=vss_(hidden)&ttl=5");
/// ```
pub fn without_secrets(text: &str) -> String {
    let is_of_word = |c| is_part(c) || matches!(c, '.' | '%');
    each_word(text, is_of_word, |word| {
        if decoded(word).is_none() {
            plain(word, 0)
        } else if discloses(word, 0) {
            HIDDEN.to_owned()
        } else {
            word.to_owned()
        }
    })
}

/// Characters of our secrets, and of base64url.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The text with each of its words, which consist of such characters, replaced.
fn each_word(
    text: &str,
    is_of_word: impl Fn(char) -> bool,
    replaced: impl Fn(&str) -> String,
) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(&is_of_word) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_of_word(c)).unwrap_or(from.len());
        let (word, behind) = from.split_at(end);
        kept.push_str(before);
        kept.push_str(&replaced(word));
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

/// Whether a text has a secret in it, once what is encoded by percent signs is decoded.
fn discloses(text: &str, depth: usize) -> bool {
    let mut text = text.to_owned();
    for _ in 0..DEPTH {
        let is_of_word = |c| is_part(c) || c == '.';
        if each_word(&text, is_of_word, |word| plain(word, depth)) != text {
            return true;
        }
        match decoded(&text) {
            Some(next) => text = next,
            None => return false,
        }
    }
    true
}

/// The text without one layer of percent signs; none if there is no such layer.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = behind.get(..2).filter(|_| byte == b'%');
        let code = hex.and_then(|hex| {
            let hex = std::str::from_utf8(hex).ok()?;
            let both = hex.bytes().all(|digit| digit.is_ascii_hexdigit());
            both.then(|| u8::from_str_radix(hex, 16).ok())?
        });
        bytes.push(code.unwrap_or(byte));
        rest = behind.get(if code.is_some() { 2 } else { 0 }..)?;
    }
    (bytes.len() < text.len()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// A word without percent signs, its parts apart by dots.
fn plain(word: &str, depth: usize) -> String {
    let mut kept = Vec::new();
    for part in word.split('.') {
        if begins_json(part) {
            // A JWT's header, or its claims: nothing behind it is told either.
            kept.push(HIDDEN.to_owned());
            break;
        }
        kept.push(hidden(part, depth));
    }
    kept.join(".")
}

fn hidden(part: &str, depth: usize) -> String {
    if let Some(begun) = begun(part) {
        return format!("{begun}{HIDDEN}");
    }
    if has_random_part(part) || (depth < DEPTH && is_encoded(part, depth)) {
        return HIDDEN.to_owned();
    }
    part.to_owned()
}

/// All up to the first prefix that more follows; a word that only begins like one is no secret.
fn begun(part: &str) -> Option<&str> {
    let ends = KINDS.iter().flat_map(|kind| {
        let prefix = kind.prefix();
        let found = part.match_indices(prefix);
        found.map(move |(at, _)| at + prefix.len())
    });
    let end = ends
        .filter(|end| part.len().saturating_sub(*end) >= SHORTEST)
        .min()?;
    part.get(..end)
}

/// Whether there is all of a secret but its prefix.
fn has_random_part(part: &str) -> bool {
    part.match_indices('_').any(|(at, _)| {
        let random = at.checked_sub(RANDOM).and_then(|from| part.get(from..at));
        let sum = part.get(at + 1..at + 1 + CHECKSUM);
        random.zip(sum).is_some_and(|(random, sum)| {
            let mut kinds = KINDS.iter();
            kinds.any(|kind| checksum(&format!("{}{random}", kind.prefix())) == sum)
        })
    })
}

/// Whether base64 in it, wherever it begins, stands for a secret.
fn is_encoded(part: &str, depth: usize) -> bool {
    (0..4).any(|from| {
        let within = part.get(from..).unwrap_or_default();
        base64(within).is_some_and(|text| discloses(&text, depth + 1))
    })
}

fn begins_json(part: &str) -> bool {
    let text = base64(part);
    let object = text.as_deref().map(str::trim_ascii_start);
    let members = object.and_then(|text| text.strip_prefix('{'));
    members.is_some_and(|members| members.trim_ascii_start().starts_with('"'))
}

/// What a word stands for if it is base64, as far as it is whole.
fn base64(word: &str) -> Option<String> {
    // One character alone says nothing.
    let whole = word.len() - usize::from(word.len() % 4 == 1);
    let whole = word.get(..whole).filter(|_| whole >= ENCODED)?;
    let bytes = URL_SAFE.decode(whole).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::secret::{Secret, SecretKind};

    fn secret(kind: SecretKind) -> String {
        let rng = &mut ChaCha20Rng::seed_from_u64(9);
        Secret::generate(kind, rng).expose().to_owned()
    }

    /// Each character by its percent sign.
    fn escaped(text: &str) -> String {
        let signs: Vec<String> = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        signs.concat()
    }

    fn jwt() -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"k1"}"#);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"s"}"#);
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([7; 64]))
    }

    #[test]
    fn r_log_no_secret_is_kept_in_whatever_way_it_is_written() {
        for kind in KINDS {
            let secret = secret(kind);
            let bare = secret[4..].to_owned();
            let pair = format!("vcl_0123456789abcdef:{secret}");
            let basic = STANDARD.encode(&pair);
            for written in [
                secret.clone(),
                secret[..30].to_owned(),
                format!("x{secret}"),
                format!("{secret}.{secret}"),
                bare,
                basic.clone(),
                basic.trim_end_matches('=').to_owned(),
                format!("xy{basic}"),
                STANDARD.encode(&basic),
                STANDARD.encode(escaped(&pair)),
                escaped(&secret),
                escaped(&escaped(&secret)),
                escaped(&basic),
                escaped(&escaped(&escaped(&jwt()))),
                format!("vss%5F{}", &secret[4..]),
                jwt(),
                jwt().split_once('.').unwrap().1.to_owned(),
                STANDARD.encode(jwt()),
            ] {
                for (before, behind) in [
                    ("/iso/oauth2/token/", ""),
                    ("scope=", "&ttl=5"),
                    ("(", ")"),
                    ("Basic ", " x"),
                ] {
                    let kept = without_secrets(&format!("{before}{written}{behind}"));
                    assert!(kept.contains(HIDDEN), "{written}: {kept}");
                    assert!(kept.starts_with(before), "{kept}");
                    assert!(kept.ends_with(behind), "{kept}");
                    let left = kept.len() - before.len() - behind.len();
                    assert!(left <= 2 * (HIDDEN.len() + 5), "{written}: {kept}");
                }
            }
        }
        let mut often = secret(SecretKind::AccessToken);
        for _ in 0..4 {
            often = escaped(&often);
        }
        assert_eq!(without_secrets(&often), HIDDEN);
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "",
            "/scim/v2/Users/2819c223-7f76-453a-919d-413861904646",
            "/scim/v2/Users?filter=userName eq \"ada.lovelace@acme.example\"&count=100",
            "/scim/v2/Users/Ada%20Lovelace%C3%A9?x=100%",
            "externalId eq \"S-1-5-21-3623811015-3361044348-30300820-1013\"",
            "APP_Okta_Prod_Remote_Access_Vendors_Acme_Incorporated_2024",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
            "client_id=vcl_0123456789abcdef&grant_type=client_credentials",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "the vss_ prefix, vat_short",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }

    #[test]
    fn nesting_without_end_is_hidden_unseen() {
        let deep = format!("%{}41", "25".repeat(5_000));
        assert_eq!(without_secrets(&deep), HIDDEN);
    }
}
