//! The best that actix-web itself can do: a handler that answers fixed bytes, head and body.

use std::path::Path;
use std::process::{Child, Command};

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};

use crate::client::{free_port, wait_until_answering};

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
struct Fixed {
    /// `name: value`
    head: Vec<String>,
    body: String,
}

/// A process that serves one answer.
pub(crate) struct Bare {
    child: Child,
    pub(crate) port: u16,
}

impl Bare {
    pub(crate) fn start(folder: &Path, (head, body): (Vec<String>, String)) -> Self {
        let file = folder.join("bare.json");
        let fixed = serde_json::to_string(&Fixed { head, body }).expect("text is JSON");
        std::fs::write(&file, fixed).expect("the folder can be written");
        let port = free_port();
        let child = Command::new(std::env::current_exe().expect("a running program has a path"))
            .args(["--bare", &port.to_string(), &file.display().to_string()])
            .spawn()
            .expect("the benchmark can start itself");
        wait_until_answering(port, "/");
        Self { child, port }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn serve(port: &str, file: &str) {
    let port: u16 = port.parse().expect("a port");
    let file = std::fs::read_to_string(file).expect("the file to serve");
    let fixed: Fixed = serde_json::from_str(&file).expect("the file was written by `start`");
    // actix-web writes these itself.
    let own = [header::CONTENT_LENGTH, header::DATE];
    let head: Vec<(HeaderName, HeaderValue)> = fixed
        .head
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| {
            let name: HeaderName = name.parse().expect("the server answers with names");
            (name, value.parse().expect("the server answers with values"))
        })
        .filter(|(name, _)| !own.contains(name))
        .collect();
    let answer = web::Data::new((head, fixed.body));
    actix_web::rt::System::new()
        .block_on(
            HttpServer::new(move || {
                App::new().app_data(answer.clone()).default_service(web::to(
                    async |answer: web::Data<(Vec<(HeaderName, HeaderValue)>, String)>| {
                        let (head, body) = answer.get_ref();
                        let mut response = HttpResponse::Ok();
                        for header in head {
                            response.insert_header(header.clone());
                        }
                        response.body(body.clone())
                    },
                ))
            })
            .bind(("127.0.0.1", port))
            .expect("a free port")
            .run(),
        )
        .expect("the bare server runs");
}
