use vestibule_domain::provider::UserType;

use super::*;
use crate::world::{World, provider, request, root};

fn works(world: &World, client: &NewCredentials, secret: &Secret) -> bool {
    world.grant(&request(client, secret)).is_ok()
}

#[test]
fn rotation_keeps_two_secrets_for_a_day() {
    let world = World::new();
    let first = world.register(provider("Okta", UserType::Internal));
    let id = first.provider.provider.id;
    let second = world.service.rotate_secret(&root(), id, None).unwrap();
    assert_eq!(world.last_actions(1), ["secret.issued"]);
    for secret in [&first.client_secret, &second.client_secret] {
        assert!(works(&world, &first, secret));
    }
    let third = world.service.rotate_secret(&root(), id, None).unwrap();
    assert_eq!(world.last_actions(2), ["secret.revoked", "secret.issued"]);
    assert!(!works(&world, &first, &first.client_secret));
    assert!(works(&world, &first, &second.client_secret));
    assert!(works(&world, &first, &third.client_secret));
    assert_eq!(
        world
            .service
            .find_provider(&root(), id)
            .unwrap()
            .secrets
            .len(),
        2
    );

    world.pass(Duration::hours(24) - Duration::seconds(1));
    assert!(works(&world, &first, &second.client_secret));
    world.pass(Duration::seconds(1));
    assert!(!works(&world, &first, &second.client_secret));
    assert!(works(&world, &first, &third.client_secret));

    // One that has expired is cleared away without an event of its own.
    world
        .service
        .rotate_secret(&root(), id, Some(Duration::zero()))
        .unwrap();
    assert_eq!(world.last_actions(2), ["token.issued", "secret.issued"]);
    assert!(!works(&world, &first, &third.client_secret));
}

#[test]
fn an_overlap_never_prolongs_a_secret() {
    let world = World::new();
    let first = world.register(provider("Okta", UserType::Internal));
    let id = first.provider.provider.id;
    let second = world
        .service
        .rotate_secret(&root(), id, Some(Duration::hours(1)))
        .unwrap();
    world
        .service
        .revoke_secret(&root(), id, second.secret_id)
        .unwrap();
    world
        .service
        .rotate_secret(&root(), id, Some(Duration::hours(5)))
        .unwrap();
    let secrets = world.service.find_provider(&root(), id).unwrap().secrets;
    assert_eq!(secrets[0].id, first.secret_id);
    assert_eq!(
        secrets[0].expires,
        Some(world.service.now() + Duration::hours(1))
    );
}

#[test]
fn an_overlap_is_bounded() {
    let world = World::new();
    let id = world
        .register(provider("Okta", UserType::Internal))
        .provider
        .provider
        .id;
    for overlap in [
        Duration::seconds(-1),
        Duration::minutes(525_601),
        Duration::MAX,
    ] {
        let refused = world.service.rotate_secret(&root(), id, Some(overlap));
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{overlap}");
    }
}

#[test]
fn a_revoked_secret_is_refused_at_once() {
    let world = World::new();
    let client = world.register(provider("Okta", UserType::Internal));
    let id = client.provider.provider.id;
    world
        .service
        .revoke_secret(&root(), id, client.secret_id)
        .unwrap();
    assert!(!works(&world, &client, &client.client_secret));
    let again = world.service.revoke_secret(&root(), id, client.secret_id);
    assert!(matches!(again, Err(Error::NotFound("client secret"))));
    assert_eq!(world.last_actions(1), ["secret.revoked"]);
}

#[test]
fn an_activation_token_is_bounded_by_validity_and_scopes() {
    let world = World::new();
    let mut settings = provider("Okta", UserType::Internal);
    settings.scopes = Scopes::READ;
    settings.valid_until = Some(world.service.now() + Duration::minutes(10));
    let id = world.register(settings).provider.provider.id;
    let issue = |name: &str, ttl, scope| {
        world
            .service
            .issue_activation_token(&root(), id, name, ttl, scope)
    };
    let token = issue("Header mode", None, None).unwrap();
    assert_eq!((token.expires_in, token.scopes), (600, Scopes::READ));
    assert_eq!(issue("short", Some(3), None).unwrap().expires_in, 180);
    for (name, ttl, scope, field) in [
        ("", None, None, "name"),
        ("x", Some(0), None, "ttl"),
        ("x", None, Some(Scopes::ALL), "scope"),
    ] {
        let refused = issue(name, ttl, scope);
        assert!(
            matches!(refused, Err(Error::Invalid { field: at, .. }) if at == field),
            "{field}"
        );
    }
    world.pass(Duration::minutes(10));
    assert!(matches!(issue("late", None, None), Err(Error::Conflict(_))));
}

#[test]
fn tokens_are_revoked_one_by_one_or_all_at_once() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let issue = |name| {
        world
            .service
            .issue_activation_token(&root(), client.id, name, None, None)
            .unwrap()
            .id
    };
    let (one, two) = (issue("one"), issue("two"));
    let other = world
        .register(provider("Other", UserType::Internal))
        .provider
        .provider
        .id;
    let strange = world.service.revoke_token(&root(), other, one);
    assert!(matches!(strange, Err(Error::NotFound("token"))));
    world.service.revoke_token(&root(), client.id, one).unwrap();
    assert_eq!(world.last_actions(1), ["activation_token.revoked"]);
    let left = world
        .service
        .activation_tokens(&root(), client.id, &PageQuery::default())
        .unwrap();
    assert_eq!(
        left.items.iter().map(|token| token.id).collect::<Vec<_>>(),
        [two]
    );
    assert_eq!(
        world.service.revoke_all_tokens(&root(), client.id).unwrap(),
        2
    );
    assert_eq!(world.last_actions(1), ["token.revoked"]);
    let events = world.events().len();
    assert_eq!(
        world.service.revoke_all_tokens(&root(), client.id).unwrap(),
        0
    );
    assert_eq!(world.events().len(), events);
}

#[test]
fn a_live_activation_token_keeps_its_name() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let issue = |name: &str| {
        world
            .service
            .issue_activation_token(&root(), client.id, name, Some(60), None)
    };
    let first = issue("Okta console").unwrap();
    assert!(matches!(issue("okta CONSOLE"), Err(Error::Uniqueness(_))));
    issue("another").unwrap();
    world.pass(Duration::minutes(60));
    issue("okta console").unwrap();
    assert!(
        world
            .service
            .revoke_token(&root(), client.id, first.id)
            .is_ok()
    );
}
