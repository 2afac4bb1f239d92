//! The list of origins a provider's requests must name as their `Referer`.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::address::excerpt;
use crate::Mistake;
use crate::settings::MAX_ENTRIES;

/// Longest `Referer` that is looked at, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// Which origins (scheme, host, port) may refer. The default, an empty list, does not look.
///
/// As JSON a list of origins: `["https://iga.example"]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct AllowedReferrers(Vec<String>);

/// A list of referrers that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferrerError {
    #[error("{}", Mistake::NotAnOrigin.said([("item", item.into())]))]
    Malformed { item: String },
    /// Only origins are compared, so a path in the list would promise what is not done.
    #[error("{}", Mistake::OriginWithPath.said([("item", item.into())]))]
    NotOnlyOrigin { item: String },
    #[error("{}", Mistake::TooManyEntries.said([("max", max.to_string().into())]))]
    TooMany { max: usize },
}

impl AllowedReferrers {
    /// Reads origins. Case, default ports, a trailing dot and internationalised names are
    /// normalised.
    pub fn parse(items: &[String]) -> Result<Self, ReferrerError> {
        if items.len() > MAX_ENTRIES {
            return Err(ReferrerError::TooMany { max: MAX_ENTRIES });
        }
        items
            .iter()
            .map(|item| parse_item(item))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a request with these `Referer` header lines may pass. When the list is not empty,
    /// none, several, `null` and one that does not parse are all refused.
    pub fn permits(&self, referers: &[&str]) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let [referer] = referers else { return false };
        url(referer).is_some_and(|url| self.0.contains(&origin(&url)))
    }

    /// The origins as they are shown and stored.
    pub fn items(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for AllowedReferrers {
    type Error = ReferrerError;

    fn try_from(items: Vec<String>) -> Result<Self, ReferrerError> {
        Self::parse(&items)
    }
}

impl From<AllowedReferrers> for Vec<String> {
    fn from(allowed: AllowedReferrers) -> Self {
        allowed.0
    }
}

fn parse_item(item: &str) -> Result<String, ReferrerError> {
    let url = url(item.trim()).ok_or_else(|| ReferrerError::Malformed {
        item: excerpt(item),
    })?;
    if url.path() != "/" || url.query().is_some() {
        return Err(ReferrerError::NotOnlyOrigin {
            item: excerpt(item),
        });
    }
    Ok(origin(&url))
}

/// An `http` or `https` URL as RFC 9110 10.1.3 lets a `Referer` be: no user information, no
/// fragment.
///
/// The URL parser follows the browsers' standard, which repairs a great deal (`https:\\host`,
/// `https:host`, tabs inside). What needs repair was not written by an honest client: refused.
fn url(text: &str) -> Option<Url> {
    let unusual = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if text.len() > MAX_LENGTH || text.contains(unusual) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    if !web || rest.starts_with('/') {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.contains('@') || rest.contains('#') {
        return None;
    }
    Url::parse(text).ok().filter(has_name)
}

/// Whether there is a host, each of its labels with something in it. The URL parser lets `a..` pass,
/// which without its last dot would be yet another host.
fn has_name(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => {
            let name = domain.strip_suffix('.').unwrap_or(domain);
            !name.split('.').any(str::is_empty)
        }
        Some(_) => true,
        None => false,
    }
}

/// `scheme://host[:port]`, without a default port and without the host's trailing dot.
fn origin(url: &Url) -> String {
    let host = match url.host() {
        Some(Host::Domain(domain)) => domain.strip_suffix('.').unwrap_or(domain).to_owned(),
        Some(address) => address.to_string(),
        None => String::new(),
    };
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Result<AllowedReferrers, ReferrerError> {
        AllowedReferrers::parse(&items.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn r_net_4_origins_decide() {
        for (item, referer, expected) in [
            ("https://good.example", "https://good.example", true),
            ("https://good.example", "https://good.example/", true),
            ("https://good.example", "https://good.example/a/b?c=d", true),
            ("https://good.example", "https://good.example:443/", true),
            ("https://good.example:443", "https://good.example/", true),
            ("https://good.example", "HTTPS://GOOD.Example/", true),
            ("https://GOOD.example/", "https://good.example/", true),
            ("https://good.example", "https://good.example./", true),
            ("https://good.example.", "https://good.example/", true),
            ("http://good.example:80", "http://good.example/", true),
            (
                "https://good.example:8443",
                "https://good.example:8443/x",
                true,
            ),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example/",
                true,
            ),
            (
                "https://xn--bcher-kva.example",
                "https://b\u{fc}cher.example/",
                true,
            ),
            ("https://[2001:db8::1]", "https://[2001:DB8:0::1]/", true),
            ("https://192.0.2.1", "https://192.0.2.1/", true),
            ("https://good.example", "http://good.example/", false),
            ("http://good.example", "https://good.example/", false),
            ("https://good.example", "https://good.example:8443/", false),
            ("https://good.example", "http://good.example:443/", false),
            ("https://good.example", "https://good.example.evil/", false),
            ("https://good.example", "https://good.example@evil/", false),
            ("https://good.example", "https://evil@good.example/", false),
            (
                "https://good.example",
                "https://evil/https://good.example/",
                false,
            ),
            (
                "https://good.example",
                "https://evil/?https://good.example",
                false,
            ),
            (
                "https://good.example",
                "https://evil#https://good.example",
                false,
            ),
            ("https://good.example", "https://good.example#x", false),
            ("https://good.example", "https://good.example../", false),
            ("https://good.example", "https://.good.example/", false),
            ("https://good.example", "https://sub.good.example/", false),
            ("https://good.example", "https://good.exampl\u{435}/", false),
            ("https://good.example", "/path/only", false),
            ("https://good.example", "//good.example/", false),
            ("https://good.example", "good.example", false),
            ("https://good.example", "https:good.example", false),
            ("https://good.example", "https:\\\\good.example", false),
            ("https://good.example", "https://good.example\\@evil", false),
            ("https://good.example", "https:///good.example/", false),
            ("https://good.example", "https://good.exam\tple/", false),
            ("https://good.example", " https://good.example/", false),
            (
                "https://good.example",
                "https://evil/, https://good.example/",
                false,
            ),
            ("https://good.example", "https://", false),
            ("https://good.example", "ftp://good.example/", false),
            ("https://good.example", "blob:https://good.example/", false),
            ("https://good.example", "about:blank", false),
            ("https://good.example", "null", false),
            ("https://good.example", "", false),
        ] {
            let allowed = list(&[item]).unwrap();
            assert_eq!(allowed.permits(&[referer]), expected, "{item} {referer:?}");
        }
    }

    #[test]
    fn r_net_4_none_and_several_are_refused() {
        let allowed = list(&["https://good.example"]).unwrap();
        assert!(!allowed.permits(&[]));
        assert!(!allowed.permits(&["https://good.example/", "https://good.example/"]));
        let long = format!("https://good.example/{}", "x".repeat(MAX_LENGTH));
        assert!(!allowed.permits(&[&long]));
    }

    #[test]
    fn r_net_4_an_empty_list_does_not_look() {
        let allowed = AllowedReferrers::default();
        assert!(allowed.permits(&[]));
        assert!(allowed.permits(&["null", "::"]));
    }

    #[test]
    fn an_entry_is_an_origin() {
        for item in [
            "",
            "good.example",
            "*",
            "null",
            "ftp://good.example",
            "https://a@b.example",
        ] {
            let error = list(&["https://good.example", item]).unwrap_err();
            assert_eq!(
                error,
                ReferrerError::Malformed {
                    item: item.to_owned()
                }
            );
        }
        for item in ["https://good.example/x", "https://good.example?x"] {
            let error = list(&[item]).unwrap_err();
            assert_eq!(
                error,
                ReferrerError::NotOnlyOrigin {
                    item: item.to_owned()
                }
            );
        }
    }

    #[test]
    fn json_is_a_list_of_origins() {
        let allowed = list(&["HTTPS://Good.Example.:443/", "http://x.example:8080"]).unwrap();
        let json = serde_json::to_string(&allowed).unwrap();
        assert_eq!(json, r#"["https://good.example","http://x.example:8080"]"#);
        assert_eq!(
            serde_json::from_str::<AllowedReferrers>(&json).unwrap(),
            allowed
        );
    }
}
