//! What an operation costs over HTTP, beside what the machine could do at best.
//!
//! ```text
//! cargo bench -p acceptance --bench http                  # 100,000 people, 4 s a measurement
//! cargo test -p acceptance --bench http -- --smoke        # seconds in all: does it still run?
//! ```
//!
//! The server is the release binary on a fresh SQLite file with `synchronous=FULL`. Beside it run a
//! bare actix-web handler that answers the same bytes, and a loop that inserts the same rows straight
//! into SQLite in groups of 16, one commit a group; and, where its port is given, npm's oidc-provider
//! (`.ci/long bench` starts it). Figures are rates, and ratios between them.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark reports to whoever started it"
)]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark that meets what it does not expect stops"
)]

#[path = "http/bare.rs"]
mod bare;
#[path = "http/client.rs"]
mod client;
#[path = "http/raw_sqlite.rs"]
mod raw_sqlite;
#[path = "http/server.rs"]
mod server;
#[path = "http/token_check.rs"]
mod token_check;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use clap::Parser;
use serde_json::json;

use client::{Load, Measured, Request, get, post};
use server::Server;

#[derive(Debug, Parser)]
struct Options {
    /// People to load before measuring.
    #[arg(long, default_value_t = 100_000)]
    users: u64,
    /// Seconds a measurement lasts.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// A run of a few seconds that only shows that everything works.
    #[arg(long)]
    smoke: bool,
    /// Folder for the databases; by default one in the system's temporary folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Uses a token that the server does not know: the run must fail, or it would count errors.
    #[arg(long)]
    control: bool,
    /// Port on which the server of `benches/oidc-provider` answers, to grant tokens beside ours.
    #[arg(long)]
    oidc_provider: Option<u16>,
    /// Internal: serve one file as the bare handler does.
    #[arg(long, hide = true, num_args = 2)]
    bare: Option<Vec<String>>,
    /// Passed by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[expect(
    clippy::too_many_lines,
    reason = "the measurements in their order, read from top to bottom"
)]
fn main() {
    let options = Options::parse();
    if let Some(bare) = &options.bare {
        bare::serve(&bare[0], &bare[1]);
        return;
    }
    let (users, seconds) = if options.smoke {
        (300, 1)
    } else {
        (options.users, options.seconds)
    };
    let time = if options.smoke {
        Duration::from_millis(300)
    } else {
        Duration::from_secs(seconds)
    };
    let folder = tempfile::Builder::new()
        .prefix("vestibule-bench")
        .tempdir_in(options.folder.unwrap_or_else(std::env::temp_dir))
        .expect("the temporary folder can be written");

    let mut server = Server::start(folder.path());
    println!("idle server: {:.1} MB", server.memory());
    let (basic, token) = server.client();
    let token = if options.control {
        "unknown".to_owned()
    } else {
        token
    };
    let bearer = format!("Bearer {token}");
    let base = "/scim/v2".to_owned();
    let port = server.port;
    let load = |path: &str| Load {
        port,
        authorization: bearer.clone(),
        base: base.clone(),
        path: path.to_owned(),
    };

    // Loading is a measurement of its own: durable creates, 16 at a time.
    let number = AtomicU64::new(0);
    let loaded = client::run_count(16, users, &load("/Users"), || {
        post("/Users", &user(number.fetch_add(1, Ordering::Relaxed)))
    });
    println!(
        "loaded {users} people: {:.0}/s; server now {:.1} MB",
        loaded.rate,
        server.memory()
    );
    let ids = client::ids(&load("/Users"), users);

    let small = client::create_group(&load("/Groups"), "Small", ids.iter().take(10));
    let large = client::create_group(&load("/Groups"), "Large", ids.iter());
    println!(
        "group of {} members stored; server now {:.1} MB",
        ids.len(),
        server.memory()
    );

    server.enable_vendor("Large");
    let auditor = server.auditor();

    let asked: Vec<&String> = ids.iter().take(1_000).collect();
    let asked = json!({ "users": asked }).to_string();

    let ready = server.restart();
    println!(
        "restart with {users} people stored: ready after {} ms",
        ready.as_millis()
    );

    let one = client::fetch(&load(&format!("/Users/{}", ids[0])));
    let fixed = bare::Bare::start(folder.path(), &one);
    let best = Load {
        port: fixed.port,
        authorization: bearer.clone(),
        base: base.clone(),
        path: "/".to_owned(),
    };
    let raw = raw_sqlite::rate(
        folder.path(),
        server.database(),
        if options.smoke { 200 } else { 20_000 },
    );
    println!("raw SQLite group-commit loop, 16 rows a commit: {raw:.0}/s");

    let check = token_check::cost(server.database(), &bearer);

    println!(
        "{:<34}{:>6}{:>12}{:>10}{:>10}{:>9}",
        "operation", "conns", "rate/s", "p50 us", "p99 us", "ratio"
    );
    for connections in [1, 16] {
        let pick = |number: u64| {
            &ids[usize::try_from(number * 7_919 % ids.len() as u64).expect("an index fits")]
        };
        let counter = AtomicU64::new(0);
        let next = || counter.fetch_add(1, Ordering::Relaxed);
        let measure =
            |name: &str, reference: Option<f64>, make: &(dyn Fn() -> Request + Sync)| -> Measured {
                let measured = client::run(connections, time, &load("/"), make);
                report(name, connections, &measured, reference);
                measured
            };
        let bare_rate = client::run(connections, time, &best, &|| get("/"));
        report(
            "bare actix handler, same bytes",
            connections,
            &bare_rate,
            None,
        );
        let read = measure("read a user by id", Some(bare_rate.rate), &|| {
            get(&format!("/Users/{}", pick(next())))
        });
        if connections == 1 {
            println!(
                "of which the token's check: {:.1} us, {:.1} %",
                check.as_secs_f64() * 1e6,
                100.0 * check.as_secs_f64() / read.median.as_secs_f64()
            );
        }
        let gateway = Load {
            authorization: auditor.clone(),
            base: "/api/v1".to_owned(),
            ..load("/")
        };
        let decided = client::run(connections, time, &gateway, &|| {
            get(&format!("/users/{}/access", pick(next())))
        });
        let name = "decide access (ratio to read by id)";
        report(name, connections, &decided, Some(read.rate));
        let thousand = client::run(connections, time, &gateway, &|| {
            client::json("/access/decisions", &asked)
        });
        report("decide access for 1,000", connections, &thousand, None);
        measure("userName eq", Some(bare_rate.rate), &|| {
            get(&format!(
                "/Users?filter=userName%20eq%20%22person{}%40bench.example%22",
                next() * 7_919 % users
            ))
        });
        measure("list a page of 100", None, &|| get("/Users?count=100"));
        measure("create a user (ratio to raw SQLite)", Some(raw), &|| {
            post("/Users", &user(number.fetch_add(1, Ordering::Relaxed)))
        });
        let issuer = Load {
            authorization: basic.clone(),
            base: "/iso/oauth2".to_owned(),
            ..load("/")
        };
        let granted = client::run(connections, time, &issuer, &|| {
            client::form("/token", "grant_type=client_credentials")
        });
        let reference = Some(bare_rate.rate);
        report("grant a token", connections, &granted, reference);
        if let Some(port) = options.oidc_provider {
            let theirs = client::run(connections, time, &oidc_provider(port), &|| {
                client::form("/token", "grant_type=client_credentials")
            });
            report("oidc-provider grants one", connections, &theirs, None);
            let beside = "grant a token (ratio to it)";
            report(beside, connections, &granted, Some(theirs.rate));
        }
        let flips = AtomicU64::new(0);
        measure("patch a user", None, &|| {
            let flip = flips.fetch_add(1, Ordering::Relaxed);
            client::patch(
                &format!("/Users/{}", pick(flip)),
                &format!(
                    r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"title","value":"t{flip}"}}]}}"#
                ),
            )
        });
        let in_small = measure("add and remove a member, 10", None, &|| {
            member_flip(&small, pick(users / 2), next())
        });
        measure(
            &format!("add and remove a member, {}", ids.len()),
            Some(in_small.rate),
            &|| member_flip(&large, pick(users / 2), next()),
        );
    }
    println!("server at the end: {:.1} MB", server.memory());
}

/// The client of `benches/oidc-provider/serve.mjs`.
fn oidc_provider(port: u16) -> Load {
    let pair =
        base64::engine::general_purpose::STANDARD.encode("bench:a+secret+of+the+benchmark+alone");
    Load {
        port,
        authorization: format!("Basic {pair}"),
        base: String::new(),
        path: "/".to_owned(),
    }
}

fn member_flip(group: &str, member: &str, turn: u64) -> Request {
    let operation = if turn.is_multiple_of(2) {
        format!(r#"{{"op":"remove","path":"members[value eq \"{member}\"]"}}"#)
    } else {
        format!(r#"{{"op":"add","path":"members","value":[{{"value":"{member}"}}]}}"#)
    };
    client::patch(
        &format!("/Groups/{group}"),
        &format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}"#
        ),
    )
}

/// A person as an identity governance product sends one.
fn user(number: u64) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"person{number}@bench.example","externalId":"x-{number}","displayName":"Person {number}","name":{{"givenName":"Person","familyName":"Number {number}"}},"emails":[{{"value":"person{number}@bench.example","type":"work","primary":true}}],"phoneNumbers":[{{"value":"+55 11 5555-{number:06}","type":"mobile"}}],"title":"Technician","locale":"pt-BR","active":true,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{{"employeeNumber":"{number}","department":"Maintenance"}}}}"#
    )
}

fn report(name: &str, connections: usize, measured: &Measured, reference: Option<f64>) {
    let ratio = reference.map_or(String::new(), |reference| {
        format!("{:.2}", measured.rate / reference)
    });
    println!(
        "{name:<34}{connections:>6}{:>12.0}{:>10}{:>10}{ratio:>9}",
        measured.rate,
        measured.median.as_micros(),
        measured.p99.as_micros()
    );
}
