//! Commands over a database of their own, as an operator's script gives them.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::server::{Server, run};

/// With which a command ends that found somebody who may not get in.
const REFUSED: i32 = 3;
const UNKNOWN: i32 = 4;
const NOBODY: &str = "01930000-0000-7000-8000-000000000000";

fn json_of(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat(), "");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {log}");
    json_of(&output)
}

/// Acme with Ada is open, Initech with Grace is pending. Ada's id.
fn hall(folder: &Path) -> String {
    let provider = [
        "provider",
        "add",
        "--name",
        "Okta",
        "--user-type",
        "third-party",
    ];
    done(folder, &provider);
    let table = "user_name,vendor\nada,Acme\ngrace,Initech\n";
    std::fs::write(folder.join("people.csv"), table).unwrap();
    done(
        folder,
        &["import", "people", "people.csv", "--provider", "Okta"],
    );
    done(folder, &["access-group", "create", "--name", "Windows"]);
    let open = [
        "vendor",
        "edit",
        "Acme",
        "--access-group",
        "Windows",
        "--start",
        "2020-01-01",
        "--status",
        "enabled",
    ];
    done(folder, &open);
    let ada = done(folder, &["user", "show", "ada"]);
    ada["id"].as_str().unwrap().to_owned()
}

#[test]
fn many_people_are_decided_on_in_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ada = hall(folder);
    let people = format!("ada\n\n  {NOBODY} \ngrace\n");
    let piped = run(folder, &["user", "decisions", "-", "--json"], &people);
    assert_eq!(piped.status.code(), Some(UNKNOWN));
    let items = json_of(&piped)["items"].clone();
    assert_eq!(items[0]["user"], json!(ada));
    assert_eq!(items[0]["access"]["verdict"], "allowed");
    let problem = format!("no user has the id `{NOBODY}`");
    assert_eq!(
        items[1],
        json!({"user": NOBODY, "access": null, "problem": problem})
    );
    assert_eq!(items[2]["access"]["verdict"], "refused");
    // Each is answered, whoever else is named and is not known.
    let names = run(
        folder,
        &["user", "decisions", "-", "--json"],
        "eve\nada\ngrace\n",
    );
    assert_eq!(names.status.code(), Some(UNKNOWN));
    let items = json_of(&names)["items"].clone();
    let problem = "no user has the id or the name `eve`";
    assert_eq!(
        items[0],
        json!({"user": "eve", "access": null, "problem": problem})
    );
    assert_eq!(items[1]["access"]["verdict"], "allowed");
    assert_eq!(items[2]["access"]["verdict"], "refused");
    let refused = run(folder, &["user", "decisions", "-"], "ada\ngrace\n");
    assert_eq!(refused.status.code(), Some(REFUSED));
    // The same as one by one.
    let at = ["--at", "2026-01-01", "--json"];
    let alone = run(
        folder,
        &[&["user", "access", "grace"], &at[..]].concat(),
        "",
    );
    let among = run(
        folder,
        &[&["user", "decisions", "-"], &at[..]].concat(),
        "grace",
    );
    assert_eq!(json_of(&among)["items"][0]["access"], json_of(&alone));

    let nowhere = run(folder, &["user", "decisions", "people.txt"], "");
    assert_eq!(nowhere.status.code(), Some(1));
    let told = String::from_utf8(nowhere.stderr).unwrap();
    assert!(told.contains("people.txt: "), "{told}");
    std::fs::write(folder.join("people.txt"), &people).unwrap();
    let read = run(folder, &["user", "decisions", "people.txt"], "");
    let table = String::from_utf8(read.stdout).unwrap();
    for text in [
        "VERDICT",
        "allowed",
        "refused",
        NOBODY,
        "Initech",
        "no user has the id",
        "1 of 3 may get in. 1 were not decided on.",
    ] {
        assert!(table.contains(text), "{text}: {table}");
    }
    let before = ["user", "decisions", "-", "--at", "2019-01-01"];
    assert_eq!(run(folder, &before, "ada").status.code(), Some(REFUSED));
    assert_eq!(run(folder, &before[..3], "ada").status.code(), Some(0));
    // More than a call of the API takes.
    let many = "ada\n".repeat(1_001);
    let all = run(folder, &["user", "decisions", "-", "--json"], &many);
    assert_eq!(json_of(&all)["items"].as_array().unwrap().len(), 1_001);
    let nobody = run(folder, &["user", "decisions", "-"], "");
    assert_eq!(nobody.status.code(), Some(1));
    let told = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(told.contains("name at least one"), "{told}");
}

#[test]
fn a_link_is_given_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    hall(folder);
    let made = done(folder, &["link", "create", "ada"]);
    let link = made["id"].as_str().unwrap();
    let again = done(folder, &["link", "again", link]);
    assert_eq!(again["id"], made["id"]);
    assert_eq!(again["state"], "live");
    assert!(again["url"].as_str().unwrap().contains("/enter/val_"));
    assert_ne!(again["url"], made["url"]);
    let events = done(folder, &["event", "list", "--action", "link.shown"]);
    assert_eq!(events["items"].as_array().unwrap().len(), 1, "{events}");
    let mailed = run(folder, &["link", "again", link, "--mail"], "");
    let told = String::from_utf8_lossy(&mailed.stderr).into_owned();
    assert!(told.contains("no mail server is configured"), "{told}");
    done(folder, &["link", "revoke", link]);
    let late = run(folder, &["link", "again", link], "");
    let told = String::from_utf8_lossy(&late.stderr).into_owned();
    assert!(told.contains("make another one"), "{told}");
}

#[test]
fn an_internal_group_is_shown_with_its_members() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let provider = [
        "provider",
        "add",
        "--name",
        "Entra",
        "--user-type",
        "internal",
        "--allow-ip",
        "*",
    ];
    done(folder, &provider);
    let token = done(
        folder,
        &["token", "issue", "--provider", "Entra", "--name", "paste"],
    );
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let server = Server::start(folder, &[]);
    let push = |kind: &str, body: Value| -> Value {
        let mut reply = ureq::post(format!("{}/scim/v2/{kind}", server.url))
            .header("Authorization", &bearer)
            .content_type("application/scim+json")
            .send(body.to_string())
            .unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let ada = push("Users", json!({"userName": "ada"}));
    let grace = push("Users", json!({"userName": "grace"}));
    let members = json!([{"value": ada["id"]}, {"value": grace["id"]}]);
    let group = push(
        "Groups",
        json!({"displayName": "Operations", "members": members}),
    );
    server.stop();

    let shown = done(folder, &["group", "show", "operations"]);
    assert_eq!(shown["id"], group["id"]);
    assert_eq!(shown["name"], "Operations");
    let named = json!({"id": ada["id"], "name": "ada", "is_group": false, "active": true});
    assert_eq!(shown["members"][0], named);
    assert_eq!(shown["next"], Value::Null);
    let first = done(folder, &["group", "show", "Operations", "--limit", "1"]);
    assert_eq!(first["members"].as_array().unwrap().len(), 1);
    let next = first["next"].as_str().unwrap();
    let second = [
        "group",
        "show",
        "Operations",
        "--limit",
        "1",
        "--after",
        next,
    ];
    assert_eq!(done(folder, &second)["members"][0]["name"], "grace");
    let text = run(folder, &["group", "show", "Operations", "--limit", "1"], "");
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("There are more members: --after"), "{text}");
}

#[test]
fn refused_requests_that_were_not_kept_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        done(folder.path(), &["request", "drops"]),
        json!({"dropped": 0})
    );
}

#[test]
fn methods_of_authentication_with_a_misspelt_member_are_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let add = |methods: &Value| {
        std::fs::write(folder.path().join("methods.json"), methods.to_string()).unwrap();
        let arguments = [
            "provider",
            "add",
            "--name",
            "Okta",
            "--user-type",
            "internal",
            "--authentication",
            "methods.json",
        ];
        let output = run(folder.path(), &arguments, "");
        assert!(!output.status.success(), "{methods}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let told = add(&json!({"client_secret_bacis": false}));
    assert!(
        told.contains("unknown field `client_secret_bacis`"),
        "{told}"
    );
    let told = add(&json!({"private_key_jwt": {"jwks_url": "https://iga.example/keys"}}));
    assert!(told.contains("private_key_jwt"), "{told}");
    assert!(told.contains("unknown field `jwks_url`"), "{told}");
}
