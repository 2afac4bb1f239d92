//! A running server, and commands beside it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The program, on a database in this folder.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let database = format!("sqlite:{}", folder.join("vestibule.db").display());
    command
        .current_dir(folder)
        .env("VESTIBULE_DATABASE", database);
    command
}

/// Runs a command to its end, with everything logged.
pub(crate) fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(folder)
        .args(arguments)
        .env("VESTIBULE_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// Serves on a free port; killed at the end. What it logs is in the file `log`.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(crate) fn start(folder: &Path, options: &[&str]) -> Self {
        let child = program(folder)
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .args(options)
            .env("VESTIBULE_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            url: String::new(),
        };
        let mut told = String::new();
        let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
        let ready: Value = loop {
            told.push_str(&lines.next().expect("it says where it listens").unwrap());
            if let Ok(value) = serde_json::from_str(&told) {
                break value;
            }
        };
        ready["public_url"]
            .as_str()
            .unwrap()
            .clone_into(&mut server.url);
        server
    }

    /// Asks it to end.
    pub(crate) fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) {
        self.ask_to_stop();
        assert!(self.child.wait().unwrap().success());
    }
}
