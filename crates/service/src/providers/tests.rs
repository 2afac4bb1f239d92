use chrono::Duration;
use vestibule_domain::AccessGroupId;
use vestibule_domain::provider::{LinkDelivery, UserType};
use vestibule_oauth::Scopes;

use super::*;
use crate::people::PeopleQuery;
use crate::world::{World, provider, request, root};

#[test]
fn a_registered_provider_is_shown_without_its_secret() {
    let world = World::new();
    let made = world.register(provider("Okta", UserType::ThirdParty));
    let id = made.provider.provider.id;
    assert!(made.provider.client_id.starts_with("vcl_"));
    assert_eq!(made.provider.client_id.len(), 20);
    let details = world.service.find_provider(&root(), id).unwrap();
    assert_eq!(details.provider, made.provider.provider);
    assert_eq!(details.secrets.len(), 1);
    assert_eq!(details.secrets[0].id, made.secret_id);
    assert_eq!(world.providers(), std::slice::from_ref(&made.provider));
    assert_eq!(world.last_actions(2), ["provider.created", "secret.issued"]);
    let shown = format!("{details:?} {:?} {made:?}", world.events());
    assert!(!shown.contains(made.client_secret.expose()));
}

#[test]
fn a_name_stands_for_one_provider_of_a_user_type() {
    let world = World::new();
    let add = |name, user_type| {
        world
            .service
            .register_provider(&root(), provider(name, user_type), ProviderState::Disabled)
    };
    let first = add("Okta", UserType::Internal).unwrap().provider.provider;
    assert_eq!(first.state, ProviderState::Disabled);
    assert!(matches!(
        add("OKTA", UserType::Internal),
        Err(Error::Uniqueness(_))
    ));
    add("Okta", UserType::ThirdParty).unwrap();
    add("Entra", UserType::Internal).unwrap();
    let renamed =
        world
            .service
            .change_provider(&root(), first.id, Precondition::NONE, |settings| {
                settings.name = "entra".to_owned();
                Ok(())
            });
    assert!(matches!(renamed, Err(Error::Uniqueness(_))));
}

#[test]
fn wrong_settings_are_named() {
    let world = World::new();
    let none = AccessGroupId::from_uuid(uuid::Uuid::nil());
    let mut nameless = provider("", UserType::Internal);
    let mut powerless = provider("Okta", UserType::Internal);
    powerless.scopes = Scopes::NONE;
    let mut lost = provider("Okta", UserType::Internal);
    lost.default_access_group = Some(none);
    for (settings, expected) in [
        (&mut nameless, "name"),
        (&mut powerless, "scopes"),
        (&mut lost, "default_access_group"),
    ] {
        let refused =
            world
                .service
                .register_provider(&root(), settings.clone(), ProviderState::Active);
        assert!(matches!(refused, Err(Error::Invalid { field, .. }) if field == expected));
    }
    assert_eq!(world.events(), []);
}

#[test]
fn a_change_is_versioned_and_told_by_its_fields() {
    let world = World::new();
    let id = world
        .register(provider("Okta", UserType::Internal))
        .provider
        .provider
        .id;
    let rename = |expected, name: &'static str| {
        world
            .service
            .change_provider(&root(), id, expected, move |settings| {
                settings.name = name.to_owned();
                Ok(())
            })
    };
    let events = world.events().len();
    assert_eq!(
        rename(Precondition::NONE, "Okta").unwrap().provider.version,
        1
    );
    assert_eq!(world.events().len(), events);
    assert!(matches!(
        rename(Precondition::version(2), "Entra"),
        Err(Error::PreconditionFailed)
    ));
    assert_eq!(
        rename(Precondition::version(1), "Entra")
            .unwrap()
            .provider
            .version,
        2
    );
    let payload = world.events()[0].payload.clone().unwrap();
    assert_eq!(
        payload,
        json!({"before": {"name": "Okta"}, "after": {"name": "Entra"}})
    );

    let retyped = world
        .service
        .change_provider(&root(), id, Precondition::NONE, |settings| {
            settings.user_type = UserType::ThirdParty;
            Ok(())
        });
    assert!(matches!(retyped, Err(Error::Invalid { field, .. }) if field == "user_type"));
}

#[test]
fn disabling_ends_short_tokens_and_spares_activation_tokens() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    world
        .service
        .issue_activation_token(&root(), client.id, "pasted", None, None)
        .unwrap();
    let tokens = || {
        world
            .service
            .preview_provider_deletion(&root(), client.id)
            .unwrap()
            .tokens
    };
    let set = |state| {
        world
            .service
            .set_provider_state(&root(), client.id, Precondition::NONE, state)
            .unwrap()
    };
    assert_eq!(tokens(), 2);
    set(ProviderState::Paused);
    set(ProviderState::Paused);
    set(ProviderState::Active);
    assert_eq!(tokens(), 2);
    set(ProviderState::Disabled);
    assert_eq!(tokens(), 1);
    assert_eq!(set(ProviderState::Active).provider.version, 5);
    assert_eq!(
        world.last_actions(4),
        [
            "provider.paused",
            "provider.resumed",
            "provider.disabled",
            "provider.enabled"
        ]
    );
}

#[test]
fn a_disabled_provider_is_neither_paused_nor_resumed() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let service = &world.service;
    let resume = || service.resume_provider(&root(), client.id);
    let set = |state| service.set_provider_state(&root(), client.id, Precondition::NONE, state);
    assert!(resume().is_ok(), "it is active already");
    set(ProviderState::Paused).unwrap();
    assert_eq!(resume().unwrap().provider.state, ProviderState::Active);
    set(ProviderState::Disabled).unwrap();
    for outcome in [resume(), set(ProviderState::Paused)] {
        let Err(Error::Conflict(why)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(why.to_string().contains("provider enable"), "{why}");
    }
    assert_eq!(world.last_actions(1), ["provider.disabled"]);
}

#[test]
fn what_could_never_authenticate_is_not_registered() {
    let world = World::new();
    let federated = |name: &str| {
        let mut settings = provider(name, UserType::Internal);
        settings.authentication = serde_json::from_value(json!({"federated": [{
            "issuer": "https://login.example", "jwks_uri": "https://login.example/keys",
            "subjects": ["a", "b"], "audiences": ["c"],
        }]}))
        .unwrap();
        settings
    };
    let first = world.register(federated("First"));
    let register = |settings| {
        let state = ProviderState::Active;
        world.service.register_provider(&root(), settings, state)
    };
    let Err(Error::Conflict(why)) = register(federated("Second")) else {
        panic!("a token of a would not tell whose it is");
    };
    assert!(why.to_string().contains("provider First is federated"));
    // It may stay what it is.
    let renamed = world.service.change_provider(
        &root(),
        first.provider.provider.id,
        Precondition::NONE,
        |settings| {
            settings.name = "Renamed".to_owned();
            settings.authentication.federated[0].subjects.pop();
            Ok(())
        },
    );
    assert!(renamed.is_ok(), "{renamed:?}");
    let mut plain = provider("Plain", UserType::Internal);
    plain.authentication.private_key_jwt = Some(vestibule_oauth::PrivateKeyJwt {
        jwks: None,
        jwks_uri: Some("http://login.example/keys".to_owned()),
        algorithms: vestibule_oauth::SigningAlgorithm::ALL.to_vec(),
    });
    let mut delivering = provider("Delivering", UserType::ThirdParty);
    delivering.link_delivery = LinkDelivery::Yes;
    for (settings, wrong) in [
        (plain, "private_key_jwt.jwks_uri"),
        (delivering, "link_delivery"),
    ] {
        let outcome = register(settings);
        assert!(
            matches!(&outcome, Err(Error::Invalid { field, .. }) if field == wrong),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_deleted_provider_leaves_nothing_but_events() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let kept = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    world.group(&client, "Acme", &[ada.to_string()]);
    world.group(&client, "Bolt", &[]);
    let grace = world.user(&kept, "grace");
    let block = world
        .service
        .block_user(&root(), ada, "Lost laptop", None)
        .unwrap();
    let holdings = world
        .service
        .preview_provider_deletion(&root(), client.id)
        .unwrap();
    let expected = Holdings {
        users: 1,
        groups: 2,
        vendors: 2,
        placements: 1,
        tokens: 1,
    };
    assert_eq!(holdings, expected);
    assert_eq!(
        world
            .service
            .delete_provider(&root(), client.id, Precondition::NONE)
            .unwrap(),
        expected
    );

    assert_eq!(
        world.last_actions(7),
        [
            "provider.disabled",
            "user.deleted",
            "vendor.closed",
            "vendor.closed",
            "group.deleted",
            "group.deleted",
            "provider.deleted"
        ]
    );
    let events = world.events();
    let payload = events[0].payload.clone().unwrap();
    assert_eq!(payload["before"]["holdings"]["users"], 1);
    let began = events[6].id.to_string();
    for ended in &events[..6] {
        assert_eq!(ended.cause.as_deref(), Some(&*began));
        assert_eq!(ended.provider.as_deref(), Some(&*client.id.to_string()));
    }
    assert_eq!(events[5].subject_id, ada.to_string());
    assert_eq!(
        events[5].payload.clone().unwrap()["before"]["userName"],
        "ada"
    );
    assert_eq!(events[4].payload.clone().unwrap()["before"]["name"], "Acme");
    assert_eq!(
        events[2].payload.clone().unwrap()["before"]["displayName"],
        "Acme"
    );
    let gone = world.service.find_provider(&root(), client.id);
    assert!(matches!(gone, Err(Error::NotFound("provider"))));
    let again = world
        .service
        .delete_provider(&root(), client.id, Precondition::NONE);
    assert!(matches!(again, Err(Error::NotFound("provider"))));
    let people = world
        .service
        .list_people(&root(), &PeopleQuery::default())
        .unwrap()
        .items;
    assert_eq!(
        people.iter().map(|person| person.id).collect::<Vec<_>>(),
        [grace]
    );
    assert_eq!(world.vendors(client.id), []);
    let asked = request(&client.credentials, &client.credentials.client_secret);
    assert!(matches!(world.grant(&asked), Err(Error::Token(_))));
    // The e-mail is free again, but whoever has it is still blocked.
    let again = world.user(&kept, "ada");
    assert_eq!(world.service.blocks_of(&root(), again).unwrap(), [block]);
}

#[test]
fn a_deletion_in_many_steps_tells_of_every_person() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let people = usize::try_from(deletion::CLEARED).unwrap() + 3;
    for number in 0..people {
        world.user(&client, &format!("user{number}"));
    }
    world
        .service
        .delete_provider(&root(), client.id, Precondition::NONE)
        .unwrap();
    let told = world
        .events()
        .iter()
        .filter(|event| event.action == "user.deleted")
        .count();
    assert_eq!(told, people);
}

#[test]
fn each_role_reaches_as_far_as_it_says() {
    let world = World::new();
    let id = world
        .register(provider("Okta", UserType::Internal))
        .provider
        .provider
        .id;
    let auditor = world.admin("auditor", Role::Auditor);
    let operator = world.admin("operator", Role::Operator);
    let administrator = world.admin("administrator", Role::Administrator);
    for call in [&auditor, &operator] {
        assert!(world.service.find_provider(call, id).is_ok());
        let refused = world.service.register_provider(
            call,
            provider("Two", UserType::Internal),
            ProviderState::Active,
        );
        assert!(matches!(
            refused,
            Err(Error::Forbidden(Role::Administrator))
        ));
        let refused = world.service.delete_provider(call, id, Precondition::NONE);
        assert!(matches!(
            refused,
            Err(Error::Forbidden(Role::Administrator))
        ));
        let refused = world.service.rotate_secret(call, id, None);
        assert!(matches!(
            refused,
            Err(Error::Forbidden(Role::Administrator))
        ));
    }
    let settings = || vestibule_domain::access_group::AccessGroupSettings {
        name: "Windows".to_owned(),
        ..Default::default()
    };
    let refused = world.service.create_access_group(&auditor, settings());
    assert!(matches!(refused, Err(Error::Forbidden(Role::Operator))));
    world
        .service
        .create_access_group(&operator, settings())
        .unwrap();
    world
        .service
        .set_provider_state(
            &administrator,
            id,
            Precondition::NONE,
            ProviderState::Paused,
        )
        .unwrap();
    let event = &world.events()[0];
    assert_eq!(event.actor_detail.as_deref(), Some("administrator"));
    assert_eq!(event.request_id.as_deref(), Some("request-1"));
}

#[test]
fn validity_is_kept_to_the_microsecond() {
    let world = World::new();
    let until = world.service.now() + Duration::nanoseconds(1_234_567);
    let mut settings = provider("Okta", UserType::Internal);
    settings.valid_until = Some(until);
    let made = world.register(settings);
    let kept = made.provider.provider.settings.valid_until.unwrap();
    assert_eq!(until - kept, Duration::nanoseconds(567));
}
