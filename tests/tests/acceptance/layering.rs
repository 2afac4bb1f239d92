//! Which crate may know which: `docs/ARCHITECTURE.md`, held to by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What each crate may use of the house, at run time.
const ALLOWED: [(&str, &[&str]); 8] = [
    ("vestibule-scim", &[]),
    ("vestibule-oauth", &[]),
    ("vestibule-domain", &["vestibule-scim", "vestibule-oauth"]),
    (
        "vestibule-storage",
        &["vestibule-scim", "vestibule-oauth", "vestibule-domain"],
    ),
    (
        "vestibule-service",
        &[
            "vestibule-scim",
            "vestibule-oauth",
            "vestibule-domain",
            "vestibule-storage",
        ],
    ),
    (
        "vestibule-delivery",
        &["vestibule-oauth", "vestibule-domain"],
    ),
    (
        "vestibule-web",
        &[
            "vestibule-scim",
            "vestibule-oauth",
            "vestibule-domain",
            "vestibule-service",
            "vestibule-delivery",
        ],
    ),
    (
        "vestibule",
        &[
            "vestibule-scim",
            "vestibule-oauth",
            "vestibule-domain",
            "vestibule-service",
            "vestibule-delivery",
            "vestibule-web",
        ],
    ),
];

/// Libraries that only some crates may use, at run time.
const CONFINED: [(&str, &[&str]); 4] = [
    // The testkit makes databases for tests on PostgreSQL.
    ("diesel", &["vestibule-storage", "vestibule-testkit"]),
    ("libsqlite3-sys", &["vestibule-storage"]),
    // Nothing else calls out.
    ("lettre", &["vestibule-delivery"]),
    (
        "actix-web",
        &[
            "vestibule-web",
            "vestibule",
            "vestibule-testkit",
            "acceptance",
        ],
    ),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let of_run_time = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|d| d["kind"].is_null());
        let names = of_run_time
            .map(|d| d["name"].as_str().unwrap().to_owned())
            .collect();
        found.insert(package["name"].as_str().unwrap().to_owned(), names);
    }
    found
}

#[test]
fn knowledge_flows_one_way() {
    let found = dependencies();
    let house: BTreeSet<&String> = found.keys().collect();
    for (name, allowed) in ALLOWED {
        let used: Vec<_> = found[name]
            .iter()
            .filter(|used| house.contains(used))
            .collect();
        for used in used {
            assert!(
                allowed.contains(&used.as_str()),
                "{name} must not know {used}"
            );
        }
    }
}

#[test]
fn confined_libraries_stay_where_they_belong() {
    for (name, uses) in dependencies() {
        for (library, users) in CONFINED {
            assert!(
                !uses.contains(library) || users.contains(&name.as_str()),
                "{name} must not use {library}"
            );
        }
    }
}
