//! Breaks what the server stands on, and looks for what it had promised.
//!
//! Clients create people; each one answered 201 is a promise. Then the server is killed, its database
//! is killed, or its disk fills up; afterwards every promise must still be there, the chain of events
//! must verify, and the server must work again without help. So it is with mails: each link answered 201
//! while no mail server was there is a promise of one, however often the server is killed.
//!
//! ```text
//! cargo run -p acceptance --example faults -- --binary target/release/vestibule kill --cycles 200
//! ```

#![expect(
    clippy::print_stdout,
    reason = "a program that reports to whoever started it"
)]

mod clients;
mod mails;
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};

use clients::{Clients, Promise};
use mails::{Office, Tokens};
use server::Server;

/// Breaks what the server stands on; exit status 1 when something acknowledged was lost.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program under test.
    #[arg(long)]
    binary: PathBuf,
    /// Folder for its database, when that is SQLite; by default one in the temporary folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Address of its database, when that is PostgreSQL.
    #[arg(long)]
    database: Option<String>,
    /// Looks for a person whom nobody was promised as well, or takes a letter out: the run must fail.
    #[arg(long)]
    control: bool,
    #[command(subcommand)]
    fault: Fault,
}

#[derive(Debug, Clone, Subcommand)]
enum Fault {
    /// kill -9 of the server under load, again and again.
    Kill {
        #[arg(long, default_value_t = 50)]
        cycles: u32,
    },
    /// The database server is stopped under load and started again.
    Database {
        #[arg(long, default_value_t = 5)]
        cycles: u32,
        /// Shell command that stops it at once.
        #[arg(long)]
        stop: String,
        /// Shell command that starts it.
        #[arg(long)]
        start: String,
    },
    /// kill -9 of the server while mails are asked for and no mail server is there, and again while they
    /// are sent. Takes SQLite.
    Outbox {
        #[arg(long, default_value_t = 20)]
        cycles: u32,
    },
    /// The disk fills up, and has room again when a file called `ballast` is removed from the folder.
    Disk,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir().expect("the temporary folder can be written");
    let folder = arguments
        .folder
        .clone()
        .unwrap_or_else(|| temporary.path().to_owned());
    let database = arguments
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite:{}/vestibule.db", folder.display()));
    let office = Office::open(folder.join("vestibule.db"));
    let options = match arguments.fault {
        Fault::Outbox { .. } => office.options(),
        _ => Vec::new(),
    };
    let mut server = Server::start(&arguments.binary, &database, options);
    let token = server.token();
    let mut found = Found::default();
    match &arguments.fault {
        Fault::Kill { cycles } => {
            for cycle in 0..*cycles {
                let clients = Clients::start(server.address(), &token, &format!("k{cycle}"));
                found.strange += u64::from(!clients.wait_for_success(Duration::from_secs(30)));
                // Spread over the life of a transaction without needing chance.
                std::thread::sleep(Duration::from_millis(40 + u64::from(cycle) * 37 % 300));
                server.kill();
                let mut promised = clients.stop().promised;
                if arguments.control {
                    promised.push(Promise::never_made());
                }
                let begun = Instant::now();
                server.restart();
                found.recovered(begun.elapsed());
                found.check(&server, &token, &promised);
                println!("cycle {}: {found}", cycle + 1);
            }
        }
        Fault::Database {
            cycles,
            stop,
            start,
        } => {
            for cycle in 0..*cycles {
                let clients = Clients::start(server.address(), &token, &format!("d{cycle}"));
                found.strange += u64::from(!clients.wait_for_success(Duration::from_secs(30)));
                std::thread::sleep(Duration::from_millis(500));
                shell(stop);
                std::thread::sleep(Duration::from_secs(2));
                shell(start);
                let begun = Instant::now();
                server.wait_until_ready();
                found.recovered(begun.elapsed());
                std::thread::sleep(Duration::from_millis(200));
                let seen = clients.stop();
                found.strange += seen.strange;
                let mut promised = seen.promised;
                if arguments.control {
                    promised.push(Promise::never_made());
                }
                found.check(&server, &token, &promised);
                println!("cycle {}: {found}", cycle + 1);
            }
        }
        Fault::Outbox { cycles } => {
            let tokens = Tokens {
                provider: token,
                admin: server.admin_token(),
            };
            for cycle in 0..*cycles {
                found.promise_mails(&office, &mut server, &tokens, cycle, arguments.control);
                println!("cycle {}: {found}", cycle + 1);
            }
        }
        Fault::Disk => found.fill_disk(&server, &token, &folder, arguments.control),
    }
    let verified = server.audit_verifies();
    println!("result: {found}; chain of events verifies: {verified}");
    if found.is_clean() && verified {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What was seen over the whole run.
#[derive(Debug, Default)]
struct Found {
    promised: usize,
    lost: usize,
    /// Answers other than success and 503 with `Retry-After`, and connections that broke while the
    /// server was up.
    strange: u64,
    slowest: Duration,
    /// Mails that came more than once, each time with the same Message-ID.
    repeated: usize,
}

impl Found {
    fn fill_disk(&mut self, server: &Server, token: &str, folder: &Path, control: bool) {
        let clients = Clients::start(server.address(), token, "full");
        let full = clients.wait_for_unavailable(Duration::from_mins(1));
        self.strange += u64::from(!full);
        let seen = clients.stop();
        self.strange += seen.strange;
        let mut promised = seen.promised;
        println!(
            "the disk is full after {} people; unavailable was answered: {full}",
            promised.len()
        );
        // Reads go on while it is full.
        self.check(server, token, &promised);
        std::fs::remove_file(folder.join("ballast")).expect("there is a ballast to remove");
        let begun = Instant::now();
        let clients = Clients::start(server.address(), token, "room");
        let again = clients.wait_for_success(Duration::from_secs(10));
        self.strange += u64::from(!again);
        self.recovered(begun.elapsed());
        let seen = clients.stop();
        promised.extend(seen.promised);
        if control {
            promised.push(Promise::never_made());
        }
        self.check(server, token, &promised);
        println!("with room again: {self}");
    }

    fn promise_mails(
        &mut self,
        office: &Office,
        server: &mut Server,
        tokens: &Tokens,
        cycle: u32,
        control: bool,
    ) {
        let promised = office.round(server, tokens, cycle, control);
        let delivered = office.check(&promised);
        self.promised += promised.len();
        self.lost += delivered.lost;
        self.strange += delivered.strange;
        self.repeated += delivered.repeated;
    }

    fn check(&mut self, server: &Server, token: &str, promised: &[Promise]) {
        self.promised += promised.len();
        self.lost += promised
            .iter()
            .filter(|promise| !promise.is_kept(server.address(), token))
            .count();
    }

    fn recovered(&mut self, after: Duration) {
        self.slowest = self.slowest.max(after);
    }

    fn is_clean(&self) -> bool {
        self.lost == 0 && self.strange == 0 && self.promised > 0
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} acknowledged, {} lost, {} strange answers, back after at most {} ms",
            self.promised,
            self.lost,
            self.strange,
            self.slowest.as_millis()
        )?;
        match self.repeated {
            0 => Ok(()),
            repeated => write!(f, ", {repeated} mails again under their Message-ID"),
        }
    }
}

fn shell(command: &str) {
    let status = Command::new("sh")
        .args(["-c", command])
        .status()
        .expect("there is a shell");
    assert!(status.success(), "`{command}` failed");
}
