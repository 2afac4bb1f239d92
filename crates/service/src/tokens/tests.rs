use chrono::Duration;
use futures_executor::block_on;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{ProviderState, UserType};
use vestibule_oauth::{ClientId, ClientSecret, Proof, Scopes, TokenErrorKind, TokenRequest};

use super::*;
use crate::providers::NewCredentials;
use crate::world::{World, authentication, contact, provider, request, root, scim};
use crate::{Precondition, Search, Settings};

/// What is answered, without what the server keeps to itself.
fn refusal(world: &World, request: &TokenRequest) -> TokenError {
    answered(world.grant(request))
}

fn answered<T: std::fmt::Debug>(outcome: Result<T, Error>) -> TokenError {
    match outcome {
        Err(Error::Token(refused)) => TokenError {
            unproven: None,
            ..refused
        },
        other => panic!("{other:?}"),
    }
}

fn secret(text: &str, basic: bool) -> Proof {
    Proof::Secret {
        secret: ClientSecret::new(text.to_owned()),
        basic,
    }
}

fn works(world: &World, token: &Secret) -> bool {
    let search = Search::Query(Ok(vestibule_scim::ListRequest::default()));
    world
        .service
        .list(&scim(token), Some("Users"), search)
        .is_ok()
}

// proves: 7644-7.4-lifetime
#[test]
fn a_secret_is_good_for_a_token_that_works_until_it_expires() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let mut asked = request(&client, &client.client_secret);
    asked.ttl = Ok(Some(std::time::Duration::from_mins(2)));
    let response = world.grant(&asked).unwrap();
    assert_eq!(response.expires_in.as_secs(), 120);
    assert_eq!(response.scope, Scopes::ALL);
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
        .set_provider_state(
            &root(),
            disabled_id,
            Precondition::NONE,
            ProviderState::Disabled,
        )
        .unwrap();
    let mut settings = provider("Expired", UserType::Internal);
    settings.valid_until = Some(world.service.now());
    // It would also be refused for its address: that must not show.
    settings.allowed_addresses = AllowedAddresses::default();
    let expired = world.register(settings);

    let mut unknown = request(&good, &good.client_secret);
    unknown.client.client_id = ClientId::new("vcl_unknown".to_owned());
    let mut wrong = request(&good, &good.client_secret);
    wrong.client.proof = secret("wrong", false);
    let requests = [
        unknown,
        wrong,
        request(&good, &expired.client_secret),
        request(&disabled, &disabled.client_secret),
        request(&expired, &expired.client_secret),
    ];
    for used_basic in [false, true] {
        for request in &requests {
            let mut request = request.clone();
            let Proof::Secret { basic, .. } = &mut request.client.proof else {
                panic!("a secret was put there");
            };
            *basic = used_basic;
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
            .change_provider(&root(), id, Precondition::NONE, move |settings| {
                edit(settings);
                Ok(())
            })
            .unwrap();
    };
    change(|settings| settings.scopes = Scopes::READ);
    let refused = refusal(
        &world,
        &TokenRequest {
            scope: Ok(Some(Scopes::ALL)),
            ..asked.clone()
        },
    );
    assert_eq!(refused.kind, TokenErrorKind::InvalidScope);

    world
        .service
        .set_provider_state(&root(), id, Precondition::NONE, ProviderState::Paused)
        .unwrap();
    let refused = refusal(
        &world,
        &TokenRequest {
            scope: Ok(Some(Scopes::ALL)),
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
    assert_eq!(world.grant(&asked).unwrap().expires_in.as_secs(), 90);
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
fn tokens_grow_by_a_sixteenth_at_most_until_the_oldest_give_way() {
    let world = World::with(Settings {
        live_tokens: 32,
        ..Settings::default()
    });
    let client = world.register(provider("Okta", UserType::Internal));
    let asked = request(&client, &client.client_secret);
    let mut tokens = Vec::new();
    let mut most = 0;
    for _ in 0..40 {
        tokens.push(world.grant(&asked).unwrap().access_token);
        let working: Vec<bool> = tokens.iter().map(|token| works(&world, token)).collect();
        assert!(working.iter().rev().take(32).all(|works| *works));
        most = most.max(working.iter().filter(|works| **works).count());
    }
    assert_eq!(most, 34);
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
    let answer = block_on(world.service.grant_token(Err(error.clone()), &contact()));
    assert!(matches!(answer, Err(Error::Token(refused)) if refused == error));
}

#[test]
fn the_digest_of_nothing_is_nobodys() {
    // What stands in for a missing secret must not be reachable by an empty one.
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let mut asked = request(&client, &client.client_secret);
    asked.client.proof = secret("", false);
    assert_eq!(refusal(&world, &asked), TokenError::invalid_client(false));
}

fn about(client: &NewCredentials, token: &Secret) -> AboutToken {
    AboutToken {
        client: authentication(client, &client.client_secret),
        token: token.digest(),
    }
}

fn told(world: &World, request: AboutToken) -> Option<ActiveToken> {
    block_on(world.service.introspect_own_token(Ok(request), &contact())).unwrap()
}

#[test]
fn r_tok_9_a_client_revokes_its_own_tokens_and_no_others() {
    let world = World::new();
    let (okta, entra) = (
        world.register(provider("Okta", UserType::Internal)),
        world.register(provider("Entra", UserType::Internal)),
    );
    let token = |client| {
        let asked = request(client, &client.client_secret);
        world.grant(&asked).unwrap().access_token
    };
    let (one, other) = (token(&okta), token(&okta));
    let revoke = |client, token| {
        let request = Ok(about(client, token));
        block_on(world.service.revoke_own_token(request, &contact())).unwrap();
    };
    revoke(&entra, &one);
    assert!(works(&world, &one), "another's token goes on");
    revoke(&okta, &one);
    assert!(!works(&world, &one) && works(&world, &other));
    assert_eq!(world.last_actions(1), ["token.revoked"]);
    // Nothing is there to be revoked, and that is no error.
    let events = world.events().len();
    revoke(&okta, &one);
    assert_eq!(world.events().len(), events);
    let pasted = world
        .service
        .issue_activation_token(&root(), okta.provider.provider.id, "pasted", None, None)
        .unwrap();
    revoke(&okta, &pasted.access_token);
    assert_eq!(world.last_actions(1), ["activation_token.revoked"]);
    assert!(!works(&world, &pasted.access_token));
}

#[test]
fn r_tok_9_a_paused_provider_can_still_end_its_tokens() {
    let world = World::new();
    let okta = world.register(provider("Okta", UserType::Internal));
    let token = world
        .grant(&request(&okta, &okta.client_secret))
        .unwrap()
        .access_token;
    let id = okta.provider.provider.id;
    let state = |state| {
        world
            .service
            .set_provider_state(&root(), id, Precondition::NONE, state)
            .unwrap()
    };
    state(ProviderState::Paused);
    let asked = || Ok(about(&okta, &token));
    let introspected = block_on(world.service.introspect_own_token(asked(), &contact()));
    assert!(
        matches!(introspected, Err(Error::Token(refused)) if refused.kind == TokenErrorKind::TemporarilyUnavailable)
    );
    block_on(world.service.revoke_own_token(asked(), &contact())).unwrap();
    state(ProviderState::Active);
    assert!(!works(&world, &token));
}

#[test]
fn r_tok_10_introspection_tells_of_own_working_tokens_only() {
    let world = World::new();
    let (okta, entra) = (
        world.register(provider("Okta", UserType::Internal)),
        world.register(provider("Entra", UserType::Internal)),
    );
    let mut asked = request(&okta, &okta.client_secret);
    asked.scope = Ok(Some(Scopes::READ));
    let token = world.grant(&asked).unwrap().access_token;
    let now = world.service.now().timestamp();
    let active = told(&world, about(&okta, &token)).unwrap();
    assert_eq!(
        (active.scope, active.iat, active.exp),
        (Scopes::READ, now, now + 3600)
    );
    assert_eq!(active.client_id, okta.provider.client_id);
    assert_eq!(told(&world, about(&entra, &token)), None);
    assert_eq!(told(&world, about(&okta, &okta.client_secret)), None);
    let mut wrong = about(&okta, &token);
    wrong.client = crate::world::wrong(&wrong.client);
    let refused = block_on(world.service.introspect_own_token(Ok(wrong), &contact()));
    assert_eq!(answered(refused), TokenError::invalid_client(false));
    world.pass(Duration::seconds(3600));
    assert_eq!(told(&world, about(&okta, &token)), None);
}

#[test]
fn r_tok_6_what_was_issued_before_the_epoch_no_longer_works() {
    let world = World::new();
    let okta = world.register(provider("Okta", UserType::Internal));
    let id = okta.provider.provider.id;
    let asked = request(&okta, &okta.client_secret);
    let before = world.grant(&asked).unwrap().access_token;
    let pasted = world
        .service
        .issue_activation_token(&root(), id, "pasted", None, None)
        .unwrap();
    world.pass(Duration::seconds(10));
    let epoch = world.service.now();
    let after = world.grant(&asked).unwrap().access_token;
    let future = world
        .service
        .revoke_tokens_before(&root(), id, epoch + Duration::seconds(1));
    assert!(matches!(future, Err(Error::Invalid { .. })));
    let ended = world.service.revoke_tokens_before(&root(), id, epoch);
    assert_eq!(ended.unwrap(), 2);
    assert!(!works(&world, &before) && !works(&world, &pasted.access_token));
    assert!(works(&world, &after));
    let details = world.service.find_provider(&root(), id).unwrap();
    assert_eq!(details.epoch, Some(epoch));
    // An epoch never goes back.
    let earlier = epoch - Duration::seconds(5);
    assert_eq!(
        world
            .service
            .revoke_tokens_before(&root(), id, earlier)
            .unwrap(),
        0
    );
    let details = world.service.find_provider(&root(), id).unwrap();
    assert_eq!(details.epoch, Some(epoch));
}

#[test]
fn a_grant_whose_transaction_runs_again_is_taken_off_the_rate_once() {
    let world = World::new();
    let mut settings = provider("Okta", UserType::Internal);
    settings.rate_limit = Some(vestibule_domain::provider::RateLimit {
        per_second: 1,
        burst: 1,
    });
    let client = world.register(settings);
    let asked = request(&client, &client.client_secret);
    let (service, again) = (world.service.clone(), asked.clone());
    let granted = world.service.store().write("again", move |tx| {
        let tally = Tally::default();
        let now = service.now();
        for _ in 0..3 {
            service.granted(tx, &again, &contact(), &tally, now)?;
        }
        Ok::<_, Error>(())
    });
    assert!(granted.is_ok(), "{granted:?}");
    assert!(matches!(world.grant(&asked), Err(Error::OverRate { .. })));
}
