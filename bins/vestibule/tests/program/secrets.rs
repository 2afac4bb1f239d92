//! No secret is kept or logged as it is: the program runs with everything logged, and then its
//! database, its log and what it printed are searched (R-TOK-3, R-ISO-13).

use std::path::Path;

use serde_json::Value;
use ureq::Agent;

use crate::server::{Server, run};

const PASSWORD: &str = "a-password-that-must-not-stay";
const MISTAKEN: &str = "a-secret-in-the-address";

/// What a command answers with `--json`.
fn told(folder: &Path, arguments: &[&str], input: &str) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat(), input);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(!log.contains(PASSWORD), "{arguments:?}: {log}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

#[test]
fn r_tok_3_no_secret_is_found_in_the_database_or_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let provider = told(
        folder,
        &[
            "provider",
            "add",
            "--name",
            "Product",
            "--user-type",
            "third-party",
            "--allow-ip",
            "*",
        ],
        "",
    );
    let (id, client) = (text(&provider, "id"), text(&provider, "client_id"));
    let secret = text(&provider, "client_secret");
    let activation = told(
        folder,
        &["token", "issue", "--provider", &id, "--name", "paste"],
        "",
    );
    let activation = text(&activation, "access_token");
    told(
        folder,
        &[
            "admin",
            "create",
            "--name",
            "ann",
            "--role",
            "administrator",
            "--password-stdin",
        ],
        PASSWORD,
    );
    let admin = text(
        &told(folder, &["admin", "token", "--name", "ann"], ""),
        "token",
    );

    let server = Server::start(folder, &[]);
    let url = &server.url;
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let token_url = format!("{url}/iso/oauth2/token");
    let ask = |secret: &str, query: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client.as_str()),
            ("client_secret", secret),
        ];
        let mut reply = agent
            .post(format!("{token_url}{query}"))
            .send_form(form)
            .unwrap();
        let body = reply.body_mut().read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap();
        (reply.status().as_u16(), answer)
    };
    let (status, granted) = ask(&secret, "");
    assert_eq!(status, 200, "{granted}");
    let short = text(&granted, "access_token");
    assert_eq!(ask(MISTAKEN, "").0, 401);
    assert_eq!(ask(&secret, &format!("?client_secret={MISTAKEN}")).0, 400);

    let scim = format!("{url}/scim/v2/Users");
    for (token, query, expected) in [
        (&short, String::new(), 201),
        // Refused for its name, and kept among the refused requests.
        (&activation, format!("?access_token={MISTAKEN}"), 409),
        (&secret, String::new(), 401),
    ] {
        let user = format!(r#"{{"userName": "eve", "password": "{PASSWORD}"}}"#);
        let reply = agent
            .post(format!("{scim}{query}"))
            .header("Authorization", format!("Bearer {token}"))
            .content_type("application/scim+json")
            .send(&user)
            .unwrap();
        assert_eq!(reply.status().as_u16(), expected);
    }
    let reply = agent
        .get(format!("{url}/api/v1/me"))
        .header("Authorization", format!("Bearer {admin}"))
        .call()
        .unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    // Everything that waits to be written is written at the end.
    server.stop();

    for canary in [&secret, &activation, &admin, &short, PASSWORD, MISTAKEN] {
        assert_eq!(holders(folder, canary), [""; 0], "{canary}");
    }
    // The search finds what is there.
    assert!(holders(folder, "Product").contains(&"vestibule.db".to_owned()));
    assert!(holders(folder, "asked to stop").contains(&"log".to_owned()));
}

/// The files in which this stands.
fn holders(folder: &Path, text: &str) -> Vec<String> {
    let mut holders = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let content = std::fs::read(file.path()).unwrap();
        let mut parts = content.windows(text.len());
        if parts.any(|part| part == text.as_bytes()) {
            holders.push(file.file_name().into_string().unwrap());
        }
    }
    holders
}
