//! The program under test, as its own process.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::clients::agent;

pub(crate) struct Server {
    binary: PathBuf,
    database: String,
    address: String,
    /// Further options of `serve`.
    options: Vec<String>,
    child: Child,
}

impl Server {
    pub(crate) fn start(binary: &Path, database: &str, options: Vec<String>) -> Self {
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("there is a free port")
            .to_string();
        let child = serve(binary, database, &address, &options);
        let server = Self {
            binary: binary.to_owned(),
            database: database.to_owned(),
            address,
            options,
            child,
        };
        server.wait_until_ready();
        server
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server ends");
    }

    pub(crate) fn restart(&mut self) {
        self.child = serve(&self.binary, &self.database, &self.address, &self.options);
        self.wait_until_ready();
    }

    pub(crate) fn wait_until_ready(&self) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            let ready = ureq::get(format!("http://{}/readyz", self.address)).call();
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        unreachable!("the server is not ready after 30 seconds");
    }

    /// Registers a provider whose people may get in, and answers an access token of it.
    pub(crate) fn token(&self) -> String {
        self.json(&["access-group", "create", "--name", "Faults"]);
        let provider = self.json(&[
            "provider",
            "add",
            "--name",
            "Faults",
            "--user-type",
            "internal",
            "--default-access-group",
            "Faults",
            "--allow-ip",
            "*",
        ]);
        let id = provider
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let token = self.json(&["token", "issue", "--provider", id, "--name", "faults"]);
        token
            .get("access_token")
            .and_then(Value::as_str)
            .expect("a token is issued")
            .to_owned()
    }

    /// Creates an administrator and answers a token of theirs.
    pub(crate) fn admin_token(&self) -> String {
        let mut create = self
            .command(&["admin", "create", "--name", "faults", "--role", "operator"])
            .arg("--password-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut password = create.stdin.take().expect("its input is ours");
        password
            .write_all(b"correct horse battery\n")
            .expect("it reads the password");
        drop(password);
        assert!(create.wait().is_ok_and(|status| status.success()));
        let token = self.json(&["admin", "token", "--name", "faults"]);
        token
            .get("token")
            .and_then(Value::as_str)
            .expect("a token is issued")
            .to_owned()
    }

    /// How many letters are not sent yet.
    pub(crate) fn letters_waiting(&self, admin: &str) -> Option<u64> {
        agent()
            .get(format!("http://{}/api/v1/health", self.address))
            .header("Authorization", format!("Bearer {admin}"))
            .call()
            .ok()?
            .body_mut()
            .read_json::<Value>()
            .ok()?
            .get("letters_waiting")?
            .as_u64()
    }

    pub(crate) fn audit_verifies(&self) -> bool {
        self.command(&["audit", "verify"])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self
            .command(arguments)
            .arg("--json")
            .output()
            .expect("the binary runs");
        serde_json::from_slice(&output.stdout).expect("--json prints JSON")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .env("VESTIBULE_DATABASE", &self.database);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn serve(binary: &Path, database: &str, address: &str, options: &[String]) -> Child {
    Command::new(binary)
        .args(["serve", "--listen", address, "--database", database])
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}
