use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"KID"}"#;

/// Answers every request with what `answer` makes of its number, and counts them.
fn serve(answer: impl Fn(usize) -> String + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/keys", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap();
            if read > 0 {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                // The reader may hang up on an answer that is too long.
                let _ = stream.write_all(answer(number).as_bytes());
            }
        }
    });
    (address, count)
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn set(kid: &str) -> String {
    ok(&format!(r#"{{"keys":[{}]}}"#, ED25519.replace("KID", kid)))
}

#[test]
fn keys_are_kept_and_fetched_again_for_a_new_name_but_not_at_every_call() {
    let (address, asked) = serve(|number| set(&format!("key-{number}")));
    let keys = Keys::new(Reach::Private);
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let find = |kid, seconds| keys.find(&address, Some(kid), at(seconds)).unwrap();
    assert!(find("key-0", 0).knows(Some("key-0")));
    find("key-0", 599);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // A new key, at once; then patience with names that are not there.
    assert!(find("key-1", 599).knows(Some("key-1")));
    assert!(!find("never", 600).knows(Some("never")));
    assert!(!find("never", 628).knows(Some("never")));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    find("never", 629);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    find("key-2", 629 + 600);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn keys_outlive_an_outage_but_not_for_ever() {
    let (address, asked) = serve(|number| match number {
        0 => set("a"),
        _ => "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    });
    let keys = Keys::new(Reach::Private);
    let start = Instant::now();
    let find = |seconds| keys.find(&address, Some("a"), start + Duration::from_secs(seconds));
    assert!(find(0).is_ok());
    assert!(find(3_599).is_ok());
    let error = find(3_600).unwrap_err();
    assert_eq!(error.why, "it answers 503");
    assert_eq!(asked.load(Ordering::SeqCst), 2, "asked lately");
}

#[test]
fn who_asks_for_a_key_that_is_not_there_holds_up_nobody_else() {
    let (asked, waits) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel::<()>();
    let (address, _) = serve(move |number| {
        if number > 0 {
            asked.send(()).unwrap();
            let _ = goes.recv_timeout(Duration::from_secs(4));
        }
        set("a")
    });
    let keys = Keys::new(Reach::Private);
    let now = Instant::now();
    let later = now + Duration::from_secs(31);
    assert!(keys.find(&address, Some("a"), now).is_ok());
    thread::scope(|scope| {
        let slow = scope.spawn(|| keys.find(&address, Some("b"), later));
        waits.recv().unwrap();
        assert!(
            keys.find(&address, Some("a"), later)
                .unwrap()
                .knows(Some("a"))
        );
        assert!(!slow.is_finished(), "it still waits for its answer");
        go.send(()).unwrap();
        assert!(!slow.join().unwrap().unwrap().knows(Some("b")));
    });
}

#[test]
fn those_who_wait_for_one_address_are_few() {
    let (asked, waits) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel::<()>();
    let (address, count) = serve(move |_| {
        asked.send(()).unwrap();
        let _ = goes.recv_timeout(Duration::from_secs(4));
        set("a")
    });
    let keys = Keys::new(Reach::Private);
    let now = Instant::now();
    let find = || keys.find(&address, Some("a"), now);
    thread::scope(|scope| {
        let many: Vec<_> = (0..40).map(|_| scope.spawn(find)).collect();
        waits.recv().unwrap();
        // Nobody is answered before the address but those who do not wait for it.
        while many.iter().filter(|one| one.is_finished()).count() < 40 - MAX_WAITING {
            thread::yield_now();
        }
        let error = find().unwrap_err();
        assert_eq!(error.why, "too many wait for it already");
        go.send(()).unwrap();
        let found = many.into_iter().map(|one| one.join().unwrap());
        assert_eq!(found.flatten().count(), MAX_WAITING);
    });
    assert!(find().is_ok(), "there is room again");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_hostile_answer_gives_no_keys() {
    let big = format!("{{\"keys\":[], \"x\":\"{}\"}}", "x".repeat(300_000));
    let inside = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    for (answer, why) in [
        (ok(&big), "larger than 262144 bytes"),
        (inside.to_owned(), "it answers 302"),
        (ok("[]"), "JSON object"),
        (ok("{\"keys\":"), "EOF"),
        (
            ok(&format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))),
            "recursion",
        ),
        (ok(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#), "no key"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_owned(),
            "",
        ),
    ] {
        let (address, _) = serve(move |_| answer.clone());
        let error = Keys::new(Reach::Private)
            .find(&address, None, Instant::now())
            .unwrap_err();
        assert!(error.why.contains(why), "{error}");
    }
}

#[test]
fn r_ops_4_nothing_private_is_asked() {
    let (address, asked) = serve(|_| set("a"));
    let keys = Keys::new(Reach::Public);
    for address in [
        address.clone(),
        address.replace("http:", "https:"),
        address.replace("http://127.0.0.1", "https://localhost"),
        "https://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        "keys".to_owned(),
    ] {
        assert!(
            keys.find(&address, None, Instant::now()).is_err(),
            "{address}"
        );
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
