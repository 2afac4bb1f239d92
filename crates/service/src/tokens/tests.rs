use chrono::Duration;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{ProviderState, UserType};
use vestibule_oauth::{ClientId, ClientSecret, Digest, Scopes, TokenErrorKind, TokenRequest};

use super::*;
use crate::Settings;
use crate::world::{World, provider, request, root, scim};

fn refusal(world: &World, request: &TokenRequest) -> TokenError {
    match world.grant(request) {
        Err(Error::Token(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn works(world: &World, token: &Secret) -> bool {
    world
        .service
        .list_users(&scim(token), Ok(vestibule_scim::ListRequest::default()))
        .is_ok()
}

#[test]
fn a_secret_is_good_for_a_token_that_works_until_it_expires() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let mut asked = request(&client, &client.client_secret);
    asked.ttl_minutes = Some(2);
    let response = world.grant(&asked).unwrap();
    assert_eq!((response.expires_in, response.scope), (120, Scopes::ALL));
    assert_eq!(world.last_actions(1), ["token.issued"]);
    let event = &world.events()[0];
    assert_eq!(event.actor_kind, "provider");
    assert_eq!(event.actor_detail.as_deref(), Some("192.0.2.1"));
    assert_eq!(event.payload.as_ref().unwrap()["after"]["scope"], "scim");
    world.pass(Duration::seconds(119));
    assert!(works(&world, &response.access_token));
    world.pass(Duration::seconds(1));
    assert!(!works(&world, &response.access_token));
    assert_eq!(world.service.purge_tokens().unwrap(), 1);
    assert_eq!(world.service.purge_tokens().unwrap(), 0);
}

#[test]
fn unknown_wrong_disabled_and_expired_are_one_answer() {
    let world = World::new();
    let good = world.register(provider("Good", UserType::Internal));
    let disabled = world.register(provider("Disabled", UserType::Internal));
    let disabled_id = disabled.provider.provider.id;
    world
        .service
        .set_provider_state(&root(), disabled_id, ProviderState::Disabled)
        .unwrap();
    let mut settings = provider("Expired", UserType::Internal);
    settings.valid_until = Some(world.service.now());
    // It would also be refused for its address: that must not show.
    settings.allowed_addresses = AllowedAddresses::default();
    let expired = world.register(settings);

    let mut unknown = request(&good, &good.client_secret);
    unknown.credentials.client_id = ClientId::new("vcl_unknown".to_owned());
    let mut wrong = request(&good, &good.client_secret);
    wrong.credentials.client_secret = ClientSecret::new("wrong".to_owned());
    let requests = [
        unknown,
        wrong,
        request(&good, &expired.client_secret),
        request(&disabled, &disabled.client_secret),
        request(&expired, &expired.client_secret),
    ];
    for used_basic in [false, true] {
        for request in &requests {
            let request = TokenRequest {
                used_basic,
                ..request.clone()
            };
            assert_eq!(
                refusal(&world, &request),
                TokenError::invalid_client(used_basic)
            );
        }
    }
    assert!(world.grant(&request(&good, &good.client_secret)).is_ok());
}

#[test]
fn behind_the_credential_a_refusal_says_why() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let id = client.provider.provider.id;
    let asked = request(&client, &client.client_secret);
    let change = |edit: fn(&mut vestibule_domain::provider::ProviderSettings)| {
        world
            .service
            .change_provider(&root(), id, None, move |settings| {
                edit(settings);
                Ok(())
            })
            .unwrap();
    };
    change(|settings| settings.scopes = Scopes::READ);
    let refused = refusal(
        &world,
        &TokenRequest {
            scope: Some(Scopes::ALL),
            ..asked.clone()
        },
    );
    assert_eq!(refused.kind, TokenErrorKind::InvalidScope);

    world
        .service
        .set_provider_state(&root(), id, ProviderState::Paused)
        .unwrap();
    let refused = refusal(
        &world,
        &TokenRequest {
            scope: Some(Scopes::ALL),
            ..asked.clone()
        },
    );
    assert_eq!(refused.kind, TokenErrorKind::TemporarilyUnavailable);
    assert_eq!(
        refused.retry_after,
        Some(world.service.settings().retry_after)
    );

    change(|settings| {
        settings.allowed_referrers =
            AllowedReferrers::parse(&["https://iga.example".to_owned()]).unwrap();
    });
    let refused = refusal(&world, &asked);
    assert_eq!(refused.kind, TokenErrorKind::UnauthorizedClient);
    assert!(refused.description.contains("referrer"), "{refused}");

    change(|settings| settings.allowed_addresses = AllowedAddresses::default());
    let refused = refusal(&world, &asked);
    assert_eq!(refused.kind, TokenErrorKind::UnauthorizedClient);
    assert!(refused.description.contains("192.0.2.1"), "{refused}");
}

#[test]
fn a_token_never_outlives_the_provider() {
    let world = World::new();
    let mut settings = provider("Okta", UserType::Internal);
    settings.valid_until = Some(world.service.now() + Duration::seconds(90));
    let client = world.register(settings);
    let asked = request(&client, &client.client_secret);
    assert_eq!(world.grant(&asked).unwrap().expires_in, 90);
    world.pass(Duration::seconds(90));
    assert_eq!(refusal(&world, &asked), TokenError::invalid_client(false));
}

#[test]
fn the_oldest_tokens_give_way() {
    let world = World::with(Settings {
        live_tokens: 2,
        ..Settings::default()
    });
    let client = world.register(provider("Okta", UserType::Internal));
    let id = client.provider.provider.id;
    let activation = world
        .service
        .issue_activation_token(&root(), id, "pasted", None, None)
        .unwrap();
    let asked = request(&client, &client.client_secret);
    let tokens: Vec<Secret> = (0..4)
        .map(|_| world.grant(&asked).unwrap().access_token)
        .collect();
    let working: Vec<bool> = tokens.iter().map(|token| works(&world, token)).collect();
    assert_eq!(working, [false, false, true, true]);
    assert!(works(&world, &activation.access_token));
}

#[test]
fn a_use_of_the_secret_is_counted() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let asked = request(&client, &client.client_secret);
    world.grant(&asked).unwrap();
    world.grant(&asked).unwrap();
    world.service.flush_telemetry().unwrap();
    let details = world
        .service
        .find_provider(&root(), client.provider.provider.id)
        .unwrap();
    let used = details
        .uses
        .iter()
        .find(|used| used.credential == client.secret_id)
        .unwrap();
    assert_eq!(
        (used.uses, used.last_address.as_deref()),
        (2, Some("192.0.2.1"))
    );
}

#[test]
fn a_request_that_could_not_be_read_is_passed_on() {
    let world = World::new();
    let error = TokenError::new(TokenErrorKind::UnsupportedGrantType, "no");
    let answer = world
        .service
        .grant_token(Err(error.clone()), None, &[], String::new());
    assert!(matches!(answer, Err(Error::Token(refused)) if refused == error));
}

#[test]
fn the_digest_of_nothing_is_nobodys() {
    // What stands in for a missing secret must not be reachable by an empty one.
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let mut asked = request(&client, &client.client_secret);
    asked.credentials.client_secret = ClientSecret::new(String::new());
    assert!(Digest::of("").matches(&Digest::of(asked.credentials.client_secret.secret())));
    assert_eq!(refusal(&world, &asked), TokenError::invalid_client(false));
}
