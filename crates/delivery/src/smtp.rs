//! Mail over SMTP: one connection for each mail.
//!
//! The text of a mail is asked for only when the server has accepted sender and recipient and waits
//! for it, so that whoever gives it knows that from then on the mail may have been sent.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use vestibule_domain::mail::{Envelope, Letter, Posted, check_address};

use crate::allowed::Allowed;
use crate::letters::{TemplateError, Templates};

/// How long each step of the conversation may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Characters of a mail server's answer that are kept.
const MAX_ANSWER: usize = 300;

/// How the connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (usually port 465).
    Implicit,
    /// After STARTTLS, or not at all (usually port 587).
    StartTls,
    /// Not: for a server on this machine.
    None,
}

/// Where mail goes and in whose name.
#[derive(Clone)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// User and password.
    pub credentials: Option<(String, String)>,
    /// `Name <address>` or the bare address.
    pub from: String,
    /// Certificates (PEM) trusted besides the machine's.
    pub ca: Option<Vec<u8>>,
    /// A folder with texts in the place of ours.
    pub templates: Option<PathBuf>,
    /// Begins the addresses of links.
    pub public_url: String,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the settings of mail.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("mail_from: expected an address such as Vestibule <noreply@vestibule.example>: {0}")]
    From(String),
    #[error("smtp_host: TLS cannot be prepared for it: {0}")]
    Tls(String),
    #[error("smtp_password: would go over the network in the clear; use smtp_tls starttls or tls")]
    PasswordInTheClear,
    #[error(transparent)]
    Templates(#[from] TemplateError),
}

/// Sends mail.
pub struct Mailer {
    settings: MailSettings,
    from: Mailbox,
    tls: Option<TlsParameters>,
    templates: Templates,
    allowed: Allowed,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Mailer {
    pub fn new(settings: MailSettings) -> Result<Self, SettingsError> {
        let from: Mailbox =
            settings
                .from
                .parse()
                .map_err(|error: lettre::address::AddressError| {
                    SettingsError::From(error.to_string())
                })?;
        if settings.tls == Tls::None && settings.credentials.is_some() && !is_local(&settings.host)
        {
            return Err(SettingsError::PasswordInTheClear);
        }
        let tls = match settings.tls {
            Tls::None => None,
            Tls::Implicit | Tls::StartTls => Some(tls_parameters(&settings)?),
        };
        let templates = Templates::load(settings.templates.as_deref(), &settings.public_url)?;
        let mut allowed = Allowed::default();
        allowed.add(&settings.host, settings.port);
        Ok(Self {
            settings,
            from,
            tls,
            templates,
            allowed,
        })
    }

    /// The mail server and its port.
    pub fn server(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// In whose name mail goes.
    pub fn from(&self) -> String {
        self.settings.from.clone()
    }

    /// Sends one mail. `letter` is called at most once, when the server waits for the text; with
    /// none the mail is left unsent.
    pub fn post(&self, envelope: &Envelope, letter: &mut dyn FnMut() -> Option<Letter>) -> Posted {
        if let Err(error) = check_address(&envelope.to) {
            return Posted::Refused(error.to_string());
        }
        let Ok(to) = envelope.to.parse::<lettre::Address>() else {
            return Posted::Refused("it is no address: expected name@host".to_owned());
        };
        let mut connection = match self.connect() {
            Ok(connection) => connection,
            Err(why) => return Posted::Postponed(why),
        };
        let mut parameters = Vec::new();
        if !envelope.to.is_ascii() {
            if !connection
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                let why = "the mail server does not take addresses beyond ASCII";
                return Posted::Refused(why.to_owned());
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = Mail::new(Some(self.from.email.clone()), parameters);
        let opened = connection
            .command(sender)
            .map_err(|error| (Step::Sender, error))
            .and_then(|_| {
                connection
                    .command(Rcpt::new(to.clone(), Vec::new()))
                    .and_then(|_| connection.command(Data))
                    .map_err(|error| (Step::Recipient, error))
            });
        if let Err((step, error)) = opened {
            connection.abort();
            return self.not_taken(step, &error);
        }
        // Hung up before the end of the text, nothing is sent. There is no word for it: until then all is text.
        let Some(letter) = letter() else {
            return Posted::Dropped;
        };
        let text = match self.text(envelope, to, &letter) {
            Ok(text) => text,
            Err(why) => return Posted::Postponed(why),
        };
        let posted = match connection.message(&text) {
            Ok(_) => Posted::Sent,
            // The server has answered: it did not take it.
            Err(error) if error.status().is_some() => self.not_taken(Step::Text, &error),
            Err(error) => Posted::Unknown(self.stopped(Step::Text, &told(&error))),
        };
        connection.abort();
        posted
    }

    /// Sends the test mail at once.
    pub fn test(&self, to: &str, date: chrono::DateTime<chrono::Utc>, id: &str) -> Posted {
        let envelope = Envelope {
            to: to.to_owned(),
            message_id: id.to_owned(),
            date,
        };
        self.post(&envelope, &mut || Some(Letter::Test))
    }

    fn connect(&self) -> Result<SmtpConnection, String> {
        let MailSettings { host, port, .. } = &self.settings;
        self.allowed
            .admit(host, *port)
            .map_err(|error| error.to_string())?;
        let hello = ClientId::default();
        let implicit = self
            .tls
            .as_ref()
            .filter(|_| self.settings.tls == Tls::Implicit);
        let mut connection = SmtpConnection::connect(
            (host.as_str(), *port),
            Some(PATIENCE),
            &hello,
            implicit,
            None,
        )
        .map_err(|error| self.stopped(Step::Connecting, &told(&error)))?;
        if let Some(tls) = self
            .tls
            .as_ref()
            .filter(|_| self.settings.tls == Tls::StartTls)
        {
            if !connection.can_starttls() {
                connection.abort();
                return Err(self.stopped(Step::Tls, "the mail server does not offer STARTTLS"));
            }
            connection
                .starttls(tls, &hello)
                .map_err(|error| self.stopped(Step::Tls, &told(&error)))?;
        }
        if let Some((user, password)) = &self.settings.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .map_err(|error| self.stopped(Step::SigningIn, &told(&error)))?;
        }
        Ok(connection)
    }

    /// The server answered with a refusal, or the conversation broke before the text was handed over.
    fn not_taken(&self, step: Step, error: &SmtpError) -> Posted {
        let why = self.stopped(step, &told(error));
        if error.is_permanent() {
            Posted::Refused(why)
        } else {
            Posted::Postponed(why)
        }
    }

    /// At which server and step the conversation ended, why, and what to look at.
    fn stopped(&self, step: Step, why: &str) -> String {
        let (doing, advice) = match step {
            Step::Connecting => (
                "connecting",
                "see that smtp_host, smtp_port and smtp_tls are right and that no firewall is between",
            ),
            Step::Tls => (
                "beginning TLS",
                "see that smtp_host is the name in its certificate, that smtp_ca has who signed it, and that smtp_tls is right",
            ),
            Step::SigningIn => (
                "signing in",
                "see that smtp_user and smtp_password are right",
            ),
            Step::Sender => (
                "naming the sender",
                "see that it may send in the name of mail_from, and whether it wants smtp_user and smtp_password",
            ),
            Step::Recipient => (
                "naming the recipient",
                "see that the address is right and that it takes mail for it from here",
            ),
            Step::Text => ("sending the text", "its answer says why"),
        };
        format!("{}, {doing}: {why}; {advice}", self.server())
    }

    fn text(
        &self,
        envelope: &Envelope,
        to: lettre::Address,
        letter: &Letter,
    ) -> Result<Vec<u8>, String> {
        let rendered = self
            .templates
            .render(letter)
            .map_err(|error| error.to_string())?;
        let host = self.from.email.domain();
        let seconds = u64::try_from(envelope.date.timestamp()).unwrap_or_default();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(rendered.subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}@{host}>", envelope.message_id)))
            .multipart(
                MultiPart::alternative()
                    .singlepart(
                        SinglePart::builder()
                            .header(ContentType::TEXT_PLAIN)
                            .body(rendered.plain),
                    )
                    .singlepart(
                        SinglePart::builder()
                            .header(ContentType::TEXT_HTML)
                            .body(rendered.html),
                    ),
            )
            .map_err(|error| error.to_string())?;
        Ok(message.formatted())
    }
}

/// Where in the conversation with a mail server something went wrong.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// With [`Tls::Implicit`] that begins it as well.
    Connecting,
    Tls,
    SigningIn,
    Sender,
    Recipient,
    Text,
}

/// An error with its cause, bounded and on one line.
fn told(error: &SmtpError) -> String {
    let mut text = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_ANSWER)
        .collect()
}

fn tls_parameters(settings: &MailSettings) -> Result<TlsParameters, SettingsError> {
    let failed = |error: SmtpError| SettingsError::Tls(told(&error));
    let mut builder =
        TlsParameters::builder(settings.host.clone()).certificate_store(CertificateStore::Default);
    if let Some(pem) = &settings.ca {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(failed)?);
    }
    builder.build_rustls().map_err(failed)
}

fn is_local(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}
