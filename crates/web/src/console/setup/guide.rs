//! What is pasted where, product by product: the labels are the products' own, the steps are in our
//! words and stand with the texts.

use url::{Host, Url};
use vestibule_service::providers::ProviderDetails;

use super::super::page::{Anchor, Block, Cell, Fact, Notice, Remark, Section, Tone};
use super::super::phrase::Phrase;
use super::super::text::Texts;
use super::super::visit::Visit;
use super::super::{MOUNT, SIGN_IN};
use crate::{oauth, scim};

/// How a product proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// A pasted activation token.
    Token,
    /// It fetches tokens with client id and secret.
    Secret,
    /// It fetches tokens with a JWT that its cloud signs.
    Federation,
}

impl Proof {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Secret => "secret",
            Self::Federation => "federation",
        }
    }
}

/// What a field of the product is filled with.
#[derive(Debug, Clone, Copy)]
enum Value {
    Base,
    TokenUrl,
    SignIn,
    Host,
    Port,
    Path,
    ClientId,
    /// What is shown once: the token or the secret.
    Once,
    Fixed(&'static str),
}

#[derive(Debug)]
pub(super) struct Product {
    pub(super) key: &'static str,
    /// Offered as the provider's name.
    pub(super) name: &'static str,
    pub(super) proof: Proof,
    /// Whether the product labels its fields in the reader's language.
    translated: bool,
    /// The product's fields as it labels them.
    fields: &'static [(&'static str, Value)],
}

pub(super) static PRODUCTS: [Product; 7] = [
    Product {
        key: "okta_custom",
        name: "Okta",
        proof: Proof::Token,
        translated: false,
        fields: &[
            ("App's login page URL", Value::SignIn),
            ("SCIM connector base URL", Value::Base),
            (
                "Unique identifier field for users",
                Value::Fixed("userName"),
            ),
            ("Authentication Mode", Value::Fixed("HTTP Header")),
            ("Authorization: Bearer", Value::Once),
        ],
    },
    Product {
        key: "okta_catalogue",
        name: "Okta",
        proof: Proof::Token,
        translated: false,
        fields: &[
            ("SCIM 2.0 Base Url", Value::Base),
            ("OAuth Bearer Token", Value::Once),
        ],
    },
    Product {
        key: "entra_secret",
        name: "Entra ID",
        proof: Proof::Secret,
        translated: true,
        fields: &[
            (
                "Authentication method",
                Value::Fixed("OAuth2 client credentials grant"),
            ),
            ("Tenant URL", Value::Base),
            ("Token endpoint", Value::TokenUrl),
            ("Client identifier", Value::ClientId),
            ("Client secret", Value::Once),
        ],
    },
    Product {
        key: "entra_federation",
        name: "Entra ID",
        proof: Proof::Federation,
        translated: true,
        fields: &[
            ("Tenant URL", Value::Base),
            ("Token endpoint", Value::TokenUrl),
            ("Client identifier", Value::ClientId),
            ("Audience", Value::Fixed(super::ENTRA_AUDIENCE)),
        ],
    },
    Product {
        key: "one_identity",
        name: "One Identity",
        proof: Proof::Secret,
        translated: true,
        fields: &[
            ("URL or DNS name of the server", Value::Host),
            ("Port", Value::Port),
            ("URI of the service", Value::Path),
            ("Authentication type", Value::Fixed("OAuth")),
            ("Token endpoint", Value::TokenUrl),
            ("Grant", Value::Fixed("client_credentials")),
            ("Client ID", Value::ClientId),
            ("Client secret", Value::Once),
            ("Scope", Value::Fixed("scim")),
        ],
    },
    Product {
        key: "sailpoint",
        name: "SailPoint",
        proof: Proof::Secret,
        translated: false,
        fields: &[
            ("Base URL", Value::Base),
            ("Authentication Type", Value::Fixed("OAuth 2.0")),
            ("Grant Type", Value::Fixed("Client Credentials")),
            ("Token URL", Value::TokenUrl),
            ("Client ID", Value::ClientId),
            ("Client Secret", Value::Once),
        ],
    },
    Product {
        key: "other",
        name: "",
        proof: Proof::Secret,
        translated: true,
        fields: &[
            ("SCIM base URL", Value::Base),
            ("Token URL", Value::TokenUrl),
            ("Grant", Value::Fixed("client_credentials")),
            ("Client ID", Value::ClientId),
            ("Client secret", Value::Once),
            ("Scope", Value::Fixed("scim")),
        ],
    },
];

/// The product with that key.
pub(super) fn find(key: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.key == key)
}

/// The product a provider was set up for, as its tags say; the last when they say nothing.
pub(super) fn of_tags(tags: &[String]) -> &'static Product {
    let [.., other] = &PRODUCTS;
    let named = |tag: &String| find(&tag.replace('-', "_"));
    tags.iter().find_map(named).unwrap_or(other)
}

/// The values to paste, under the names the product gives its fields.
pub(super) fn values(
    visit: &Visit,
    details: &ProviderDetails,
    product: &Product,
    once: Option<&str>,
) -> Section {
    let t = visit.t;
    let public = &visit.web.settings.public_url;
    let url = Url::parse(public).ok();
    let mut blocks = Vec::new();
    if let Some(key) = url.as_ref().and_then(trouble) {
        let text = t.phrase(key, &[("url", public.clone().into())]);
        let mut notice = Notice::new(Tone::Waiting, text);
        notice.more.push(Remark {
            text: Phrase::default(),
            link: Some(Anchor::new(
                t.own("setup.see_public_url"),
                format!("{MOUNT}/settings"),
            )),
        });
        blocks.push(Block::Notice(notice));
    }
    if once.is_some() && product.proof != Proof::Federation {
        blocks.push(Block::Notice(Notice::new(
            Tone::Waiting,
            t.own("provider.once"),
        )));
    }
    let facts = product
        .fields
        .iter()
        .map(|(label, value)| {
            let copy = |text: String| Cell::Copy(text);
            let value = match value {
                Value::Base => copy(format!("{public}{}", scim::MOUNT)),
                Value::TokenUrl => copy(format!("{public}{}/token", oauth::ISSUER)),
                Value::SignIn => copy(format!("{public}{SIGN_IN}")),
                Value::Host => copy(url.as_ref().map_or_else(String::new, |url| {
                    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
                })),
                Value::Port => copy(
                    url.as_ref()
                        .and_then(Url::port_or_known_default)
                        .map_or_else(String::new, |port| port.to_string()),
                ),
                Value::Path => copy(scim::MOUNT.trim_start_matches('/').to_owned()),
                Value::ClientId => copy(details.client_id.clone()),
                Value::Fixed(text) => copy((*text).to_owned()),
                Value::Once => match once {
                    Some(secret) => copy(secret.to_owned()),
                    None if product.proof == Proof::Token => {
                        Cell::text(t.own("provider.token_hidden"))
                    }
                    None => Cell::text(t.own("provider.secret_hidden")),
                },
            };
            let label = if product.translated {
                t.own_of("product_field", label)
            } else {
                (*label).to_owned()
            };
            Fact::new(label, value)
        })
        .collect();
    blocks.push(Block::Facts(facts));
    let trusted = &details.provider.settings.authentication.federated;
    if product.proof == Proof::Federation && !trusted.is_empty() {
        blocks.push(Block::Text(t.own("setup.trusted")));
    }
    for one in trusted
        .iter()
        .filter(|_| product.proof == Proof::Federation)
    {
        blocks.push(Block::Facts(vec![
            Fact::new(t.own("method.issuer"), Cell::Copy(one.issuer.clone())),
            Fact::new(t.own("method.subjects"), Cell::Code(one.subjects.join(" "))),
            Fact::new(
                t.own("method.audiences"),
                Cell::Code(one.audiences.join(" ")),
            ),
        ]));
    }
    Section {
        lead: Some(t.own("setup.values_lead")),
        ..Section::new("values", t.own("setup.values"), blocks)
    }
}

/// Why a product in the cloud does not get to that address.
fn trouble(url: &Url) -> Option<&'static str> {
    let near = match url.host()? {
        Host::Domain(name) => {
            let own = [".localhost", ".local", ".internal", ".lan"];
            !name.contains('.') || own.iter().any(|end| name.ends_with(end))
        }
        Host::Ipv4(at) => {
            at.is_loopback() || at.is_private() || at.is_link_local() || at.is_unspecified()
        }
        Host::Ipv6(at) => {
            at.is_loopback()
                || at.is_unique_local()
                || at.is_unicast_link_local()
                || at.is_unspecified()
        }
    };
    if near {
        Some("setup.unreachable")
    } else {
        (url.scheme() != "https").then_some("setup.plain_http")
    }
}

/// What to do in the product, step by step.
pub(super) fn steps(t: Texts, product: &Product) -> Section {
    let steps = (1..)
        .map_while(|number: u8| t.find(&format!("guide.{}_{number}", product.key)))
        .map(str::to_owned)
        .collect();
    Section::new("steps", t.own("setup.steps"), vec![Block::Walk(steps)])
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Language;
    use super::*;

    #[test]
    fn every_product_is_explained_in_every_language() {
        for language in Language::ALL {
            let t = Texts::of(language);
            for product in &PRODUCTS {
                assert!(t.find(&format!("product.{}", product.key)).is_some());
                assert!(t.find(&format!("proof.{}", product.proof.name())).is_some());
                let [Block::Walk(found)] = &steps(t, product).blocks[..] else {
                    panic!("{} has no steps", product.key);
                };
                assert!(found.len() >= 3, "{}", product.key);
            }
        }
    }

    #[test]
    fn addresses_that_a_cloud_does_not_reach_are_known() {
        let of = |url: &str| trouble(&Url::parse(url).unwrap());
        for near in [
            "http://127.0.0.1:8080",
            "https://localhost",
            "https://vestibule",
            "https://iga.internal",
            "https://10.1.2.3",
            "https://192.168.1.1",
            "https://[::1]:8443",
            "https://[fd00::1]",
        ] {
            assert_eq!(of(near), Some("setup.unreachable"), "{near}");
        }
        assert_eq!(of("http://iga.example"), Some("setup.plain_http"));
        for far in ["https://iga.example", "https://203.0.113.7"] {
            assert_eq!(of(far), None, "{far}");
        }
    }

    #[test]
    fn tags_name_the_product() {
        let of = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            of_tags(&tags).key
        };
        assert_eq!(of(&["blue", "entra-secret"]), "entra_secret");
        assert_eq!(of(&["blue"]), "other");
    }
}
