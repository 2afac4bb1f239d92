//! What an operation costs over HTTP, beside what the machine could do at best.
//!
//! ```text
//! cargo bench -p acceptance --bench http                  # 100,000 people, 4 s a measurement
//! cargo test -p acceptance --bench http -- --smoke        # seconds in all: does it still run?
//! ```
//!
//! The server is the release binary, or the one that `VESTIBULE_BINARY` names, on a fresh SQLite file with
//! `synchronous=FULL`. Beside it run a bare actix-web handler that answers the same bytes, head and body, and a loop that
//! inserts the same rows straight into SQLite in groups of 16, one commit a group; and, where its port is
//! given, npm's oidc-provider (`.ci/long bench` starts it). Figures are rates, and ratios between them; what
//! is compared is asked in turns of a fraction of a second, so that a machine that others slow down
//! slows both.

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

use client::{Load, Measured, Operation, Request, get, post};
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
    let fixed = bare::Bare::start(folder.path(), one);
    let best = Load {
        port: fixed.port,
        authorization: bearer.clone(),
        base: base.clone(),
        path: "/".to_owned(),
    };
    let mut raw = raw_sqlite::Raw::start(folder.path(), server.database());

    let check = token_check::cost(server.database(), &bearer);

    println!(
        "{:<34}{:>6}{:>12}{:>10}{:>10}{:>12}{:>9}",
        "operation", "conns", "rate/s", "p50 us", "p99 us", "beside/s", "ratio"
    );
    let (scim, gateway, issuer) = (
        load("/"),
        Load {
            authorization: auditor,
            base: "/api/v1".to_owned(),
            ..load("/")
        },
        Load {
            authorization: basic,
            base: "/iso/oauth2".to_owned(),
            ..load("/")
        },
    );
    for connections in [1, 16] {
        let pick = |number: u64| {
            &ids[usize::try_from(number * 7_919 % ids.len() as u64).expect("an index fits")]
        };
        let counter = AtomicU64::new(0);
        let next = || counter.fetch_add(1, Ordering::Relaxed);
        let alone = |name: &str, operation: Operation<'_>| {
            let measured = client::run(connections, time, operation);
            report(name, connections, &measured, None);
        };
        let beside = |name: &str, operation: Operation<'_>, reference: Operation<'_>| {
            let (measured, reference) = client::beside(connections, time, operation, reference);
            report(name, connections, &measured, Some(reference.rate));
            measured
        };
        let fixed_bytes = Operation {
            load: &best,
            make: &|| get("/"),
        };
        let read = Operation {
            load: &scim,
            make: &|| get(&format!("/Users/{}", pick(next()))),
        };
        alone("bare actix handler, same bytes", fixed_bytes);
        let by_id = beside("read a user by id (to bare)", read, fixed_bytes);
        if connections == 1 {
            println!(
                "of which the token's check: {:.1} us, {:.1} %",
                check.as_secs_f64() * 1e6,
                100.0 * check.as_secs_f64() / by_id.median.as_secs_f64()
            );
        }
        let by_name = Operation {
            load: &scim,
            make: &|| {
                get(&format!(
                    "/Users?filter=userName%20eq%20%22person{}%40bench.example%22",
                    next() * 7_919 % users
                ))
            },
        };
        beside("userName eq (to bare)", by_name, fixed_bytes);
        let decide = Operation {
            load: &gateway,
            make: &|| get(&format!("/users/{}/access", pick(next()))),
        };
        beside("decide access (to read by id)", decide, read);
        let decide_many = Operation {
            load: &gateway,
            make: &|| client::json("/access/decisions", &asked),
        };
        alone("decide access for 1,000", decide_many);
        let list = Operation {
            load: &scim,
            make: &|| get("/Users?count=100"),
        };
        alone("list a page of 100", list);
        let create = Operation {
            load: &scim,
            make: &|| post("/Users", &user(number.fetch_add(1, Ordering::Relaxed))),
        };
        let (created, inserted) =
            client::beside_local(connections, time, create, |turn| raw.run(turn));
        let name = "create a user (to raw SQLite)";
        report(name, connections, &created, Some(inserted));
        let grant = Operation {
            load: &issuer,
            make: &|| client::form("/token", "grant_type=client_credentials"),
        };
        beside("grant a token (to bare)", grant, fixed_bytes);
        if let Some(port) = options.oidc_provider {
            let theirs = Operation {
                load: &oidc_provider(port),
                ..grant
            };
            beside("grant a token (to oidc-provider)", grant, theirs);
        }
        let flips = AtomicU64::new(0);
        let patch = Operation {
            load: &scim,
            make: &|| {
                let flip = flips.fetch_add(1, Ordering::Relaxed);
                client::patch(
                    &format!("/Users/{}", pick(flip)),
                    &format!(
                        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"title","value":"t{flip}"}}]}}"#
                    ),
                )
            },
        };
        alone("patch a user", patch);
        let in_small = Operation {
            load: &scim,
            make: &|| member_flip(&small, pick(users / 2), next()),
        };
        let in_large = Operation {
            load: &scim,
            make: &|| member_flip(&large, pick(users / 2), next()),
        };
        let name = format!("a member of {} (to of 10)", ids.len());
        beside(&name, in_large, in_small);
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
    let beside = reference.map_or(String::new(), |reference| {
        format!("{reference:>12.0}{:>9.2}", measured.rate / reference)
    });
    println!(
        "{name:<34}{connections:>6}{:>12.0}{:>10}{:>10}{beside}",
        measured.rate,
        measured.median.as_micros(),
        measured.p99.as_micros()
    );
}
