//! The settings of links, mail, the gateway and OpenID Connect.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::Duration;
use url::Url;
use vestibule_delivery::openid::{OpenId, OpenIdSettings};
use vestibule_delivery::{MailSettings, Mailer, SettingsError as MailError, Tls};
use vestibule_domain::link::Durations;
use vestibule_service::LinkSettings;
use vestibule_service::keys::SealingKey;
use vestibule_service::storage::DatabaseUrl;
use vestibule_web::console::OPENID_CALLBACK;

use super::{Config, ConfigError, Reader, YEAR};
use crate::config::setting::Kind;

/// Where the key is kept that encrypts signing keys, beside an embedded database.
const KEY_FILE: &str = "vestibule.key";

impl Config {
    /// What sends mail, if a mail server is configured.
    pub(crate) fn mailer(&self, public_url: &str) -> Result<Option<Mailer>, ConfigError> {
        let Some(settings) = &self.mail else {
            return Ok(None);
        };
        let read = Reader { given: &self.given };
        Mailer::new(MailSettings {
            public_url: public_url.to_owned(),
            ..settings.clone()
        })
        .map(Some)
        .map_err(|error| {
            let key = match &error {
                MailError::From(_) => "mail_from",
                MailError::Tls(_) => "smtp_host",
                MailError::PasswordInTheClear => "smtp_password",
                MailError::Templates(_) => "mail_templates",
            };
            let told = error.to_string();
            let why = told.strip_prefix(&format!("{key}: ")).unwrap_or(&told);
            read.refuse(key, why)
        })
    }

    /// Who signs administrators in besides, if anybody does.
    pub(crate) fn openid(&self, public_url: &str) -> Option<OpenId> {
        let settings = self.openid.clone()?;
        let redirect = format!("{public_url}{OPENID_CALLBACK}");
        Some(OpenId::new(
            OpenIdSettings {
                redirect,
                ..settings
            },
            self.reach,
        ))
    }

    /// The key of the configuration, if it has one.
    pub(super) fn given_key(&self) -> Result<Option<SealingKey>, ConfigError> {
        let read = Reader { given: &self.given };
        let text = read.text("key_secret");
        (!text.is_empty()).then(|| key(&read, text)).transpose()
    }

    /// Completes the settings of links with the key of the configuration or, for an embedded
    /// database, the one in a file beside it, which is made when missing.
    pub(crate) fn sealing_key(&self) -> Result<Option<SealingKey>, ConfigError> {
        if let Some(given) = self.given_key()? {
            return Ok(Some(given));
        }
        let read = Reader { given: &self.given };
        let DatabaseUrl::Sqlite(path) = &self.database else {
            return Ok(None);
        };
        let file = Path::new(path).with_file_name(KEY_FILE);
        let text = key_file(&file).map_err(|cause| {
            read.refuse(
                "key_secret",
                format!("{} cannot be used: {cause}", file.display()),
            )
        })?;
        key(&read, text.trim()).map(Some)
    }
}

fn key(read: &Reader<'_>, text: &str) -> Result<SealingKey, ConfigError> {
    SealingKey::parse(text)
        .ok_or_else(|| read.refuse("key_secret", "must be 32 random bytes in base64"))
}

/// Reads the file or, where there is none, makes it for its owner alone.
fn key_file(path: &Path) -> std::io::Result<String> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        read => return read,
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let text = SealingKey::generate();
    let made = std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(text)
        }
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::read_to_string(path)
        }
        Err(error) => Err(error),
    }
}

pub(super) fn links(
    read: &Reader<'_>,
    mail: bool,
    gateway: bool,
) -> Result<LinkSettings, ConfigError> {
    let longest: i64 = read.number("maximum_link_minutes", 1, 10 * YEAR)?;
    let usual: i64 = read.number("link_minutes", 1, 10 * YEAR)?;
    if usual > longest {
        return Err(read.refuse("link_minutes", "is more than maximum_link_minutes"));
    }
    Ok(LinkSettings {
        automatic: read.parsed("automatic_links", Kind::Switch.expected())?,
        mail,
        durations: Durations {
            usual: Duration::minutes(usual),
            longest: Duration::minutes(longest),
        },
        sealing_key: None,
        gateway,
    })
}

pub(super) fn gateway_url(read: &Reader<'_>) -> Result<Option<String>, ConfigError> {
    let text = read.text("gateway_url");
    if text.is_empty() {
        return Ok(None);
    }
    let example = "must be an address such as https://gateway.example/enter";
    let url = Url::parse(text).map_err(|_| read.refuse("gateway_url", example))?;
    let local = url
        .host_str()
        .is_some_and(|host| host == "localhost" || host == "127.0.0.1" || host == "[::1]");
    let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
    if !safe || !url.has_host() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(read.refuse("gateway_url", format!("{example}, by https")));
    }
    Ok(Some(text.to_owned()))
}

pub(super) fn openid(read: &Reader<'_>) -> Result<Option<OpenIdSettings>, ConfigError> {
    let issuer = read.text("openid_issuer");
    if issuer.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(issuer)
        .ok()
        .filter(|url| url.has_host() && url.query().is_none() && url.fragment().is_none());
    if url.is_none_or(|url| !matches!(url.scheme(), "https" | "http")) {
        let example = "must be an address such as https://login.example";
        return Err(read.refuse("openid_issuer", example));
    }
    let client_id = read.text("openid_client_id");
    if client_id.is_empty() {
        return Err(read.refuse("openid_client_id", "must be given with openid_issuer"));
    }
    let claim = read.text("openid_claim");
    if claim.is_empty() {
        return Err(read.refuse("openid_claim", "must name a claim"));
    }
    let secret = Some(read.text("openid_client_secret"));
    Ok(Some(OpenIdSettings {
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        client_secret: secret
            .filter(|secret| !secret.is_empty())
            .map(str::to_owned),
        claim: claim.to_owned(),
        redirect: String::new(),
    }))
}

pub(super) fn mail(read: &Reader<'_>) -> Result<Option<MailSettings>, ConfigError> {
    let host = read.text("smtp_host");
    let tls = match read.text("smtp_tls") {
        "starttls" => Tls::StartTls,
        "tls" => Tls::Implicit,
        "none" => Tls::None,
        _ => return Err(read.refuse("smtp_tls", "must be starttls, tls or none")),
    };
    let port = read.number("smtp_port", 1, 65_535)?;
    if host.is_empty() {
        return Ok(None);
    }
    let from = read.text("mail_from");
    if from.is_empty() {
        return Err(read.refuse("mail_from", "must be given with smtp_host"));
    }
    let (user, password) = (read.text("smtp_user"), read.text("smtp_password"));
    if user.is_empty() != password.is_empty() {
        return Err(read.refuse("smtp_user", "goes together with smtp_password"));
    }
    let ca =
        match read.text("smtp_ca") {
            "" => None,
            path => Some(std::fs::read(path).map_err(|cause| {
                read.refuse("smtp_ca", format!("{path} cannot be read: {cause}"))
            })?),
        };
    let templates = Some(read.text("mail_templates"))
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    Ok(Some(MailSettings {
        host: host.to_owned(),
        port,
        tls,
        credentials: (!user.is_empty()).then(|| (user.to_owned(), password.to_owned())),
        from: from.to_owned(),
        ca,
        templates,
        public_url: String::new(),
    }))
}
