use chrono::Duration;
use futures_executor::block_on;
use vestibule_domain::provider::UserType;
use vestibule_oauth::{ClientId, TokenResponse};

use super::*;
use crate::Contact;
use crate::providers::NewCredentials;
use crate::world::{World, contact, provider, request};

fn from(address: &str) -> Contact {
    Contact {
        address: address.parse().ok(),
        ..contact()
    }
}

fn ask(
    world: &World,
    client: &NewCredentials,
    right: bool,
    contact: &Contact,
) -> Result<TokenResponse, TokenError> {
    let mut asked = request(client, &client.client_secret);
    if !right {
        asked.client = crate::world::wrong(&asked.client);
    }
    match block_on(world.service.grant_token(Ok(asked), contact)) {
        Ok(response) => Ok(response),
        Err(Error::Token(refused)) => Err(refused),
        Err(other) => panic!("{other:?}"),
    }
}

// proves: 7644-7.7-throttle
#[test]
fn r_tok_16_a_flood_from_one_address_never_stops_the_product_on_another() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let (attacker, product) = (from("198.51.100.9"), from("203.0.113.5"));
    let mut kinds = Vec::new();
    for _ in 0..100 {
        kinds.push(ask(&world, &client, false, &attacker).unwrap_err().kind);
        assert!(ask(&world, &client, true, &product).is_ok());
    }
    let guesses = kinds
        .iter()
        .filter(|kind| matches!(kind, TokenErrorKind::InvalidClient { .. }))
        .count();
    assert_eq!(guesses, 10, "the other answers are 429");
    assert!(
        kinds[10..]
            .iter()
            .all(|kind| *kind == TokenErrorKind::TooManyRequests)
    );
    // Not even the right secret from there, nor does the product's success set the counter back.
    let refused = ask(&world, &client, true, &attacker).unwrap_err();
    assert_eq!(refused.kind, TokenErrorKind::TooManyRequests);
    let wait = refused.retry_after.unwrap();
    assert!((1..=300).contains(&wait));
    world.pass(Duration::seconds(i64::from(wait) - 1));
    assert!(ask(&world, &client, true, &attacker).is_err());
    world.pass(Duration::seconds(1));
    assert!(ask(&world, &client, true, &attacker).is_ok());
}

#[test]
fn r_tok_16_one_source_cannot_try_one_client_after_the_other() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let attacker = from("198.51.100.9");
    let mut asked = request(&client, &client.client_secret);
    asked.client = crate::world::wrong(&asked.client);
    let answers: Vec<TokenErrorKind> = (0..60)
        .map(|number| {
            let mut asked = asked.clone();
            asked.client.client_id = ClientId::new(format!("guess-{number}"));
            match block_on(world.service.grant_token(Ok(asked), &attacker)) {
                Err(Error::Token(refused)) => refused.kind,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let first = answers
        .iter()
        .position(|kind| *kind == TokenErrorKind::TooManyRequests);
    assert_eq!(first, Some(50));
}

#[test]
fn r_tok_16_all_of_an_ipv6_network_is_one_source() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    for host in 0..10 {
        let address = from(&format!("2001:db8:1:2::{host:x}"));
        assert!(ask(&world, &client, false, &address).is_err());
    }
    let same = from("2001:db8:1:2:ffff::1");
    assert!(ask(&world, &client, true, &same).is_err());
    assert!(ask(&world, &client, true, &from("2001:db8:1:3::1")).is_ok());
    assert_eq!(source("::ffff:192.0.2.1".parse().ok()), "192.0.2.1");
    assert_eq!(source(None), "unknown");
}

#[test]
fn counters_of_passed_windows_are_purged() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    assert!(ask(&world, &client, false, &contact()).is_err());
    assert_eq!(world.service.purge_failures().unwrap(), 0);
    world.pass(Duration::seconds(WINDOW));
    assert_eq!(world.service.purge_failures().unwrap(), 2);
    assert_eq!(world.service.purge_failures().unwrap(), 0);
}
