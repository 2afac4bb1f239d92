//! The server under measurement: the release binary, started as a user starts it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;

use crate::client::{free_port, wait_until_answering};

pub(crate) struct Server {
    binary: PathBuf,
    database: PathBuf,
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        let binary = std::env::var_os("VESTIBULE_BINARY").map_or_else(build, PathBuf::from);
        let database = folder.join("vestibule.db");
        let port = free_port();
        let child = serve(&binary, &database, port);
        wait_until_answering(port, "/readyz");
        Self {
            binary,
            database,
            child,
            port,
        }
    }

    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    /// Stops it without ceremony and starts it again on the same file.
    pub(crate) fn restart(&mut self) -> Duration {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server ends");
        let begun = std::time::Instant::now();
        self.child = serve(&self.binary, &self.database, self.port);
        wait_until_answering(self.port, "/readyz");
        begun.elapsed()
    }

    /// Resident memory in megabytes.
    pub(crate) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or_default();
        line.trim()
            .trim_end_matches(" kB")
            .parse::<f64>()
            .unwrap_or_default()
            / 1024.0
    }

    /// Registers a provider; answers what its client says in HTTP Basic, and an access token of it.
    pub(crate) fn client(&self) -> (String, String) {
        let provider = self.command(&[
            "provider",
            "add",
            "--name",
            "Bench",
            "--user-type",
            "third-party",
            "--allow-ip",
            "*",
            "--json",
        ]);
        let id = provider["id"].as_str().expect("a provider has an id");
        let token = self.command(&[
            "token",
            "issue",
            "--provider",
            id,
            "--name",
            "bench",
            "--json",
        ]);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let pair = format!(
            "{}:{}",
            text(&provider["client_id"]),
            text(&provider["client_secret"])
        );
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        (format!("Basic {basic}"), text(&token["access_token"]))
    }

    /// Lets a vendor's people in.
    pub(crate) fn enable_vendor(&self, name: &str) {
        let group = self.command(&["access-group", "create", "--name", "Bench", "--json"]);
        let group = group["id"].as_str().expect("an access group has an id");
        let tied = ["--access-group", group, "--start", "2020-01-01"];
        self.command(
            &[
                &["vendor", "edit", name, "--status", "enabled", "--json"],
                tied.as_slice(),
            ]
            .concat(),
        );
    }

    /// What a gateway says that asks who may get in.
    pub(crate) fn auditor(&self) -> String {
        let named = ["--name", "gateway"];
        let role = ["--role", "auditor", "--password-stdin", "--json"];
        self.command_told(
            &[["admin", "create"].as_slice(), &named, &role].concat(),
            "correct horse battery staple\n",
        );
        let token = self.command(&[["admin", "token"].as_slice(), &named, &["--json"]].concat());
        let token = token["token"].as_str().expect("a token is shown once");
        format!("Bearer {token}")
    }

    fn command(&self, arguments: &[&str]) -> Value {
        self.command_told(arguments, "")
    }

    fn command_told(&self, arguments: &[&str], input: &str) -> Value {
        let mut child = Command::new(&self.binary)
            .args(arguments)
            .env("VESTIBULE_DATABASE", url(&self.database))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("a line fits");
        drop(stdin);
        let output = child.wait_with_output().expect("the binary ends");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("--json prints JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn url(database: &Path) -> String {
    format!("sqlite:{}", database.display())
}

/// Builds the server as this bench was built itself: for figures by `cargo bench`, for a smoke by `cargo test`.
fn build() -> PathBuf {
    let which: &[&str] = if cfg!(debug_assertions) {
        // With an example, so that shared crates have the features that the tests gave them.
        &[
            "--profile",
            "dev",
            "--workspace",
            "--bin",
            "vestibule",
            "--example",
            "openapi",
        ]
    } else {
        &["--profile", "release", "-p", "vestibule"]
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked"]).args(which);
    // What cargo says of this package would make build scripts run again, and what rests on them.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let built = cargo.status().expect("cargo runs, since it runs this");
    assert!(built.success(), "the binary does not build");
    let target = std::env::current_exe().expect("a running program has a path");
    target
        .ancestors()
        .nth(2)
        .expect("the target folder has a folder a profile")
        .join("vestibule")
}

fn serve(binary: &Path, database: &Path, port: u16) -> Child {
    Command::new(binary)
        .args([
            "serve",
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--database",
            &url(database),
        ])
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary runs")
}
