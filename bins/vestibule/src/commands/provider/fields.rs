//! A provider's settings as options.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use vestibule_domain::AccessGroupId;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, RateLimit};
use vestibule_oauth::{Methods, Scopes};
use vestibule_scim::Dialect;

use super::super::{CommandError, Session, instant};

/// Every setting but name and user type. A list that is given replaces the one there was.
#[derive(Debug, Default, Args)]
pub(in crate::commands) struct Fields {
    #[arg(
        long,
        value_name = "ADDRESS",
        help = "Address or network the provider may call from, such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32; \
                * is any, IPv4 and IPv6; may be repeated; with none nobody may call"
    )]
    allow_ip: Vec<String>,
    #[arg(
        long,
        value_name = "ORIGIN",
        help = "Origin that the Referer header must name, such as https://iga.example; may be repeated; with none \
                it is not looked at"
    )]
    allow_referrer: Vec<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "How it may authenticate, as a JSON file like the field `authentication` of the admin API: \
                client_secret_basic, client_secret_post, private_key_jwt (jwks or jwks_uri), federated, \
                tls_client_auth, self_signed_tls_client_auth (certificates; where TLS ends in this server); \
                a secret either way when not given"
    )]
    authentication: Option<PathBuf>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A word to find it by; may be repeated
    #[arg(long, value_name = "WORD")]
    tag: Vec<String>,
    /// First instant at which it no longer may provision: a date (2027-01-01) or an instant (2027-01-01T08:00:00Z)
    #[arg(long, value_name = "WHEN", value_parser = instant)]
    valid_until: Option<DateTime<Utc>>,
    /// The most its tokens may do: scim, scim:read or scim:write; scim when not given
    #[arg(long, value_parser = scopes)]
    scope: Option<Scopes>,
    /// tolerant (default: accepts what real products send wrongly, and counts it) or strict
    #[arg(long, value_parser = dialect)]
    dialect: Option<Dialect>,
    /// A PUT of a group without members leaves its members alone instead of removing them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    put_keeps_members: Option<bool>,
    /// Internal providers: access group, by id or name, of people in no tied group
    #[arg(long, value_name = "ACCESS_GROUP")]
    default_access_group: Option<String>,
    /// Whether people get their access link by themselves: default (as the system is set), yes or no
    #[arg(long, value_name = "WHEN")]
    link_delivery: Option<LinkDelivery>,
    /// Requests a second it may make in the long run; unlimited when not given
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Requests it may make at once after a pause; as many as --rate-limit when not given
    #[arg(long, value_name = "N", requires = "rate_limit")]
    rate_burst: Option<u32>,
}

/// A setting to be emptied.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::commands) enum Unset {
    Description,
    Tags,
    ValidUntil,
    AllowIp,
    AllowReferrer,
    Authentication,
    DefaultAccessGroup,
    RateLimit,
}

impl Unset {
    pub(super) fn apply(self, settings: &mut ProviderSettings) {
        match self {
            Self::Description => settings.description = None,
            Self::Tags => settings.tags.clear(),
            Self::ValidUntil => settings.valid_until = None,
            Self::AllowIp => settings.allowed_addresses = AllowedAddresses::default(),
            Self::AllowReferrer => settings.allowed_referrers = AllowedReferrers::default(),
            Self::Authentication => settings.authentication = Methods::default(),
            Self::DefaultAccessGroup => settings.default_access_group = None,
            Self::RateLimit => settings.rate_limit = None,
        }
    }
}

/// The options, understood.
#[derive(Debug)]
pub(super) struct Change {
    allowed_addresses: Option<AllowedAddresses>,
    allowed_referrers: Option<AllowedReferrers>,
    authentication: Option<Methods>,
    description: Option<String>,
    tags: Option<Vec<String>>,
    valid_until: Option<DateTime<Utc>>,
    scopes: Option<Scopes>,
    dialect: Option<Dialect>,
    put_keeps_members: Option<bool>,
    default_access_group: Option<AccessGroupId>,
    link_delivery: Option<LinkDelivery>,
    rate_limit: Option<RateLimit>,
}

impl Change {
    /// Whether it gives a setting that may be emptied as well.
    pub(super) fn sets(&self, setting: Unset) -> bool {
        match setting {
            Unset::Description => self.description.is_some(),
            Unset::Tags => self.tags.is_some(),
            Unset::ValidUntil => self.valid_until.is_some(),
            Unset::AllowIp => self.allowed_addresses.is_some(),
            Unset::AllowReferrer => self.allowed_referrers.is_some(),
            Unset::Authentication => self.authentication.is_some(),
            Unset::DefaultAccessGroup => self.default_access_group.is_some(),
            Unset::RateLimit => self.rate_limit.is_some(),
        }
    }
}

impl Fields {
    pub(super) fn understood(&self, session: &Session) -> Result<Change, CommandError> {
        let default_access_group = match &self.default_access_group {
            Some(text) => Some(session.access_group(text)?),
            None => None,
        };
        Ok(Change {
            allowed_addresses: given(&self.allow_ip, |items| {
                AllowedAddresses::parse(items)
                    .map_err(|error| CommandError::Input(format!("--allow-ip: {error}")))
            })?,
            allowed_referrers: given(&self.allow_referrer, |items| {
                AllowedReferrers::parse(items)
                    .map_err(|error| CommandError::Input(format!("--allow-referrer: {error}")))
            })?,
            authentication: match &self.authentication {
                Some(file) => Some(authentication(file)?),
                None => None,
            },
            description: self.description.clone(),
            tags: given(&self.tag, |tags| Ok(tags.to_vec()))?,
            valid_until: self.valid_until,
            scopes: self.scope,
            dialect: self.dialect,
            put_keeps_members: self.put_keeps_members,
            default_access_group,
            link_delivery: self.link_delivery,
            rate_limit: self.rate_limit.map(|per_second| RateLimit {
                per_second,
                burst: self.rate_burst.unwrap_or(per_second),
            }),
        })
    }
}

/// A list, unless it was not given.
fn given<T>(
    items: &[String],
    parse: impl Fn(&[String]) -> Result<T, CommandError>,
) -> Result<Option<T>, CommandError> {
    if items.is_empty() {
        Ok(None)
    } else {
        parse(items).map(Some)
    }
}

impl Change {
    pub(super) fn apply(&self, settings: &mut ProviderSettings) {
        fn set<T: Clone>(setting: &mut T, given: Option<&T>) {
            if let Some(given) = given {
                *setting = given.clone();
            }
        }
        set(
            &mut settings.allowed_addresses,
            self.allowed_addresses.as_ref(),
        );
        set(
            &mut settings.allowed_referrers,
            self.allowed_referrers.as_ref(),
        );
        set(&mut settings.authentication, self.authentication.as_ref());
        set(&mut settings.tags, self.tags.as_ref());
        set(&mut settings.scopes, self.scopes.as_ref());
        set(&mut settings.dialect, self.dialect.as_ref());
        set(
            &mut settings.put_keeps_members,
            self.put_keeps_members.as_ref(),
        );
        set(&mut settings.link_delivery, self.link_delivery.as_ref());
        settings.description = self
            .description
            .clone()
            .or_else(|| settings.description.take());
        settings.valid_until = self.valid_until.or(settings.valid_until);
        settings.default_access_group = self.default_access_group.or(settings.default_access_group);
        settings.rate_limit = self.rate_limit.or(settings.rate_limit);
    }
}

/// Methods of authentication out of a file.
fn authentication(file: &Path) -> Result<Methods, CommandError> {
    let refused =
        |why: String| CommandError::Input(format!("--authentication {}: {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    let methods: Methods = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let why = error.into_inner();
        // Where the text itself is no JSON there is no member to name.
        refused(if place == "." {
            why.to_string()
        } else {
            format!("{place}: {why}")
        })
    })?;
    reader.end().map_err(|error| refused(error.to_string()))?;
    Ok(methods)
}

/// Scopes, apart by spaces or commas.
pub(in crate::commands) fn scopes(text: &str) -> Result<Scopes, String> {
    let scopes = Scopes::parse(&text.replace(',', " ")).map_err(|error| error.to_string())?;
    if scopes.is_empty() {
        Err("use scim, scim:read or scim:write".to_owned())
    } else {
        Ok(scopes)
    }
}

fn dialect(text: &str) -> Result<Dialect, String> {
    match text {
        "tolerant" => Ok(Dialect::Tolerant),
        "strict" => Ok(Dialect::Strict),
        _ => Err("use tolerant or strict".to_owned()),
    }
}
