//! Links that were promised to be mailed while no mail server was there, and the mails that came.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};
use ureq::Agent;
use vestibule_testkit::{Manner, ReceivedMail, SmtpSink};

use crate::clients::{agent, person};
use crate::server::Server;

/// A link that was answered 201, and so will be mailed.
#[derive(Debug, Clone)]
pub(crate) struct Mailed {
    link: String,
    to: String,
}

/// A mail server, and who asks the program to send mail by it.
pub(crate) struct Office {
    pub(crate) sink: SmtpSink,
    /// Of the SQLite database behind the program.
    path: PathBuf,
}

/// What became of the mails that were promised.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Delivered {
    pub(crate) lost: usize,
    /// Mails that nobody can tell from another of the same link: with other Message-IDs.
    pub(crate) strange: u64,
    /// Mails that came once more, with the Message-ID that they had before.
    pub(crate) repeated: usize,
}

impl Office {
    pub(crate) fn open(path: PathBuf) -> Self {
        Self {
            sink: SmtpSink::start(),
            path,
        }
    }

    /// What the program is to be started with to send mail here.
    pub(crate) fn options(&self) -> Vec<String> {
        let port = self.sink.address().port().to_string();
        let options = [
            ["--smtp-host", "127.0.0.1"],
            ["--smtp-port", &port],
            ["--smtp-tls", "none"],
            ["--mail-from", "faults@vestibule.example"],
        ];
        options
            .as_flattened()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// One round: mails are promised while the mail server hangs up, the program is killed meanwhile, and
    /// once more while it sends. Answers what was promised. `control`: one letter is taken out.
    pub(crate) fn round(
        &self,
        server: &mut Server,
        tokens: &Tokens,
        cycle: u32,
        control: bool,
    ) -> Vec<Mailed> {
        self.sink.set(Manner::HangsUp);
        let asking = Asking::start(server.address(), tokens, &format!("m{cycle}"));
        asking.wait_for(10);
        // Spread over the life of a transaction without needing chance.
        std::thread::sleep(Duration::from_millis(u64::from(cycle) * 37 % 100));
        server.kill();
        let promised = asking.stop();
        self.let_time_pass();
        if control && let Some(first) = promised.first() {
            self.take_out(first);
        }
        let before = self.sink.mails().len();
        self.sink.set(Manner::Takes);
        server.restart();
        wait(|| self.sink.mails().len() > before + 2 + usize::try_from(cycle % 5).unwrap_or(0));
        server.kill();
        self.let_time_pass();
        server.restart();
        wait(|| server.letters_waiting(&tokens.admin) == Some(0));
        promised
    }

    /// What is done again after a pause, or when whoever was at it is given up, is so at once: the
    /// instants are moved, for the clock cannot be.
    fn let_time_pass(&self) {
        self.change("UPDATE outbox SET due = 0, lease_until = 0 WHERE finished IS NULL");
    }

    fn take_out(&self, mailed: &Mailed) {
        let taken = self.change(&format!(
            "DELETE FROM outbox WHERE link_id = '{}'",
            mailed.link
        ));
        assert_eq!(taken, 1, "a link that was promised has its letter");
    }

    /// Changes the database while the program is dead.
    fn change(&self, sql: &str) -> usize {
        Connection::open(&self.path)
            .and_then(|database| database.execute(sql, []))
            .expect("the database can be written while nobody has it open")
    }

    /// Looks for the mail of everything that was promised.
    pub(crate) fn check(&self, promised: &[Mailed]) -> Delivered {
        let mails = self.sink.mails();
        let mut delivered = Delivered::default();
        for mailed in promised {
            let ids: Vec<&str> = mails
                .iter()
                .filter(|mail| mail.to == mailed.to)
                .filter_map(message_id)
                .collect();
            let distinct: BTreeSet<&str> = ids.iter().copied().collect();
            delivered.lost += usize::from(ids.is_empty());
            delivered.strange += u64::from(distinct.len() > 1);
            delivered.repeated += ids.len().saturating_sub(1);
        }
        delivered
    }
}

fn message_id(mail: &ReceivedMail) -> Option<&str> {
    mail.header("Message-ID")
}

/// Waits for at most half a minute.
fn wait(until: impl Fn() -> bool) {
    let begun = Instant::now();
    while !until() && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Who pushes people, and who gives them links.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) provider: String,
    pub(crate) admin: String,
}

/// Makes people and links for them until it is stopped.
struct Asking {
    stop: Arc<AtomicBool>,
    promised: Arc<Mutex<Vec<Mailed>>>,
    thread: JoinHandle<()>,
}

impl Asking {
    fn start(address: &str, tokens: &Tokens, prefix: &str) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let promised = Arc::<Mutex<Vec<Mailed>>>::default();
        let (stopped, kept) = (Arc::clone(&stop), Arc::clone(&promised));
        let (address, tokens, prefix) = (address.to_owned(), tokens.clone(), prefix.to_owned());
        let thread = std::thread::spawn(move || {
            let agent = agent();
            for number in 0_u64.. {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let to = format!("{prefix}-{number}@faults.example");
                match ask(&agent, &address, &tokens, &to) {
                    Some(link) => kept
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(Mailed { link, to }),
                    None => std::thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        Self {
            stop,
            promised,
            thread,
        }
    }

    fn wait_for(&self, count: usize) {
        wait(|| {
            let promised = self.promised.lock().unwrap_or_else(PoisonError::into_inner);
            promised.len() >= count
        });
    }

    fn stop(self) -> Vec<Mailed> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("a client does not panic");
        let mut promised = self.promised.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut promised)
    }
}

/// A person with that address and a link that is mailed to them: its id, when it was promised.
fn ask(agent: &Agent, address: &str, tokens: &Tokens, to: &str) -> Option<String> {
    let user = person(agent, address, &tokens.provider, to).ok()?;
    let user = created(user)?;
    let link = agent
        .post(format!("http://{address}/api/v1/users/{user}/links"))
        .header("Authorization", format!("Bearer {}", tokens.admin))
        .content_type("application/json")
        .send(json!({"forwarding": "mailed"}).to_string())
        .ok()
        .filter(|answer| answer.status() == 201)?
        .body_mut()
        .read_json::<Value>()
        .ok()?;
    Some(link.get("link")?.get("id")?.as_str()?.to_owned())
}

fn created(mut answer: ureq::http::Response<ureq::Body>) -> Option<String> {
    if answer.status() != 201 {
        return None;
    }
    let user: Value = answer.body_mut().read_json().ok()?;
    Some(user.get("id")?.as_str()?.to_owned())
}
