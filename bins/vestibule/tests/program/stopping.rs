//! A server that is asked to stop (R-AVL-3).

use std::time::{Duration, Instant};

use ureq::Agent;

use crate::server::Server;

/// What an address answers; none where nothing listens.
fn status(server: &Server, path: &str) -> Option<u16> {
    // A connection for each request, as a balancer's probe has it.
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_idle_connections(0)
        .build()
        .into();
    let reply = agent.get(format!("{}{path}", server.url)).call();
    reply.ok().map(|reply| reply.status().as_u16())
}

/// Waits until it is so, for ten seconds at most.
fn until(so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn r_avl_3_a_balancer_notices_before_anybody_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--drain-seconds", "600"]);
    assert_eq!(status(&server, "/readyz"), Some(200));
    server.ask_to_stop();
    assert!(until(|| status(&server, "/readyz") == Some(503)));
    // Whoever comes meanwhile is served.
    assert_eq!(status(&server, "/healthz"), Some(200));
    assert_eq!(status(&server, "/iso/scim/v2/Users"), Some(401));
    // Who asks twice does not wait.
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_server_stops_by_itself_once_the_configured_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--drain-seconds", "1"]);
    // By now it hears of signals.
    assert_eq!(status(&server, "/readyz"), Some(200));
    server.ask_to_stop();
    assert!(until(|| status(&server, "/readyz").is_none()));
}
