//! What nodes over one database hold to together.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use vestibule_domain::provider::RateLimit;

use super::*;

#[test]
fn r_tok_6_two_nodes_over_one_database_agree_at_once() {
    // On SQLite the other is the command line, say.
    both_engines(agree_at_once);
}

fn agree_at_once(first: &TestApp) {
    let second = first.another_node();
    let client = first.register(third_party("Product"));
    let nodes = [first, &second];
    for round in 0..20 {
        let (here, there) = (nodes[round % 2], nodes[(round + 1) % 2]);
        let token = grant(here, &client);
        for node in [there, here] {
            assert!((0..5).all(|_| read(node, &token) == 200));
        }
        let reply = ask(
            here,
            "/iso/oauth2/revoke",
            &client,
            &format!("token={token}"),
        );
        assert_eq!(reply.status, 200);
        for node in nodes {
            assert!((0..25).all(|_| read(node, &token) == 401));
        }
    }
    // What the administrator ends on one node is over on the other.
    let token = grant(first, &client);
    second.clock.advance(Duration::seconds(1));
    let (admin, now) = (second.admin(), second.clock.now());
    second
        .service
        .revoke_tokens_before(&admin, client.id, now)
        .unwrap();
    assert_eq!(
        (read(first, &token), read(first, &client.token)),
        (401, 401)
    );
    let token = grant(first, &client);
    let disabled = ProviderState::Disabled;
    second
        .service
        .set_provider_state(&admin, client.id, Precondition::NONE, disabled)
        .unwrap();
    assert_eq!(read(first, &token), 401);
}

// proves: 7644-7.7-throttle
#[test]
fn r_tok_16_failures_count_on_every_node() {
    let Some(first) = TestApp::start(Engine::Postgres) else {
        return;
    };
    let second = first.another_node();
    let client = first.register(third_party("Product"));
    let wrong = format!(
        "grant_type=client_credentials&client_id={}&client_secret=wrong",
        client.client_id
    );
    for attempt in 0..10 {
        let node = if attempt % 2 == 0 { &first } else { &second };
        assert_eq!(post(node, TOKEN, &wrong).status, 401);
    }
    for node in [&first, &second] {
        let reply = post(node, TOKEN, &wrong);
        assert_eq!(reply.status, 429);
        let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait));
        assert_eq!(reply.json()["error"], "temporarily_unavailable");
        assert_eq!(read(node, &client.token), 200, "a good token goes on");
    }
}

/// How often each status was answered to that many who ask at once, by turns of the nodes.
fn at_once(nodes: &[&TestApp], times: usize, path: &str, body: &str) -> BTreeMap<u16, usize> {
    let barrier = Barrier::new(times);
    let mut statuses = BTreeMap::new();
    thread::scope(|scope| {
        let askers: Vec<_> = nodes
            .iter()
            .cycle()
            .take(times)
            .map(|node| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    post(node, path, body).status
                })
            })
            .collect();
        for asker in askers {
            *statuses.entry(asker.join().unwrap()).or_insert(0) += 1;
        }
    });
    statuses
}

// proves: 7644-7.7-throttle
#[test]
fn r_tok_16_of_wrong_proofs_that_come_at_once_ten_are_answered_as_such() {
    let check = |nodes: &[&TestApp]| {
        let client = nodes[0].register(third_party("Product"));
        for (path, body) in ENDPOINTS {
            let wrong = format!("{body}&client_id={}&client_secret=wrong", client.client_id);
            let statuses = at_once(nodes, 40, path, &wrong);
            assert_eq!(statuses, BTreeMap::from([(401, 10), (429, 30)]), "{path}");
            // What was refused unseen does not count against others.
            let other = "grant_type=client_credentials&client_id=other&client_secret=wrong";
            assert_eq!(post(nodes[0], TOKEN, other).status, 401);
            // It counts for five minutes, whatever the clock shows.
            nodes[0].clock.advance(Duration::seconds(299));
            assert_eq!(post(nodes[0], path, &wrong).status, 429);
            nodes[0].clock.advance(Duration::seconds(1));
            assert_eq!(post(nodes[0], path, &wrong).status, 401);
            nodes[0].clock.advance(Duration::minutes(5));
        }
    };
    both_engines(|app| check(&[app]));
    if let Some(first) = TestApp::start(Engine::Postgres) {
        check(&[&first, &first.another_node()]);
    }
}

#[test]
fn a_rate_is_shared_between_the_nodes() {
    let Some(first) = TestApp::start(Engine::Postgres) else {
        return;
    };
    let second = first.another_node();
    let mut settings = third_party("Product");
    settings.rate_limit = Some(RateLimit {
        per_second: 10,
        burst: 20,
    });
    let client = first.register(settings);
    let nodes = [&first, &second];
    for node in nodes {
        assert_eq!(read(node, &client.token), 200);
    }
    // What was asked for before is forgotten by halves: then each has half.
    for _ in 0..3 {
        for node in nodes {
            node.service.share_rates().unwrap();
        }
    }
    first.clock.advance(Duration::seconds(60));
    let granted = |node: &TestApp| {
        let replies = (0..25).map(|_| read(node, &client.token));
        replies.filter(|status| *status == 200).count()
    };
    let all: usize = nodes.map(granted).iter().sum();
    assert_eq!(all, 20, "the burst");
    let reply = first.send("GET", "/scim/v2/Users", Some(&client.token), None);
    assert_eq!(reply.status, 429);
    assert_eq!(reply.json()["status"], "429");
    let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
}
