//! Secrets the server makes, shows once and keeps only as a digest.
//!
//! Every secret has the form `<prefix>_<43 base64url>_<6 checksum>`: 256 random bits between a
//! prefix by which leak scanners find it and a checksum by which they (and a careless paste) are
//! told that it is whole. The checksum is no protection: the digest comparison is.
//!
//! [`Secret`] has no `Display`, no `Serialize` and no content in `Debug`, so that the only way
//! out is the visible call [`Secret::expose`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Random bytes in a secret.
const ENTROPY: usize = 32;

/// Characters they are written with.
pub(crate) const RANDOM: usize = 43;

/// Characters of the checksum: 62^6 exceeds 2^32, so that a CRC-32 always fits.
pub(crate) const CHECKSUM: usize = 6;

/// What a secret is for. Part of its text, so that one kind never passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretKind {
    /// `vss_`: a client secret of a provider.
    ClientSecret,
    /// `vat_`: an access token of a provider, short-lived or activation token.
    AccessToken,
    /// `vap_`: a token of the administration API.
    AdminToken,
    /// `vsu_`: a one-time set-up token.
    Setup,
    /// `vse_`: a console session.
    Session,
    /// `val_`: an access link.
    Link,
}

impl SecretKind {
    /// The text before the random part, its underscore included.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::ClientSecret => "vss_",
            Self::AccessToken => "vat_",
            Self::AdminToken => "vap_",
            Self::Setup => "vsu_",
            Self::Session => "vse_",
            Self::Link => "val_",
        }
    }
}

/// All there are.
pub(crate) const KINDS: [SecretKind; 6] = [
    SecretKind::ClientSecret,
    SecretKind::AccessToken,
    SecretKind::AdminToken,
    SecretKind::Setup,
    SecretKind::Session,
    SecretKind::Link,
];

/// A secret in the clear, well-formed for the kind it was made or parsed for.
pub struct Secret(String);

impl Secret {
    /// A new secret of 256 bits taken from `rng`, which must be the operating system's generator
    /// or seeded by it.
    pub fn generate(kind: SecretKind, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut random = [0; ENTROPY];
        rng.fill_bytes(&mut random);
        let mut text = kind.prefix().to_owned();
        URL_SAFE_NO_PAD.encode_string(random, &mut text);
        let checksum = checksum(&text);
        text.push('_');
        text.push_str(&checksum);
        Self(text)
    }

    /// The secret written as `text`, or `None` if it is not exactly a `kind`: nothing is trimmed,
    /// no letter's case is changed and the checksum must be right.
    pub fn parse(kind: SecretKind, text: &str) -> Option<Self> {
        let (covered, sum) = text.split_at_checked(text.len().checked_sub(CHECKSUM + 1)?)?;
        let random = covered.strip_prefix(kind.prefix())?;
        // Decoding refuses foreign letters, padding and stray bits in the last letter.
        let decoded = URL_SAFE_NO_PAD.decode(random).ok()?;
        let whole = decoded.len() == ENTROPY && sum.strip_prefix('_')? == checksum(covered);
        whole.then(|| Self(text.to_owned()))
    }

    /// The secret in the clear: for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up in its place.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// SHA-256 of a secret's whole text. A fast hash is enough, as the input has 256 bits of entropy.
///
/// There is no `PartialEq`: [`Digest::matches`] is the only comparison.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `text` as presented, well-formed or not.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The digest stored as `bytes`, or `None` if they are not 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest([redacted])")
    }
}

/// CRC-32 of `text` in base 62, most significant digit first, padded with `0`.
pub(crate) fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(rest % 62).expect("a remainder of 62 fits a byte");
        rest /= 62;
        *digit = match value {
            0..10 => b'0' + value,
            10..36 => b'A' + (value - 10),
            _ => b'a' + (value - 36),
        };
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rand::{RngCore as _, SeedableRng as _};
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn secret(kind: SecretKind, seed: u64) -> Secret {
        Secret::generate(kind, &mut ChaCha20Rng::seed_from_u64(seed))
    }

    // proves: 7644-7.4-entropy
    #[test]
    fn r_tok_1_all_256_bits_come_from_the_generator() {
        for kind in KINDS {
            let text = secret(kind, 7).expose().to_owned();
            assert_eq!(text.len(), 4 + 43 + 1 + 6);
            let mut expected = [0; 32];
            ChaCha20Rng::seed_from_u64(7).fill_bytes(&mut expected);
            assert_eq!(URL_SAFE_NO_PAD.decode(&text[4..47]).unwrap(), expected);
        }
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let many: BTreeSet<String> = (0..1000)
            .map(|_| Secret::generate(SecretKind::AccessToken, &mut rng).0)
            .collect();
        assert_eq!(many.len(), 1000);
    }

    #[test]
    fn the_checksum_is_crc_32_in_base_62() {
        // CRC-32 of "123456789" is the published check value 0xCBF43926.
        let value = checksum("123456789").bytes().fold(0_u64, |sum, digit| {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'A'..=b'Z' => digit - b'A' + 10,
                _ => digit - b'a' + 36,
            };
            sum * 62 + u64::from(digit)
        });
        assert_eq!(value, 0xCBF4_3926);
        assert_eq!(checksum(""), "000000");
    }

    #[test]
    fn a_kind_never_passes_for_another() {
        for made in KINDS {
            for wanted in KINDS {
                let text = secret(made, 3).0;
                assert_eq!(Secret::parse(wanted, &text).is_some(), made == wanted);
            }
        }
    }

    #[test]
    fn stray_bits_in_the_last_letter_are_refused_with_a_right_checksum() {
        let random = format!("vat_{}B", "A".repeat(42));
        let text = format!("{random}_{}", checksum(&random));
        assert!(Secret::parse(SecretKind::AccessToken, &text).is_none());
        let random = format!("vat_{}", "A".repeat(43));
        let text = format!("{random}_{}", checksum(&random));
        assert!(Secret::parse(SecretKind::AccessToken, &text).is_some());
    }

    #[test]
    fn debug_shows_neither_secret_nor_digest() {
        let secret = secret(SecretKind::Session, 5);
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
        assert_eq!(format!("{:?}", secret.digest()), "Digest([redacted])");
    }

    #[test]
    fn a_digest_is_sha_256_and_survives_storage() {
        let digest = Digest::of("abc");
        assert_eq!(digest.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        let stored = Digest::from_bytes(digest.as_bytes()).unwrap();
        assert!(stored.matches(&digest));
        assert!(!stored.matches(&Digest::of("abd")));
        assert!(Digest::from_bytes(&[0; 31]).is_none());
        assert!(Digest::from_bytes(&[0; 33]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn r_tok_2_every_mutation_is_refused(seed: u64, kind in 0_usize..6, other: char) {
            let kind = KINDS[kind];
            let text = secret(kind, seed).0;
            prop_assert!(Secret::parse(kind, &text).is_some());
            for end in 0..text.len() {
                prop_assert!(Secret::parse(kind, &text[..end]).is_none());
                prop_assert!(Secret::parse(kind, &text[end + 1..]).is_none());
            }
            for place in 0..text.len() {
                for byte in (0_u8..128).map(char::from).chain([other]) {
                    let (before, after) = (&text[..place], &text[place + 1..]);
                    let changed = format!("{before}{byte}{after}");
                    let inserted = format!("{before}{byte}{}", &text[place..]);
                    prop_assert_eq!(Secret::parse(kind, &changed).is_some(), changed == text);
                    prop_assert!(Secret::parse(kind, &inserted).is_none());
                }
            }
            for changed in [
                text.to_uppercase(), text.to_lowercase(), format!(" {text}"), format!("{text} "),
                format!("{text}\n"), format!("{text}="), format!("{text}{text}"),
            ] {
                prop_assert!(Secret::parse(kind, &changed).is_none());
            }
        }

        #[test]
        fn r_tok_2_any_text_is_parsed_without_panic(text: String) {
            prop_assert!(Secret::parse(SecretKind::AccessToken, &text).is_none());
        }
    }
}
