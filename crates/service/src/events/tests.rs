use vestibule_domain::provider::UserType;

use super::*;
use crate::world::{World, provider, root};

#[test]
fn events_are_found_by_subject_action_and_page() {
    let world = World::new();
    let okta = world
        .register(provider("Okta", UserType::Internal))
        .provider
        .provider
        .id;
    let entra = world
        .register(provider("Entra", UserType::Internal))
        .provider
        .provider
        .id;
    let find = |query: EventQuery| -> Vec<String> {
        let found = world.service.list_events(&root(), &query).unwrap();
        found.items.into_iter().map(|event| event.action).collect()
    };
    let choose = |choice| EventQuery {
        choice,
        ..EventQuery::default()
    };
    let of = |provider| {
        choose(Choice {
            provider: Some(provider),
            ..Choice::default()
        })
    };
    assert_eq!(find(of(okta)), ["secret.issued", "provider.created"]);
    assert_eq!(
        find(EventQuery {
            page: PageQuery::first(1),
            ..of(entra)
        }),
        ["secret.issued"]
    );
    let first = EventQuery {
        page: PageQuery::first(1),
        ..of(entra)
    };
    let after = world.service.list_events(&root(), &first).unwrap().next;
    let rest = PageQuery {
        after,
        ..PageQuery::default()
    };
    assert_eq!(
        find(EventQuery {
            page: rest,
            ..of(entra)
        }),
        ["provider.created"]
    );
    let subject = Choice {
        subject: Some(okta.as_uuid()),
        ..Choice::default()
    };
    assert_eq!(find(choose(subject)), ["provider.created"]);
    let action = Choice {
        action: Some("secret.issued".to_owned()),
        ..Choice::default()
    };
    assert_eq!(find(choose(action)), ["secret.issued", "secret.issued"]);
}

#[test]
fn the_chain_of_all_that_happened_holds_and_shows_no_secret() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let ada = world.user(&client, "ada");
    world.group(&client, "Acme", &[ada.to_string()]);
    let root = root();
    let pasted = world
        .service
        .issue_activation_token(&root, client.id, "x", None, None)
        .unwrap();
    let rotated = world.service.rotate_secret(&root, client.id, None).unwrap();
    let link = world.service.new_set_up_link().unwrap();
    world
        .service
        .create_administrator(&root, "Ada", Role::Auditor, "correct horse battery")
        .unwrap();
    let token = world
        .service
        .issue_admin_token(&root, "Ada", "x", None)
        .unwrap();
    let told = serde_json::to_string(&world.events()).unwrap();
    for secret in [
        &client.credentials.client_secret,
        &pasted.access_token,
        &rotated.client_secret,
        &link,
        &token.secret,
    ] {
        assert!(!told.contains(secret.expose()));
    }
    for hint in ["vss_", "vat_", "vap_", "vsu_", "argon2", "correct horse"] {
        assert!(!told.contains(hint), "{hint}");
    }
    assert_eq!(world.service.seal_events().unwrap(), 0);
    let chain = world.service.verify_chain(&root).unwrap();
    assert_eq!((chain.broken, chain.unsealed), (None, 0));
    assert_eq!(usize::try_from(chain.sealed).unwrap(), world.events().len());
}
