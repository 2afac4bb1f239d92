use argon2::password_hash::{PasswordHash, PasswordVerifier as _};
use chrono::Duration;
use vestibule_storage::administrators as rows;

use argon2::Argon2;

use super::*;
use crate::AdminCredential;
use crate::world::{World, root};

const PASSWORD: &str = "correct horse battery";

#[test]
fn r_tok_4_a_password_is_kept_as_argon2id() {
    let world = World::new();
    let made = world
        .service
        .create_administrator(&root(), "Ada", Role::Operator, PASSWORD)
        .unwrap();
    assert_eq!(
        world
            .service
            .list_administrators(&root(), &AdministratorQuery::default())
            .unwrap()
            .items,
        [made]
    );
    let row = world
        .service
        .store()
        .read(|tx| rows::find_by_name(tx, "ada"))
        .unwrap()
        .unwrap();
    assert!(
        row.password_hash
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    );
    let hash = PasswordHash::new(&row.password_hash).unwrap();
    assert!(
        Argon2::default()
            .verify_password(PASSWORD.as_bytes(), &hash)
            .is_ok()
    );
    assert!(!format!("{:?}", world.events()).contains("argon2"));
}

#[test]
fn names_and_passwords_are_checked() {
    let world = World::new();
    let create = |name: &str, password: &str| {
        world
            .service
            .create_administrator(&root(), name, Role::Auditor, password)
    };
    for (name, password, expected) in [
        ("", PASSWORD, "name"),
        ("Ada\n", PASSWORD, "name"),
        ("Ada", "elevenchars", "password"),
        ("Ada", "twelveéééé", "password"),
        ("Ada", &"x".repeat(1_025), "password"),
    ] {
        let refused = create(name, password);
        assert!(matches!(refused, Err(Error::Invalid { field, .. }) if field == expected));
    }
    create("Ada", PASSWORD).unwrap();
    assert!(matches!(create("ADA", PASSWORD), Err(Error::Uniqueness(_))));
    let auditor = world.admin("auditor", Role::Auditor);
    let refused =
        world
            .service
            .create_administrator(&auditor, "Eve", Role::Administrator, PASSWORD);
    assert!(matches!(
        refused,
        Err(Error::Forbidden(Role::Administrator))
    ));
}

#[test]
fn an_api_token_works_until_it_expires_or_is_revoked() {
    let world = World::new();
    world
        .service
        .create_administrator(&root(), "Ada", Role::Administrator, PASSWORD)
        .unwrap();
    let issue = |ttl| {
        world
            .service
            .issue_admin_token(&root(), "ada", "laptop", ttl)
    };
    let call = |issued: &NewAdminToken| AdminCall {
        credential: AdminCredential::Token(Ok(issued.secret.digest())),
        address: None,
        request_id: None,
    };
    let works = |issued: &NewAdminToken| world.service.identify(&call(issued)).is_ok();
    let (brief, lasting) = (issue(Some(5)).unwrap(), issue(None).unwrap());
    assert!(brief.secret.expose().starts_with("vap_"));
    assert!(matches!(issue(Some(0)), Err(Error::Invalid { field, .. }) if field == "ttl"));
    assert!(issue(Some(u64::MAX)).unwrap().token.expires.is_some());
    assert!(works(&brief) && works(&lasting));
    world.pass(Duration::minutes(5));
    assert!(!works(&brief) && works(&lasting));
    assert_eq!(
        world
            .service
            .admin_tokens(&root(), "Ada", &PageQuery::default())
            .unwrap()
            .items
            .len(),
        3
    );
    world
        .service
        .revoke_admin_token(&root(), lasting.token.id)
        .unwrap();
    assert!(!works(&lasting));
    let refused = world.service.identify(&call(&lasting));
    assert!(matches!(
        refused,
        Err(Error::Unauthenticated(BearerError::InvalidToken))
    ));
    let again = world.service.revoke_admin_token(&root(), lasting.token.id);
    assert!(matches!(again, Err(Error::NotFound("token"))));
    assert_eq!(
        world.last_actions(2),
        ["admin_token.issued", "admin_token.revoked"]
    );
}

#[test]
fn the_set_up_link_makes_one_administrator() {
    let world = World::new();
    assert!(world.service.set_up_link_needed().unwrap());
    let earlier = world.service.new_set_up_link().unwrap();
    let link = world.service.new_set_up_link().unwrap();
    let redeem = |secret: &Secret, name: &str, password: &str| {
        world
            .service
            .redeem_set_up_link(secret.digest(), name, password, None)
    };
    let unauthenticated = |answer| {
        matches!(
            answer,
            Err(Error::Unauthenticated(BearerError::InvalidToken))
        )
    };
    assert!(unauthenticated(redeem(&earlier, "Ada", PASSWORD)));
    // A password that is too short does not use the link up.
    assert!(matches!(
        redeem(&link, "Ada", "short"),
        Err(Error::Invalid { .. })
    ));
    let first = redeem(&link, "Ada", PASSWORD).unwrap();
    assert_eq!(first.role, Role::Administrator);
    assert!(unauthenticated(redeem(&link, "Eve", PASSWORD)));
    assert!(!world.service.set_up_link_needed().unwrap());
    assert!(matches!(
        world.service.new_set_up_link(),
        Err(Error::Conflict(_))
    ));
    assert_eq!(
        world.last_actions(4),
        [
            "set_up_link.issued",
            "set_up_link.issued",
            "set_up_link.used",
            "administrator.created"
        ]
    );
}

#[test]
fn the_set_up_link_expires() {
    let world = World::new();
    let link = world.service.new_set_up_link().unwrap();
    world.pass(world.service.settings().set_up_link);
    let late = world
        .service
        .redeem_set_up_link(link.digest(), "Ada", PASSWORD, None);
    assert!(matches!(late, Err(Error::Unauthenticated(_))));
}

#[test]
fn a_link_left_over_is_worth_nothing_once_there_is_an_administrator() {
    let world = World::new();
    let link = world.service.new_set_up_link().unwrap();
    world
        .service
        .create_administrator(&root(), "Ada", Role::Administrator, PASSWORD)
        .unwrap();
    let answer = world
        .service
        .redeem_set_up_link(link.digest(), "Eve", PASSWORD, None);
    assert!(matches!(answer, Err(Error::Conflict(_))));
}

#[test]
fn of_two_changes_of_a_password_at_once_the_later_is_refused() {
    let world = World::new();
    let service = &world.service;
    service
        .create_administrator(&root(), "Root", Role::Administrator, PASSWORD)
        .unwrap();
    let own = service
        .create_administrator(&root(), "Ada", Role::Administrator, PASSWORD)
        .unwrap();
    let row = || {
        let found = service.store().read(|tx| rows::find(tx, own.id));
        found.unwrap().unwrap()
    };
    let checked = row();
    let change = |known: &rows::Administrator, hash: &str| {
        service.set_password(&root(), Role::Auditor, "Ada", hash.to_owned(), Some(known))
    };
    // Both have shown that they know the password before either is written.
    change(&checked, "first").unwrap();
    assert!(matches!(
        change(&checked, "second"),
        Err(Error::Invalid { field, .. }) if field == "current"
    ));
    assert_eq!(row().password_hash, "first");
    // A reset in between.
    let checked = row();
    service
        .reset_administrator(&root(), "Ada", "another long password")
        .unwrap();
    let reset = row().password_hash;
    change(&checked, "third").unwrap_err();
    assert_eq!(row().password_hash, reset);
    // Somebody else of that name.
    let checked = row();
    service.delete_administrator(&root(), "Ada").unwrap();
    service
        .create_administrator(&root(), "Ada", Role::Auditor, PASSWORD)
        .unwrap();
    assert!(change(&checked, "fourth").is_err());
}
