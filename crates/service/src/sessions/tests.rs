use chrono::Duration;
use totp_rs::{Builder, Secret as Key};

use super::*;
use crate::world::{World, root};

const PASSWORD: &str = "correct horse battery";

fn attempt(name: &str, password: &str, code: Option<String>) -> SignIn {
    SignIn {
        name: name.to_owned(),
        password: Password(password.to_owned()),
        code,
        address: "192.0.2.7".parse().ok(),
        request_id: Some("request-4".to_owned()),
    }
}

fn call(secret: &Secret) -> AdminCall {
    AdminCall {
        credential: AdminCredential::Session(Ok(secret.digest())),
        address: None,
        request_id: Some("request-5".to_owned()),
    }
}

fn session(world: &World, name: &str) -> AdminCall {
    match world
        .service
        .sign_in(&attempt(name, PASSWORD, None))
        .unwrap()
    {
        SignedIn::Welcome { secret, .. } => call(&secret),
        other => panic!("{other:?}"),
    }
}

fn ada(world: &World, role: Role) {
    world
        .service
        .create_administrator(&root(), "Ada", role, PASSWORD)
        .unwrap();
}

fn code(key: &str, world: &World) -> String {
    let totp = Builder::new()
        .with_secret(Key::try_from_base32(key).unwrap())
        .build()
        .unwrap();
    totp.generate(world.service.now().timestamp().try_into().unwrap())
        .to_string()
}

#[test]
fn a_session_does_what_its_owner_may_until_it_ends() {
    let world = World::new();
    ada(&world, Role::Auditor);
    let call = session(&world, "ada");
    assert_eq!(world.service.identify(&call).unwrap().role, Role::Auditor);
    assert!(matches!(
        world.service.delete_administrator(&call, "ada"),
        Err(Error::Forbidden(Role::Administrator))
    ));
    assert_eq!(world.last_actions(1), ["administrator.signed_in"]);
    world.service.sign_out(&call).unwrap();
    assert!(matches!(
        world.service.identify(&call),
        Err(Error::Unauthenticated(_))
    ));
    world.service.sign_out(&call).unwrap();
    assert_eq!(
        world.last_actions(2),
        ["administrator.signed_in", "administrator.signed_out"]
    );
}

#[test]
fn a_session_ends_by_idleness_and_by_age() {
    let world = World::new();
    ada(&world, Role::Auditor);
    let call = session(&world, "Ada");
    world.pass(Duration::minutes(29));
    assert!(world.service.present(&call).unwrap().stale);
    world.service.note_presence(&call).unwrap();
    world.pass(Duration::minutes(29));
    world.service.identify(&call).unwrap();
    world.pass(Duration::minutes(1));
    assert!(world.service.identify(&call).is_err());

    let call = session(&world, "Ada");
    for _ in 0..24 * 6 {
        if world.service.identify(&call).is_err() {
            break;
        }
        world.service.note_presence(&call).unwrap();
        world.pass(Duration::minutes(20));
    }
    assert!(world.service.identify(&call).is_err());
    assert!(world.service.purge_sessions().unwrap() >= 2);
}

#[test]
fn whatever_it_rests_on_ends_it() {
    let world = World::new();
    world
        .service
        .create_administrator(&root(), "Root", Role::Administrator, PASSWORD)
        .unwrap();
    ada(&world, Role::Operator);
    let service = &world.service;
    let ends: [&dyn Fn(); 4] = [
        &|| drop(service.change_administrator(&root(), "Ada", Role::Auditor, true)),
        &|| drop(service.change_administrator(&root(), "Ada", Role::Auditor, false)),
        &|| drop(service.reset_administrator(&root(), "Ada", PASSWORD)),
        &|| drop(service.delete_administrator(&root(), "Ada")),
    ];
    for end in ends {
        drop(service.change_administrator(&root(), "Ada", Role::Operator, true));
        let call = session(&world, "Ada");
        service.identify(&call).unwrap();
        end();
        assert!(service.identify(&call).is_err());
    }
}

#[test]
fn a_password_is_changed_by_who_knows_it() {
    let world = World::new();
    ada(&world, Role::Auditor);
    let call = session(&world, "Ada");
    let change = |current: &str, new: &str| {
        world
            .service
            .change_own_password(&call, &Password(current.to_owned()), new)
    };
    assert!(matches!(
        change("wrong wrong wrong", "another long password"),
        Err(Error::Invalid { field, .. }) if field == "current"
    ));
    change(PASSWORD, "another long password").unwrap();
    assert!(world.service.identify(&call).is_err());
    let old = world
        .service
        .sign_in(&attempt("Ada", PASSWORD, None))
        .unwrap();
    assert!(matches!(old, SignedIn::Wrong));
}

#[test]
fn the_last_administrator_stays() {
    let world = World::new();
    ada(&world, Role::Administrator);
    let service = &world.service;
    assert!(matches!(
        service.change_administrator(&root(), "Ada", Role::Operator, true),
        Err(Error::Conflict(_))
    ));
    assert!(matches!(
        service.change_administrator(&root(), "Ada", Role::Administrator, false),
        Err(Error::Conflict(_))
    ));
    assert!(matches!(
        service.delete_administrator(&root(), "Ada"),
        Err(Error::Conflict(_))
    ));
    assert!(service.find_administrator(&root(), "Ada").unwrap().enabled);
}

#[test]
fn guesses_are_slowed_for_their_source_alone() {
    let world = World::new();
    ada(&world, Role::Auditor);
    for _ in 0..NAME_FAILURES {
        let wrong = attempt("ADA", "wrong wrong wrong", None);
        assert!(matches!(
            world.service.sign_in(&wrong).unwrap(),
            SignedIn::Wrong
        ));
    }
    let right = attempt("ada", PASSWORD, None);
    let refused = world.service.sign_in(&right).unwrap();
    assert!(matches!(refused, SignedIn::TooOften { retry_after: 1.. }));
    let elsewhere = SignIn {
        address: "192.0.2.8".parse().ok(),
        ..right.clone()
    };
    assert!(matches!(
        world.service.sign_in(&elsewhere).unwrap(),
        SignedIn::Welcome { .. }
    ));
    world.pass(WINDOW);
    assert!(matches!(
        world.service.sign_in(&right).unwrap(),
        SignedIn::Welcome { .. }
    ));
    let failed = world
        .events()
        .into_iter()
        .filter(|event| event.action == "administrator.sign_in_failed")
        .count();
    assert_eq!(failed, 2);
}

#[test]
fn all_of_an_ipv6_network_is_one_source_at_the_sign_in() {
    let world = World::new();
    ada(&world, Role::Auditor);
    let from = |address: &str, password| SignIn {
        address: address.parse().ok(),
        ..attempt("ada", password, None)
    };
    for host in 0..NAME_FAILURES {
        let wrong = from(&format!("2001:db8:1:2::{host:x}"), "wrong wrong wrong");
        let told = world.service.sign_in(&wrong).unwrap();
        assert!(matches!(told, SignedIn::Wrong));
    }
    let same = world
        .service
        .sign_in(&from("2001:db8:1:2:ffff::1", PASSWORD));
    assert!(matches!(same.unwrap(), SignedIn::TooOften { .. }));
    let other = world.service.sign_in(&from("2001:db8:1:3::1", PASSWORD));
    assert!(matches!(other.unwrap(), SignedIn::Welcome { .. }));
}

#[test]
fn an_unknown_name_and_a_wrong_password_are_answered_alike() {
    let world = World::new();
    ada(&world, Role::Auditor);
    for name in ["Ada", "Nobody", ""] {
        let wrong = attempt(name, "wrong wrong wrong", None);
        assert!(matches!(
            world.service.sign_in(&wrong).unwrap(),
            SignedIn::Wrong
        ));
    }
}

#[test]
fn the_second_factor_is_asked_for_and_each_code_works_once() {
    let world = World::new();
    ada(&world, Role::Auditor);
    let call = session(&world, "Ada");
    let offered = world.service.offer_second_factor("Ada");
    assert!(offered.address.contains(&offered.key), "{offered:?}");
    assert!(matches!(
        world.service.set_second_factor(&call, &offered.key, "000000"),
        Err(Error::Invalid { field, .. }) if field == "code"
    ));
    let first = code(&offered.key, &world);
    world
        .service
        .set_second_factor(&call, &offered.key, &first)
        .unwrap();

    let try_with = |code: Option<String>| {
        world
            .service
            .sign_in(&attempt("Ada", PASSWORD, code))
            .unwrap()
    };
    assert!(matches!(try_with(None), SignedIn::CodeNeeded));
    assert!(matches!(try_with(Some("000000".into())), SignedIn::Wrong));
    assert!(matches!(try_with(Some(first)), SignedIn::Wrong));
    world.pass(Duration::seconds(30));
    let next = code(&offered.key, &world);
    assert!(matches!(
        try_with(Some(next.clone())),
        SignedIn::Welcome { .. }
    ));
    assert!(matches!(try_with(Some(next)), SignedIn::Wrong));
}

#[test]
fn of_attempts_at_once_none_gets_in_after_the_failures_of_the_others() {
    let world = World::new();
    ada(&world, Role::Auditor);
    let right = attempt("Ada", PASSWORD, None);
    let wrong = attempt("Ada", "wrong wrong wrong", None);
    // Looked at before the others had failed.
    let verified = world.service.verify(&right).unwrap().unwrap();
    for _ in 0..NAME_FAILURES {
        let failed = world.service.refuse(&wrong, keys(&wrong)).unwrap();
        assert!(matches!(failed, SignedIn::Wrong));
    }
    let late = world.service.refuse(&wrong, keys(&wrong)).unwrap();
    assert!(matches!(late, SignedIn::TooOften { .. }), "{late:?}");
    let late = world.service.open_session(&right, &verified).unwrap();
    assert!(matches!(late, SignedIn::TooOften { .. }), "{late:?}");
    world.pass(WINDOW);
    let welcome = world.service.open_session(&right, &verified).unwrap();
    assert!(matches!(welcome, SignedIn::Welcome { .. }));
}

#[test]
fn an_outage_is_not_the_end_of_a_session() {
    let ended = unless_ended::<()>(Err(BearerError::InvalidToken.into()));
    assert!(matches!(ended, Ok(None)));
    let outage = unless_ended::<()>(Err(Error::internal("away")));
    assert!(matches!(outage, Err(Error::Internal(_))));
}
