//! A closed-loop HTTP client: each connection sends its next request when the last was answered.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Where requests go.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) port: u16,
    /// What each request says of who sends it: `Bearer ...`.
    pub(crate) authorization: String,
    /// Path of the SCIM mount.
    pub(crate) base: String,
    pub(crate) path: String,
}

/// One request, without what all have in common.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    content_type: &'static str,
    body: Option<String>,
}

const SCIM: &str = "application/scim+json";

pub(crate) fn get(path: &str) -> Request {
    Request {
        method: "GET",
        path: path.to_owned(),
        content_type: SCIM,
        body: None,
    }
}

pub(crate) fn post(path: &str, body: &str) -> Request {
    Request {
        method: "POST",
        path: path.to_owned(),
        content_type: SCIM,
        body: Some(body.to_owned()),
    }
}

pub(crate) fn patch(path: &str, body: &str) -> Request {
    Request {
        method: "PATCH",
        path: path.to_owned(),
        content_type: SCIM,
        body: Some(body.to_owned()),
    }
}

pub(crate) fn form(path: &str, body: &str) -> Request {
    Request {
        content_type: "application/x-www-form-urlencoded",
        ..post(path, body)
    }
}

pub(crate) fn json(path: &str, body: &str) -> Request {
    Request {
        content_type: "application/json",
        ..post(path, body)
    }
}

/// What a measurement found.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Answers a second, all connections together.
    pub(crate) rate: f64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

/// Something to be asked again and again.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) load: &'a Load,
    pub(crate) make: &'a (dyn Fn() -> Request + Sync),
}

/// Turns in which two operations are compared.
const TURNS: u32 = 8;

/// Requests for `time` over `connections` connections.
pub(crate) fn run(connections: usize, time: Duration, operation: Operation<'_>) -> Measured {
    for_time(connections, time, operation).measured()
}

/// Two operations for `time` each, in turns: what slows the machine down for a while, slows both.
pub(crate) fn beside(
    connections: usize,
    time: Duration,
    one: Operation<'_>,
    other: Operation<'_>,
) -> (Measured, Measured) {
    let mut samples = (Sample::default(), Sample::default());
    for _ in 0..TURNS {
        samples.0.add(for_time(connections, time / TURNS, one));
        samples.1.add(for_time(connections, time / TURNS, other));
    }
    (samples.0.measured(), samples.1.measured())
}

/// The same beside something that is not asked over HTTP: `other` runs for about as long as it is told
/// and answers how often it did it. Answers its rate.
pub(crate) fn beside_local(
    connections: usize,
    time: Duration,
    one: Operation<'_>,
    mut other: impl FnMut(Duration) -> u32,
) -> (Measured, f64) {
    let mut sample = Sample::default();
    let (mut done, mut elapsed) = (0, Duration::ZERO);
    for _ in 0..TURNS {
        sample.add(for_time(connections, time / TURNS, one));
        let begun = Instant::now();
        done += other(time / TURNS);
        elapsed += begun.elapsed();
    }
    (sample.measured(), f64::from(done) / elapsed.as_secs_f64())
}

fn for_time(connections: usize, time: Duration, operation: Operation<'_>) -> Sample {
    let Operation { load, make } = operation;
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(time);
            stop.store(true, Ordering::Relaxed);
        });
        collect(connections, load, &|| {
            (!stop.load(Ordering::Relaxed)).then(make)
        })
    })
}

/// A number of requests over `connections` connections.
pub(crate) fn run_count(
    connections: usize,
    count: u64,
    load: &Load,
    make: impl Fn() -> Request + Sync,
) -> Measured {
    let sent = AtomicU64::new(0);
    collect(connections, load, &|| {
        (sent.fetch_add(1, Ordering::Relaxed) < count).then(&make)
    })
    .measured()
}

/// How long each answer took, and all of them together.
#[derive(Debug, Default)]
struct Sample {
    times: Vec<Duration>,
    elapsed: Duration,
}

impl Sample {
    fn add(&mut self, more: Self) {
        self.times.extend(more.times);
        self.elapsed += more.elapsed;
    }

    fn measured(mut self) -> Measured {
        self.times.sort_unstable();
        let times = &self.times;
        let at = |share: usize| {
            times
                .get(times.len() * share / 100)
                .or(times.last())
                .copied()
                .unwrap_or_default()
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
        Measured {
            rate: times.len() as f64 / self.elapsed.as_secs_f64(),
            median: at(50),
            p99: at(99),
        }
    }
}

fn collect(connections: usize, load: &Load, next: &(dyn Fn() -> Option<Request> + Sync)) -> Sample {
    let begun = Instant::now();
    let times: Vec<Duration> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(load);
                    let mut times = Vec::new();
                    while let Some(request) = next() {
                        let sent = Instant::now();
                        let (status, body) = connection.send(&request);
                        times.push(sent.elapsed());
                        assert!(
                            status < 300,
                            "{} {} answered {status}: {body}",
                            request.method,
                            request.path
                        );
                    }
                    times
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("every answer is a success"))
            .collect()
    });
    Sample {
        times,
        elapsed: begun.elapsed(),
    }
}

/// One answer: its header lines and its body.
pub(crate) fn fetch(load: &Load) -> (Vec<String>, String) {
    let mut connection = Connection::open(load);
    let mut head = Vec::new();
    connection.ask(&get(&load.path));
    let (status, body) = connection.answer(|line| head.push(line.trim().to_owned()));
    assert_eq!(status, 200, "{body}");
    (head, body)
}

/// The ids of the first `count` people, a thousand a page.
pub(crate) fn ids(load: &Load, count: u64) -> Vec<String> {
    let mut connection = Connection::open(load);
    let mut ids = Vec::new();
    while (ids.len() as u64) < count {
        let path = format!(
            "/Users?attributes=id&count=1000&startIndex={}",
            ids.len() + 1
        );
        let (status, body) = connection.send(&get(&path));
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).expect("a list is JSON");
        let found = page["Resources"].as_array().expect("a list has resources");
        assert!(
            !found.is_empty(),
            "only {} of {count} people were found",
            ids.len()
        );
        ids.extend(
            found
                .iter()
                .filter_map(|user| user["id"].as_str().map(str::to_owned)),
        );
    }
    ids.truncate(usize::try_from(count).expect("a count of people fits"));
    ids
}

/// A group with these members, put in ten thousand at a time.
pub(crate) fn create_group<'a>(
    load: &Load,
    name: &str,
    members: impl Iterator<Item = &'a String>,
) -> String {
    let mut connection = Connection::open(load);
    let body = format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{name}"}}"#
    );
    let (status, body) = connection.send(&post("/Groups", &body));
    assert_eq!(status, 201, "{body}");
    let group: Value = serde_json::from_str(&body).expect("a group is JSON");
    let id = group["id"].as_str().expect("a group has an id").to_owned();
    let members: Vec<String> = members
        .map(|member| format!(r#"{{"value":"{member}"}}"#))
        .collect();
    for chunk in members.chunks(10_000) {
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"add","path":"members","value":[{}]}}]}}"#,
            chunk.join(",")
        );
        let (status, body) = connection.send(&patch(&format!("/Groups/{id}"), &body));
        assert_eq!(status, 204, "{body}");
    }
    id
}

struct Connection<'a> {
    load: &'a Load,
    stream: BufReader<TcpStream>,
}

impl<'a> Connection<'a> {
    fn open(load: &'a Load) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", load.port)).expect("the server listens");
        stream.set_nodelay(true).expect("a socket takes options");
        Self {
            load,
            stream: BufReader::new(stream),
        }
    }

    fn send(&mut self, request: &Request) -> (u16, String) {
        self.ask(request);
        self.answer(|_| ())
    }

    fn ask(&mut self, request: &Request) {
        let Load {
            authorization,
            base,
            ..
        } = self.load;
        let body = request.body.as_deref().unwrap_or_default();
        let head = format!(
            "{} {base}{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            request.method,
            request.path,
            request.content_type,
            body.len()
        );
        let whole = [head.as_bytes(), body.as_bytes()].concat();
        self.stream
            .get_mut()
            .write_all(&whole)
            .expect("the server reads");
    }

    /// Reads an answer; `see` is shown each line of its head after the first.
    fn answer(&mut self, mut see: impl FnMut(&str)) -> (u16, String) {
        let mut line = String::new();
        self.stream
            .read_line(&mut line)
            .expect("the server answers");
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .expect("a status line");
        let mut length = 0;
        loop {
            line.clear();
            self.stream
                .read_line(&mut line)
                .expect("the server answers");
            if line == "\r\n" {
                break;
            }
            see(&line);
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the whole body");
        (status, String::from_utf8(body).expect("JSON is UTF-8"))
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Waits until a path answers 200, and says how long that took.
pub(crate) fn wait_until_answering(port: u16, path: &str) -> Duration {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let mut answer = String::new();
            if stream.write_all(request.as_bytes()).is_ok()
                && stream.read_to_string(&mut answer).is_ok()
                && answer.starts_with("HTTP/1.1 200")
            {
                return begun.elapsed();
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("nothing answers on port {port}");
}
