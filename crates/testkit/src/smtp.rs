//! A mail server for tests: real sockets, real SMTP, and misbehaviour on demand.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

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
}

impl SmtpSink {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When the machine has none.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the machine has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let state: Arc<Mutex<State>> = Arc::default();
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

    /// The mails that arrived, oldest first.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        lock(&self.state).mails.clone()
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn converse(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let manner = lock(state).manner;
    if manner == Manner::HangsUp {
        return Ok(());
    }
    let mut answers = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let mut mail = ReceivedMail {
        from: String::new(),
        to: String::new(),
        login: None,
        text: String::new(),
    };
    answers.write_all(b"220 sink ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            "AUTH" => {
                mail.login = line.split(' ').nth(2).map(str::to_owned);
                "235 welcome\r\n"
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
                answers.write_all(b"354 go on\r\n")?;
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
                answers.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => "500 what?\r\n",
        };
        answers.write_all(answer.as_bytes())?;
    }
}

fn bracketed(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(address, _)| address.to_owned())
        .unwrap_or_default()
}
