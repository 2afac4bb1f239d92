//! Which test proves which requirement of RFC 7643, 7644 and 9865: `docs/conformance.md`, made of the
//! requirements in `conformance/requirements.txt`, with the reasons why some are not followed, and of
//! the lines `// proves: ID ID` above tests in the whole workspace. `CONFORMANCE=write cargo test -p vestibule-scim --test conformance` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const REQUIREMENTS: &str = include_str!("conformance/requirements.txt");

struct Requirement {
    id: &'static str,
    /// `MUST` or `SHOULD`.
    level: &'static str,
    text: &'static str,
    /// What stands, indented, below it: that there is no test on purpose, and why.
    reason: Option<(Outcome, &'static str)>,
}

/// What became of a requirement; the page has a section for each, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Open,
    /// `declined: why`, for a SHOULD; `contradicted: by what`, for a MUST that its own RFC does not keep.
    Declined,
    /// `moot: why it cannot come to that here`.
    Moot,
    Proven,
}

fn requirements() -> Vec<Requirement> {
    let mut requirements: Vec<Requirement> = Vec::new();
    let lines = REQUIREMENTS.lines();
    for line in lines.filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(reason) = line.strip_prefix("  ") {
            let of = requirements.last_mut().expect("a requirement comes first");
            let (kind, why) = reason.split_once(": ").expect("a kind and a reason");
            let outcome = match (kind, of.level) {
                ("declined", "SHOULD") | ("contradicted", "MUST") => Some(Outcome::Declined),
                ("moot", _) => Some(Outcome::Moot),
                _ => None,
            };
            let outcome = outcome.expect("each level has its kinds of reasons");
            of.reason = Some((outcome, why));
            continue;
        }
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("id, level and requirement");
        requirements.push(Requirement {
            id: part(),
            level: part(),
            text: part(),
            reason: None,
        });
    }
    requirements
}

/// The tests that prove each requirement, as `file: function`.
fn proofs(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut proofs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut files = Vec::new();
    for folder in ["crates", "tests", "bins"] {
        rust_files(&root.join(folder), &mut files);
    }
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file is text");
        let name = file
            .strip_prefix(root)
            .expect("it lies below")
            .display()
            .to_string();
        let mut ids: Vec<&str> = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(listed) = line.strip_prefix("// proves: ") {
                ids.extend(listed.split_whitespace());
            } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| !ids.is_empty()) {
                let function = rest.split(['(', '<']).next().unwrap_or_default();
                for id in ids.drain(..) {
                    let proof = format!("{name}: {function}");
                    proofs.entry(id.to_owned()).or_default().insert(proof);
                }
            }
        }
        assert!(ids.is_empty(), "{name}: no test follows {ids:?}");
    }
    proofs
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "target" && name != "node_modules" {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn page(requirements: &[Requirement], proofs: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut outcomes: BTreeMap<Outcome, Vec<(&Requirement, String)>> = BTreeMap::new();
    for requirement in requirements {
        let (outcome, last) = match (proofs.get(requirement.id), requirement.reason) {
            (Some(tests), _) => {
                let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
                (Outcome::Proven, tests.join("<br>"))
            }
            (None, Some((outcome, why))) => (outcome, why.to_owned()),
            (None, None) => (Outcome::Open, String::new()),
        };
        let row = (requirement, last);
        outcomes.entry(outcome).or_default().push(row);
    }
    let mut page = String::from(
        "# Conformance\n\nWhat RFC 7643, 7644 and 9865 ask of a service provider (MUST, SHALL, SHOULD), in own words, and the \
         test that\nproves it. Made from the tests' own annotations; a test fails when the two differ. To prove one more, write\n\
         `// proves: ID` above a `#[test]` and run `CONFORMANCE=write cargo test -p vestibule-scim --test conformance`.\n\n\
         What the RFCs ask of clients and of people is left out.\n\n\
         | | proven | does not arise here | not followed | without a test |\n|---|---|---|---|---|\n",
    );
    for level in ["MUST", "SHOULD"] {
        let count = |outcome| {
            let rows = outcomes.get(&outcome).into_iter().flatten();
            rows.filter(|(of, _)| of.level == level).count()
        };
        let (proven, moot) = (count(Outcome::Proven), count(Outcome::Moot));
        let (declined, open) = (count(Outcome::Declined), count(Outcome::Open));
        writeln!(
            page,
            "| {level} | {proven} | {moot} | {declined} | {open} |"
        )
        .expect("a String takes it");
    }
    for (outcome, rows) in &outcomes {
        let (title, last) = match outcome {
            Outcome::Open => ("Without a test", ""),
            Outcome::Declined => ("Not followed", "because"),
            Outcome::Moot => ("Does not arise here", "because"),
            Outcome::Proven => ("Proven", "tests"),
        };
        writeln!(
            page,
            "\n## {title}\n\n| id | level | requirement | {last} |\n|---|---|---|---|"
        )
        .expect("a String takes it");
        for (
            Requirement {
                id, level, text, ..
            },
            last,
        ) in rows
        {
            writeln!(page, "| {id} | {level} | {text} | {last} |").expect("a String takes it");
        }
    }
    page
}

#[test]
fn the_page_says_what_the_tests_prove() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the workspace is there");
    let (requirements, proofs) = (requirements(), proofs(&root));
    let known: BTreeSet<&str> = requirements.iter().map(|of| of.id).collect();
    assert_eq!(known.len(), requirements.len(), "an id is there twice");
    let unknown: Vec<&String> = proofs
        .keys()
        .filter(|id| !known.contains(id.as_str()))
        .collect();
    assert!(unknown.is_empty(), "no such requirement: {unknown:?}");
    for Requirement { id, reason, .. } in &requirements {
        let both = reason.is_some() && proofs.contains_key(*id);
        assert!(!both, "{id}: proven, and a reason why it is not");
    }
    let page = page(&requirements, &proofs);
    let path = root.join("docs/conformance.md");
    if std::env::var_os("CONFORMANCE").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/conformance.md is not what the tests say: write it with \
         CONFORMANCE=write cargo test -p vestibule-scim --test conformance"
    );
}
