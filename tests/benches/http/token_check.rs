//! What finding out who calls costs: the look-up of the token and every gate, without HTTP.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use vestibule_oauth::Bearer;
use vestibule_service::storage::{self, DatabaseUrl, Options, Store};
use vestibule_service::{Call, Clock, Entropy, Presented, Service, Settings};

const TIMES: u32 = 50_000;

/// The time that one check takes inside a transaction that is there anyway.
pub(crate) fn cost(database: &Path, authorization: &str) -> Duration {
    let url = DatabaseUrl::Sqlite(database.display().to_string());
    let store = Store::open(&url, Options::default()).expect("the server's database opens");
    let service = Service::new(
        store.clone(),
        Clock::system(),
        Entropy::system(),
        Settings::default(),
    );
    let call = Call {
        base: "http://127.0.0.1/scim/v2".to_owned(),
        presented: Presented {
            token: Bearer::from_header(&[authorization.as_bytes()]).map(|secret| secret.digest()),
            address: Some(std::net::Ipv4Addr::LOCALHOST.into()),
            referers: Vec::new(),
            certificate: None,
            request_id: "bench".to_owned(),
        },
    };
    let checked = average(|| {
        black_box(service.read_types(&call).expect("the token works"));
    });
    let empty = average(|| {
        let read = store.read(|_| Ok::<(), storage::Error>(()));
        read.expect("the database can be read");
    });
    checked.saturating_sub(empty)
}

fn average(mut body: impl FnMut()) -> Duration {
    for _ in 0..TIMES / 10 {
        body();
    }
    let begun = Instant::now();
    for _ in 0..TIMES {
        body();
    }
    begun.elapsed() / TIMES
}
