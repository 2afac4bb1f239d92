//! Configuration: a TOML file, over it the environment, over it the command line.

mod entrance;
mod layers;
mod limits;
mod setting;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::Duration;
use url::Url;
use vestibule_delivery::MailSettings;
use vestibule_delivery::openid::OpenIdSettings;
use vestibule_delivery::reach::Reach;
use vestibule_domain::network::TrustedProxies;
use vestibule_service::Settings;
use vestibule_service::storage::{DatabaseUrl, Options};
use vestibule_web::tls::{Tls, TlsError, TlsFiles};
use vestibule_web::{Configured, Source};

pub(crate) use layers::{EverywhereOptions, Layer, ServerOptions};
use setting::{Given, Kind, Origin, SETTINGS, Setting};

/// The file that is read when none is named and it exists.
const DEFAULT_FILE: &str = "vestibule.toml";
/// Names the file.
pub(crate) const FILE_VARIABLE: &str = "VESTIBULE_CONFIG";
/// A year, in minutes; ten of them bound every lifetime.
const YEAR: u64 = 525_600;

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("the configuration file {path} cannot be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path}:{line}:{column}: {what}")]
    File {
        path: String,
        line: usize,
        column: usize,
        what: String,
    },
    #[error("{key} ({origin}): {why}")]
    Value {
        key: &'static str,
        origin: Origin,
        why: String,
    },
}

/// Everything that was configured, understood.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) database: DatabaseUrl,
    /// As configured, without a slash at the end; none means: made from the listening address.
    configured_url: Option<String>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) insecure_behind_proxy: bool,
    /// Requests of providers worked on at once.
    pub(crate) places: usize,
    /// How far calls out reach.
    pub(crate) reach: Reach,
    /// None means one for each processor.
    pub(crate) workers: Option<usize>,
    /// How long `/readyz` fails before the listener stops.
    pub(crate) drain: std::time::Duration,
    pub(crate) connections: u32,
    pub(crate) max_body: usize,
    pub(crate) gateway_url: Option<String>,
    /// How TLS ends in this server, if it does.
    pub(crate) tls: Option<Tls>,
    /// Without the address that begins those of links.
    mail: Option<MailSettings>,
    /// Without the address people come back to.
    openid: Option<OpenIdSettings>,
    pub(crate) service: Settings,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// The file that was read.
    pub(crate) file: Option<String>,
    given: Layer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// One line of `config check`.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Explained {
    pub(crate) key: &'static str,
    /// As it holds; a password in it is not shown.
    pub(crate) value: String,
    pub(crate) origin: String,
    pub(crate) meaning: &'static str,
}

impl Config {
    /// Reads the file (`named` on the command line, else in the environment, else the default one if
    /// it exists) and lays environment and options over it.
    pub(crate) fn load(
        named: Option<&str>,
        variables: &BTreeMap<String, String>,
        options: Layer,
    ) -> Result<Self, ConfigError> {
        let named = named.or_else(|| {
            variables
                .get(FILE_VARIABLE)
                .map(String::as_str)
                .filter(|path| !path.is_empty())
        });
        let path = named.or_else(|| Path::new(DEFAULT_FILE).is_file().then_some(DEFAULT_FILE));
        let mut given: Layer = SETTINGS
            .iter()
            .map(|setting| (setting.key, setting.fallback()))
            .collect();
        if let Some(path) = path {
            let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Unreadable {
                path: path.to_owned(),
                cause,
            })?;
            given.extend(layers::file(path, &text)?);
        }
        given.extend(layers::environment(variables));
        given.extend(options);
        Self::understand(given, path.map(str::to_owned))
    }

    fn understand(given: Layer, file: Option<String>) -> Result<Self, ConfigError> {
        let read = Reader { given: &given };
        let default_token_minutes = read.number("default_token_minutes", 1, 10 * YEAR)?;
        let maximum_token_minutes = read.number("maximum_token_minutes", 1, 10 * YEAR)?;
        if default_token_minutes > maximum_token_minutes {
            return Err(read.refuse(
                "default_token_minutes",
                "is more than maximum_token_minutes",
            ));
        }
        let maximum_page = read.number("maximum_page", 100, 10_000)?;
        let default_page = read.number("default_page", 1, maximum_page)?;
        let set_up_link = read.number("set_up_link_minutes", 1, YEAR)?;
        let database = DatabaseUrl::parse(read.text("database"))
            .map_err(|error| read.refuse("database", error.to_string()))?;
        let mail = entrance::mail(&read)?;
        let gateway_url = entrance::gateway_url(&read)?;
        let private_calls = read.parsed("call_private_addresses", Kind::Switch.expected())?;
        let max_body = read.number("max_body_bytes", 1_024, 1 << 30)?;
        let service = Settings {
            limits: limits::limits(&read, max_body)?,
            links: entrance::links(&read, mail.is_some(), gateway_url.is_some())?,
            private_calls,
            default_token_minutes,
            maximum_token_minutes,
            activation_token_minutes: read.number("activation_token_minutes", 1, 10 * YEAR)?,
            live_tokens: read.number("live_tokens", 1, 100_000)?,
            set_up_link: Duration::minutes(set_up_link),
            second_factor_required: read
                .parsed("second_factor_required", Kind::Switch.expected())?,
            retry_after: read.number("retry_after_seconds", 1, 3_600)?,
            default_page,
            maximum_page,
            refused_requests_age: Duration::days(read.number("refused_request_days", 1, 3_650)?),
            refused_requests: read.number("refused_requests_kept", 1, 1_000_000)?,
            ..Settings::default()
        };
        Ok(Self {
            listen: read.parsed("listen", "an address with its port, such as 127.0.0.1:8080")?,
            database,
            gateway_url,
            tls: tls(&read)?,
            mail,
            openid: entrance::openid(&read)?,
            configured_url: public_url(&read)?,
            trusted_proxies: TrustedProxies::parse(read.list("trusted_proxies"))
                .map_err(|error| read.refuse("trusted_proxies", error.to_string()))?,
            insecure_behind_proxy: read.parsed("insecure_behind_proxy", Kind::Switch.expected())?,
            places: read.number("max_requests_at_once", 1, 100_000)?,
            reach: if private_calls {
                Reach::Private
            } else {
                Reach::Public
            },
            workers: Some(read.number("workers", 0, 1_024)?).filter(|workers| *workers > 0),
            drain: std::time::Duration::from_secs(read.number("drain_seconds", 0, 600)?),
            connections: read.number("database_connections", 1, 1_000)?,
            max_body,
            service,
            log: log(&read)?,
            log_format: match read.text("log_format") {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(read.refuse("log_format", "must be text or json")),
            },
            file,
            given,
        })
    }

    /// The database as it was named; may hold a password.
    pub(crate) fn database_text(&self) -> &str {
        self.given
            .get("database")
            .and_then(|given| given.values.first())
            .map_or("", String::as_str)
    }

    /// What the storage is opened with.
    pub(crate) fn storage_options(&self) -> Options {
        Options {
            connections: self.connections,
            ..Options::default()
        }
    }

    /// The public address, when the server answers on `listen`.
    pub(crate) fn public_url(&self, listen: SocketAddr) -> String {
        self.configured_url.clone().unwrap_or_else(|| {
            let scheme = if self.tls.is_some() { "https" } else { "http" };
            format!("{scheme}://{listen}")
        })
    }

    /// What would make a running server insecure or its addresses useless.
    pub(crate) fn check_server(&self) -> Result<(), ConfigError> {
        let read = Reader { given: &self.given };
        let ip = self.listen.ip().to_canonical();
        if !ip.is_loopback() && !self.insecure_behind_proxy && self.tls.is_none() {
            let why = "plain HTTP is served on a loopback address only; give --tls-certificate and --tls-key, put a \
                       proxy that does TLS in front and say --insecure-behind-proxy, or listen on 127.0.0.1";
            return Err(read.refuse("listen", why));
        }
        if ip.is_unspecified() && self.configured_url.is_none() {
            let why = "listening on every address, the server cannot know its own; give the address that clients \
                       use, such as --public-url https://vestibule.example";
            return Err(read.refuse("public_url", why));
        }
        self.mailer(&self.public_url(self.listen))?;
        self.given_key().map(drop)
    }

    /// What else a server would not start for: its database, an address that is not this machine's.
    pub(crate) fn check_surroundings(&self) -> Result<(), ConfigError> {
        let read = Reader { given: &self.given };
        self.database
            .check()
            .map_err(|error| read.refuse("database", vestibule_service::chain(&error)))?;
        let anywhere = SocketAddr::new(self.listen.ip(), 0);
        std::net::TcpListener::bind(anywhere)
            .map(drop)
            .map_err(|cause| read.refuse("listen", format!("cannot be listened on: {cause}")))
    }

    /// Every setting with its value as it holds, where that came from and what it means.
    pub(crate) fn explain(&self) -> Vec<Explained> {
        let explained = |setting: &'static Setting| {
            let value = match self.value(setting, self.listen) {
                None => "(set, not shown)".to_owned(),
                Some(value) if setting.key == "trusted_proxies" && value.is_empty() => {
                    "none".to_owned()
                }
                Some(value) => value,
            };
            Explained {
                key: setting.key,
                value,
                origin: self.given(setting).origin.to_string(),
                meaning: setting.meaning,
            }
        };
        SETTINGS.iter().map(explained).collect()
    }

    /// The same for the console of a server that answers on `listen`.
    pub(crate) fn configured(&self, listen: SocketAddr) -> Vec<Configured> {
        let configured = |setting: &'static Setting| Configured {
            key: setting.key,
            variable: setting.variable,
            option: setting.option,
            value: self.value(setting, listen),
            source: match self.given(setting).origin {
                Origin::Default => Source::Default,
                Origin::File { path, line, column } => {
                    Source::File(format!("{path}:{line}:{column}"))
                }
                Origin::Environment(_) => Source::Environment,
                Origin::CommandLine(_) => Source::CommandLine,
            },
        };
        SETTINGS.iter().map(configured).collect()
    }

    fn given(&self, setting: &Setting) -> Given {
        let given = self.given.get(setting.key).cloned();
        given.unwrap_or_else(|| setting.fallback())
    }

    /// The value as it holds; none for a secret that is set.
    fn value(&self, setting: &Setting, listen: SocketAddr) -> Option<String> {
        let values = self.given(setting).values;
        let first = values.first().map_or("", String::as_str);
        match setting.key {
            "database" => Some(without_password(first)),
            "smtp_password" | "key_secret" | "openid_client_secret" if !first.is_empty() => None,
            "public_url" => Some(self.public_url(listen)),
            _ => Some(values.join(", ")),
        }
    }
}

/// Variables that look like settings but are none, probably misspelt.
pub(crate) fn unknown_variables(variables: &BTreeMap<String, String>) -> Vec<&str> {
    let known = |name: &str| {
        // Variables of the project's own tests share the prefix.
        name == FILE_VARIABLE
            || name.starts_with("VESTIBULE_TEST_")
            || SETTINGS.iter().any(|setting| setting.variable == name)
    };
    variables
        .keys()
        .map(String::as_str)
        .filter(|name| !known(name))
        .collect()
}

/// The address without the password it may hold.
pub(crate) fn without_password(address: &str) -> String {
    if address.starts_with("sqlite:") {
        return address.to_owned();
    }
    let Ok(mut url) = Url::parse(address) else {
        return "(not shown: it cannot be read)".to_owned();
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "(not shown: it cannot be read)".to_owned();
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let secret = name.contains("password");
                (
                    name.into_owned(),
                    if secret {
                        "***".to_owned()
                    } else {
                        value.into_owned()
                    },
                )
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}

fn tls(read: &Reader<'_>) -> Result<Option<Tls>, ConfigError> {
    let file = |key| Some(PathBuf::from(read.text(key))).filter(|path| path != Path::new(""));
    let client_authorities = file("tls_client_authorities");
    match (file("tls_certificate"), file("tls_key")) {
        (Some(certificate), Some(key)) => Tls::open(TlsFiles {
            certificate,
            key,
            client_authorities,
        })
        .map(Some)
        .map_err(|error| {
            let at = |path: &PathBuf, key| Some(path) == file(key).as_ref();
            let key = match &error {
                TlsError::Unreadable(path, _) | TlsError::Pem(path, _) if at(path, "tls_key") => {
                    "tls_key"
                }
                TlsError::Unreadable(path, _) | TlsError::Pem(path, _)
                    if at(path, "tls_client_authorities") =>
                {
                    "tls_client_authorities"
                }
                TlsError::Authorities(_) => "tls_client_authorities",
                TlsError::Unreadable(..) | TlsError::Pem(..) | TlsError::Unusable(_) => {
                    "tls_certificate"
                }
            };
            read.refuse(key, error.to_string())
        }),
        (None, None) if client_authorities.is_some() => {
            let why = "is of no use without tls_certificate and tls_key";
            Err(read.refuse("tls_client_authorities", why))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(read.refuse("tls_key", "is needed beside tls_certificate")),
        (None, Some(_)) => Err(read.refuse("tls_certificate", "is needed beside tls_key")),
    }
}

fn public_url(read: &Reader<'_>) -> Result<Option<String>, ConfigError> {
    let text = read.text("public_url");
    if text.is_empty() {
        return Ok(None);
    }
    let example = "must be an address such as https://vestibule.example";
    let url = Url::parse(text).map_err(|_| read.refuse("public_url", example))?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        return Err(read.refuse(
            "public_url",
            format!("{example}, without user, query or fragment"),
        ));
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

fn log(read: &Reader<'_>) -> Result<String, ConfigError> {
    let text = read.text("log");
    // A word alone would be taken for a part of the program, of which there is none.
    let level = |word: &str| {
        word.parse::<tracing_subscriber::filter::LevelFilter>()
            .is_ok()
    };
    let mut words = text.split(',').map(str::trim);
    let unknown = words.find(|word| {
        let alone = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        alone && !level(word)
    });
    if let Some(word) = unknown {
        let why = format!(
            "`{word}` is no level: use error, warn, info, debug, trace or off, for a part with its name, as in \
             vestibule_web=debug"
        );
        return Err(read.refuse("log", why));
    }
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| read.refuse("log", format!("cannot be understood: {error}")))
}

/// Reads values of the table above by their keys.
struct Reader<'a> {
    given: &'a Layer,
}

impl Reader<'_> {
    fn list(&self, key: &str) -> &[String] {
        self.given
            .get(key)
            .map_or(&[], |given| given.values.as_slice())
    }

    fn text(&self, key: &str) -> &str {
        self.list(key).first().map_or("", String::as_str)
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        key: &'static str,
        expected: &str,
    ) -> Result<T, ConfigError> {
        let text = self.text(key);
        text.parse()
            .map_err(|_| self.refuse(key, format!("`{text}` is not {expected}")))
    }

    /// A whole number in the range, both ends included.
    fn number<T: TryFrom<u64>>(
        &self,
        key: &'static str,
        least: u64,
        most: u64,
    ) -> Result<T, ConfigError> {
        let number: u64 = self.parsed(key, Kind::Number.expected())?;
        T::try_from(number)
            .ok()
            .filter(|_| (least..=most).contains(&number))
            .ok_or_else(|| self.refuse(key, format!("must be between {least} and {most}")))
    }

    fn refuse(&self, key: &'static str, why: impl Into<String>) -> ConfigError {
        let origin = self
            .given
            .get(key)
            .map_or(Origin::Default, |given| given.origin.clone());
        ConfigError::Value {
            key,
            origin,
            why: why.into(),
        }
    }
}
