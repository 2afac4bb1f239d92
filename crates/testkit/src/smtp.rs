//! A mail server for tests: real sockets, real SMTP, real TLS, and misbehaviour on demand.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How the server keeps a conversation private.
#[derive(Debug, Clone, Default)]
pub enum Security {
    #[default]
    None,
    /// TLS from the first byte.
    Implicit(Identity),
    /// After STARTTLS. Before it no mail and no password is taken.
    StartTls(Identity),
}

/// A certificate for 127.0.0.1 with its key, and the authority that signed it.
#[derive(Debug, Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    /// The authority's certificate, in PEM: whoever trusts it trusts the server.
    pub authority: String,
}

impl Identity {
    /// A new one, of a new authority; for `host` rather than 127.0.0.1 if one is given.
    ///
    /// # Panics
    ///
    /// Never: what it makes is well-formed.
    pub fn new(host: Option<&str>) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("ring makes keys");
        let authority = CertifiedIssuer::self_signed(params, key).expect("a CA signs itself");
        let key = KeyPair::generate().expect("ring makes keys");
        let name = host.unwrap_or("127.0.0.1").to_owned();
        let certificate = CertificateParams::new([name])
            .and_then(|params| params.signed_by(&key, &authority))
            .expect("a CA signs what names a host");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the versions that rustls does")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .expect("the key is the certificate's");
        Self {
            config: Arc::new(config),
            authority: authority.pem(),
        }
    }
}

/// How the server treats the next mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// Takes them.
    #[default]
    Takes,
    /// `451` after the recipient: try again later.
    Postpones,
    /// `550` after the recipient: never.
    Refuses,
    /// Closes every connection at once.
    HangsUp,
    /// Takes the whole text, keeps it, and closes without an answer.
    LosesAnswer,
}

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    pub from: String,
    pub to: String,
    /// User and password of AUTH PLAIN, if there was one.
    pub login: Option<String>,
    /// Headers and body, as sent.
    pub text: String,
}

impl ReceivedMail {
    /// The value of a header line.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The text with the line breaks of quoted-printable taken out.
    pub fn unfolded(&self) -> String {
        self.text.replace("=\r\n", "").replace("=3D", "=")
    }
}

/// The server. It ends with the process.
#[derive(Debug, Clone)]
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    manner: Manner,
    mails: Vec<ReceivedMail>,
    security: Security,
    /// The one response to AUTH PLAIN that is right; none = any.
    login: Option<String>,
    /// Every response to AUTH PLAIN that came.
    logins: Vec<String>,
}

impl SmtpSink {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When the machine has none.
    pub fn start() -> Self {
        Self::secured(Security::None, None)
    }

    /// The same over TLS, for whoever responds to AUTH PLAIN with `login` (RFC 4616, in base64).
    ///
    /// # Panics
    ///
    /// When the machine has no free port.
    pub fn secured(security: Security, login: Option<String>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the machine has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let state = Arc::new(Mutex::new(State {
            security,
            login,
            ..State::default()
        }));
        let sink = Self {
            address,
            state: Arc::clone(&state),
        };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A conversation that breaks off is the client's to notice.
                thread::spawn(move || drop(converse(stream, &state)));
            }
        });
        sink
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, manner: Manner) {
        lock(&self.state).manner = manner;
    }

    /// Every response to AUTH PLAIN that came, oldest first.
    pub fn logins(&self) -> Vec<String> {
        lock(&self.state).logins.clone()
    }

    /// From now on this is the only response to AUTH PLAIN that is right.
    pub fn set_login(&self, login: String) {
        lock(&self.state).login = Some(login);
    }

    /// The mails that arrived, oldest first.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        lock(&self.state).mails.clone()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection, private or not.
enum Wire {
    Plain(TcpStream),
    Private(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn private(stream: TcpStream, identity: &Identity) -> io::Result<Self> {
        let server =
            ServerConnection::new(Arc::clone(&identity.config)).map_err(io::Error::other)?;
        Ok(Self::Private(Box::new(StreamOwned::new(server, stream))))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Private(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Private(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Private(stream) => stream.flush(),
        }
    }
}

fn converse(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let (manner, security) = {
        let state = lock(state);
        (state.manner, state.security.clone())
    };
    if manner == Manner::HangsUp {
        return Ok(());
    }
    let (wire, mut upgrade) = match security {
        Security::None => (Wire::Plain(stream), None),
        Security::Implicit(identity) => (Wire::private(stream, &identity)?, None),
        Security::StartTls(identity) => (Wire::Plain(stream), Some(identity)),
    };
    let mut lines = BufReader::new(wire);
    let mut mail = ReceivedMail {
        from: String::new(),
        to: String::new(),
        login: None,
        text: String::new(),
    };
    answer(&mut lines, "220 sink ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        let said = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if upgrade.is_some() => "250-sink\r\n250-8BITMIME\r\n250 STARTTLS\r\n",
            "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            "STARTTLS" => {
                let Some(identity) = upgrade.take() else {
                    return Ok(());
                };
                answer(&mut lines, "220 go on\r\n")?;
                // The client waits for this answer, so nothing more has been read.
                let Wire::Plain(stream) = lines.into_inner() else {
                    return Ok(());
                };
                lines = BufReader::new(Wire::private(stream, &identity)?);
                continue;
            }
            "AUTH" | "MAIL" if upgrade.is_some() => "530 not before STARTTLS\r\n",
            "AUTH" => {
                let login = line.split(' ').nth(2).unwrap_or_default().to_owned();
                let mut state = lock(state);
                state.logins.push(login.clone());
                if state.login.as_ref().is_none_or(|right| *right == login) {
                    mail.login = Some(login);
                    "235 welcome\r\n"
                } else {
                    "535 wrong user or password\r\n"
                }
            }
            "MAIL" => {
                mail.from = bracketed(&line);
                "250 ok\r\n"
            }
            "RCPT" => {
                mail.to = bracketed(&line);
                match manner {
                    Manner::Postpones => "451 not now\r\n",
                    Manner::Refuses => "550 no such person\r\n",
                    Manner::Takes | Manner::HangsUp | Manner::LosesAnswer => "250 ok\r\n",
                }
            }
            "DATA" => {
                answer(&mut lines, "354 go on\r\n")?;
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line)? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                lock(state).mails.push(mail.clone());
                if manner == Manner::LosesAnswer {
                    return Ok(());
                }
                "250 taken\r\n"
            }
            "QUIT" => {
                answer(&mut lines, "221 bye\r\n")?;
                return Ok(());
            }
            _ => "500 what?\r\n",
        };
        answer(&mut lines, said)?;
    }
}

fn answer(lines: &mut BufReader<Wire>, text: &str) -> io::Result<()> {
    lines.get_mut().write_all(text.as_bytes())?;
    lines.get_mut().flush()
}

fn bracketed(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(address, _)| address.to_owned())
        .unwrap_or_default()
}
