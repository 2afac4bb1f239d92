//! Which test proves which requirement of RFC 7643, 7644 and 9865: `docs/conformance.md`, made of the
//! requirements in `conformance/requirements.txt` and of the lines `// proves: ID ID` above tests in
//! the whole workspace. `CONFORMANCE=write cargo test -p vestibule-scim --test conformance` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const REQUIREMENTS: &str = include_str!("conformance/requirements.txt");

/// A requirement: id, level, text.
fn requirements() -> Vec<(&'static str, &'static str, &'static str)> {
    REQUIREMENTS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut parts = line.splitn(3, ' ');
            let mut part = || parts.next().expect("id, level and requirement");
            (part(), part(), part())
        })
        .collect()
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

fn page(proofs: &BTreeMap<String, BTreeSet<String>>) -> String {
    let requirements = requirements();
    let proven = |id: &str| proofs.contains_key(id);
    let count = |level: &str, of: &dyn Fn(&str) -> bool| {
        let mut all = requirements.iter();
        all.by_ref()
            .filter(|(id, own, _)| *own == level && of(id))
            .count()
    };
    let mut page = String::from(
        "# Conformance\n\nWhat RFC 7643, 7644 and 9865 ask of a service provider (MUST, SHALL, SHOULD), in own words, and the \
         test that\nproves it. Made from the tests' own annotations; a test fails when the two differ. To prove one more, write\n\
         `// proves: ID` above a `#[test]` and run `CONFORMANCE=write cargo test -p vestibule-scim --test conformance`.\n\n\
         What the RFCs ask of clients and of people is left out.\n\n| | proven | without a test |\n|---|---|---|\n",
    );
    for level in ["MUST", "SHOULD"] {
        let with = count(level, &proven);
        let without = count(level, &|id| !proven(id));
        writeln!(page, "| {level} | {with} | {without} |").expect("a String takes it");
    }
    page.push_str("\n## Without a test\n\n| id | level | requirement |\n|---|---|---|\n");
    for (id, level, text) in requirements.iter().filter(|(id, ..)| !proven(id)) {
        writeln!(page, "| {id} | {level} | {text} |").expect("a String takes it");
    }
    page.push_str("\n## Proven\n\n| id | level | requirement | tests |\n|---|---|---|---|\n");
    for (id, level, text) in &requirements {
        if let Some(tests) = proofs.get(*id) {
            let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
            let tests = tests.join("<br>");
            writeln!(page, "| {id} | {level} | {text} | {tests} |").expect("a String takes it");
        }
    }
    page
}

#[test]
fn the_page_says_what_the_tests_prove() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the workspace is there");
    let proofs = proofs(&root);
    let known: BTreeSet<&str> = requirements().iter().map(|(id, ..)| *id).collect();
    assert_eq!(known.len(), requirements().len(), "an id is there twice");
    let unknown: Vec<&String> = proofs
        .keys()
        .filter(|id| !known.contains(id.as_str()))
        .collect();
    assert!(unknown.is_empty(), "no such requirement: {unknown:?}");
    let page = page(&proofs);
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
