//! The best that actix-web itself can do: a handler that answers fixed bytes.

use std::path::Path;
use std::process::{Child, Command};

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::client::{free_port, wait_until_answering};

/// A process that serves the bytes of one file.
pub(crate) struct Bare {
    child: Child,
    pub(crate) port: u16,
}

impl Bare {
    pub(crate) fn start(folder: &Path, body: &str) -> Self {
        let file = folder.join("bare.json");
        std::fs::write(&file, body).expect("the folder can be written");
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
    let body = web::Data::new(std::fs::read_to_string(file).expect("the file to serve"));
    actix_web::rt::System::new()
        .block_on(
            HttpServer::new(move || {
                App::new().app_data(body.clone()).default_service(web::to(
                    async |body: web::Data<String>| {
                        HttpResponse::Ok()
                            .content_type("application/scim+json")
                            .body(body.as_str().to_owned())
                    },
                ))
            })
            .bind(("127.0.0.1", port))
            .expect("a free port")
            .run(),
        )
        .expect("the bare server runs");
}
