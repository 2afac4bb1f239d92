//! Certificates of clients, as whoever terminated TLS saw them (RFC 8705).

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A certificate that a client presented, and whose private key it proved to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Of the certificate as it was presented.
    pub thumbprint: Thumbprint,
    /// What became of checking it. Unless it is trusted it counts only where its very thumbprint is
    /// registered.
    pub chain: Chain,
    /// Whom it names: its subject, and every subject alternative name.
    pub names: Vec<CertificateName>,
}

/// What became of checking a client's certificate against the authorities that the server trusts for
/// clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// It is within its time and its chain leads to one of them.
    Trusted,
    /// It has expired, or is not yet valid.
    OutOfTime,
    /// Its chain leads to none of them, or there are none.
    Unknown,
}

/// SHA-256 of a certificate in DER form (RFC 8705 section 3.1, `x5t#S256`). Written in base64url;
/// read also from hexadecimal digits, with or without colons, as `openssl x509 -fingerprint -sha256`
/// prints them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Thumbprint([u8; 32]);

/// One name of a certificate, and how a client may be registered (RFC 8705 section 2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "BTreeMap<String, String>")]
pub enum CertificateName {
    /// The subject as RFC 4514 writes it: `CN=iga,O=Example`. Compared part by part, attribute types
    /// without case, in either order.
    SubjectDn(String),
    /// A DNS name, compared without case.
    SanDns(String),
    /// A URI, to the letter.
    SanUri(String),
    /// An address, in whatever notation.
    SanIp(IpAddr),
    /// An e-mail address, to the letter.
    SanEmail(String),
}

/// A text that is no thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a thumbprint is the SHA-256 of a certificate: 43 characters of base64url or 64 hexadecimal digits"
)]
pub struct NoThumbprint;

impl Thumbprint {
    /// Of a certificate in DER form.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The SHA-256 of a certificate in DER form, as it was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The SHA-256, to be stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

impl FromStr for Thumbprint {
    type Err = NoThumbprint;

    fn from_str(text: &str) -> Result<Self, NoThumbprint> {
        let base64 = URL_SAFE_NO_PAD.decode(text).ok();
        base64
            .and_then(|bytes| bytes.try_into().ok())
            .or_else(|| hexadecimal(text))
            .map(Self)
            .ok_or(NoThumbprint)
    }
}

/// Sixty-four digits, colons between them passed over.
fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let mut digits = text.chars().filter(|&character| character != ':');
    let mut bytes = [0; 32];
    for byte in &mut bytes {
        let (high, low) = (digits.next()?.to_digit(16)?, digits.next()?.to_digit(16)?);
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    digits.next().is_none().then_some(bytes)
}

impl TryFrom<String> for Thumbprint {
    type Error = NoThumbprint;

    fn try_from(text: String) -> Result<Self, NoThumbprint> {
        text.parse()
    }
}

impl From<Thumbprint> for String {
    fn from(thumbprint: Thumbprint) -> Self {
        thumbprint.to_string()
    }
}

/// A text or an object that names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCertificateName {
    /// None of the names, or several.
    #[error("exactly one of subject_dn, san_dns, san_uri, san_ip and san_email is wanted")]
    Kind,
    /// The text that stands where an address is wanted.
    #[error("san_ip: `{0}` is no IP address")]
    Address(String),
}

impl TryFrom<BTreeMap<String, String>> for CertificateName {
    type Error = NoCertificateName;

    fn try_from(members: BTreeMap<String, String>) -> Result<Self, NoCertificateName> {
        let mut members = members.into_iter();
        let (Some((kind, text)), None) = (members.next(), members.next()) else {
            return Err(NoCertificateName::Kind);
        };
        Ok(match kind.as_str() {
            "subject_dn" => Self::SubjectDn(text),
            "san_dns" => Self::SanDns(text),
            "san_uri" => Self::SanUri(text),
            "san_ip" => {
                let address = text.parse();
                Self::SanIp(address.map_err(|_| NoCertificateName::Address(text))?)
            }
            "san_email" => Self::SanEmail(text),
            _ => return Err(NoCertificateName::Kind),
        })
    }
}

impl CertificateName {
    /// Whether a certificate can have this name at all: a subject is a distinguished name (RFC 4514).
    pub(crate) fn is_possible(&self) -> bool {
        let Self::SubjectDn(name) = self else {
            return true;
        };
        parts(name).iter().all(|part| {
            part.split_once('=').is_some_and(|(kind, value)| {
                let of_kind = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
                !kind.is_empty() && kind.chars().all(of_kind) && !value.is_empty()
            })
        })
    }

    /// Whether a certificate with the name `presented` is meant.
    pub(crate) fn matches(&self, presented: &Self) -> bool {
        match (self, presented) {
            (Self::SubjectDn(known), Self::SubjectDn(presented)) => {
                let (known, mut presented) = (parts(known), parts(presented));
                if known == presented {
                    return true;
                }
                presented.reverse();
                known == presented
            }
            (Self::SanDns(known), Self::SanDns(presented)) => known.eq_ignore_ascii_case(presented),
            (known, presented) => known == presented,
        }
    }

    /// The words of the kinds, as they are written in settings.
    pub const KINDS: [&'static str; 5] =
        ["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"];

    /// Its word among [`Self::KINDS`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SubjectDn(_) => "subject_dn",
            Self::SanDns(_) => "san_dns",
            Self::SanUri(_) => "san_uri",
            Self::SanIp(_) => "san_ip",
            Self::SanEmail(_) => "san_email",
        }
    }

    /// The text of the name.
    pub fn text(&self) -> String {
        match self {
            Self::SubjectDn(text)
            | Self::SanDns(text)
            | Self::SanUri(text)
            | Self::SanEmail(text) => text.clone(),
            Self::SanIp(address) => address.to_string(),
        }
    }
}

/// The attributes of a distinguished name (RFC 4514): apart by commas that no backslash stands
/// before, space around them passed over, types in capitals.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in name.chars() {
        match character {
            ',' if !escaped => parts.push(String::new()),
            _ => parts
                .last_mut()
                .into_iter()
                .for_each(|part| part.push(character)),
        }
        escaped = character == '\\' && !escaped;
    }
    let normal = |part: String| match part.trim().split_once('=') {
        Some((kind, value)) => format!("{}={}", kind.trim().to_ascii_uppercase(), value.trim()),
        None => part.trim().to_owned(),
    };
    parts.into_iter().map(normal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_read_in_either_form() {
        let thumbprint = Thumbprint::of(b"a certificate");
        let text = thumbprint.to_string();
        assert_eq!(text.len(), 43);
        assert_eq!(text.parse(), Ok(thumbprint));
        let bytes = thumbprint.as_bytes().iter();
        let pairs: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
        let hex = pairs.concat();
        assert_eq!(hex.parse(), Ok(thumbprint));
        assert_eq!(pairs.join(":").to_uppercase().parse(), Ok(thumbprint));
        for wrong in ["", "abc", &hex[1..], &format!("{hex}0"), &"é".repeat(32)] {
            assert_eq!(wrong.parse::<Thumbprint>(), Err(NoThumbprint), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_written_under_the_word_of_its_kind() {
        for kind in CertificateName::KINDS {
            let written = serde_json::json!({ kind: "192.0.2.1" });
            let name: CertificateName = serde_json::from_value(written.clone()).unwrap();
            assert_eq!((name.kind(), name.text().as_str()), (kind, "192.0.2.1"));
            assert_eq!(serde_json::to_value(&name).unwrap(), written);
        }
    }

    #[test]
    fn names_are_compared_as_their_kind_is() {
        let subject = |text: &str| CertificateName::SubjectDn(text.to_owned());
        let registered = subject("CN=iga, O=Acme\\, Inc");
        for same in ["CN=iga,O=Acme\\, Inc", "o = Acme\\, Inc, cn = iga"] {
            assert!(registered.matches(&subject(same)), "{same}");
        }
        for other in [
            "CN=iga",
            "CN=IGA,O=Acme\\, Inc",
            "CN=iga,O=Acme, Inc",
            "CN=iga,O=Acme\\, Inc,OU=x",
        ] {
            assert!(!registered.matches(&subject(other)), "{other}");
        }
        let dns = |text: &str| CertificateName::SanDns(text.to_owned());
        assert!(dns("iga.example").matches(&dns("IGA.Example")));
        assert!(!dns("iga.example").matches(&dns("x.iga.example")));
        assert!(!dns("iga.example").matches(&CertificateName::SanUri("iga.example".to_owned())));
    }

    #[test]
    fn a_name_is_one_of_one_kind() {
        let read = |text: &str| serde_json::from_str::<CertificateName>(text);
        let name = CertificateName::SanDns("iga.example".to_owned());
        assert_eq!(read(r#"{"san_dns": "iga.example"}"#).unwrap(), name);
        assert_eq!(
            serde_json::to_string(&name).unwrap(),
            r#"{"san_dns":"iga.example"}"#
        );
        for (wrong, why) in [
            ("{}", "exactly one of"),
            (r#"{"san_dns": "a", "san_uri": "b"}"#, "exactly one of"),
            (r#"{"dns": "a"}"#, "exactly one of"),
            (r#"{"san_ip": "a"}"#, "`a` is no IP address"),
        ] {
            let told = read(wrong).unwrap_err();
            assert!(told.is_data() && told.to_string().contains(why), "{told}");
        }
        let possible = |dn: &str| CertificateName::SubjectDn(dn.to_owned()).is_possible();
        assert!(possible("CN=iga, O=Example\\, Inc., 2.5.4.5=7"));
        for wrong in ["nonsense", "CN=", "CN=a,", "C N=a", "=a", "CN=a,b"] {
            assert!(!possible(wrong), "{wrong}");
        }
    }
}
