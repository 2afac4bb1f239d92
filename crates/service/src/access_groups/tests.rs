use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorSettings;

use super::*;
use crate::world::{World, provider, root};

#[test]
fn names_are_unique_without_case() {
    let world = World::new();
    let made = world.access_group("Windows");
    let settings = AccessGroupSettings {
        name: "WINDOWS".to_owned(),
        ..made.settings.clone()
    };
    let twice = world.service.create_access_group(&root(), settings.clone());
    assert!(matches!(twice, Err(Error::Uniqueness(_))));
    let renamed = world.service.change_access_group(
        &root(),
        made.id,
        Precondition::version(1),
        move |edited| {
            *edited = settings.clone();
            Ok(())
        },
    );
    assert_eq!(renamed.unwrap().version, 2);
    assert_eq!(
        world.last_actions(2),
        ["access_group.created", "access_group.changed"]
    );
}

#[test]
fn a_change_is_versioned() {
    let world = World::new();
    let made = world.access_group("Windows");
    let enable = |expected, enabled| {
        world
            .service
            .change_access_group(&root(), made.id, expected, move |settings| {
                settings.enabled = enabled;
                Ok(())
            })
    };
    let events = world.events().len();
    assert_eq!(enable(Precondition::NONE, true).unwrap(), made);
    assert_eq!(world.events().len(), events);
    assert!(matches!(
        enable(Precondition::version(7), false),
        Err(Error::PreconditionFailed)
    ));
    assert!(
        !enable(Precondition::version(1), false)
            .unwrap()
            .settings
            .enabled
    );
    let wrong =
        world
            .service
            .change_access_group(&root(), made.id, Precondition::NONE, |settings| {
                settings.disapprovals_to_cancel = 0;
                Ok(())
            });
    assert!(
        matches!(wrong, Err(Error::Invalid { field, .. }) if field == "disapprovals_to_cancel")
    );
}

#[test]
fn what_is_tied_to_it_keeps_it() {
    let world = World::new();
    let access_group = world.access_group("Windows").id;
    let vendors = world.client(UserType::ThirdParty);
    world.group(&vendors, "Acme", &[]);
    let vendor = world.vendors(vendors.id)[0].id;
    let tie = move |tied: Option<AccessGroupId>| {
        move |settings: &mut VendorSettings| {
            settings.access_group = tied;
            Ok(())
        }
    };
    world
        .service
        .change_vendor(&root(), vendor, Precondition::NONE, tie(Some(access_group)))
        .unwrap();
    let staff = world.client(UserType::Internal);
    let group = world.group(&staff, "Admins", &[]);
    let tie_group = |tied| {
        world
            .service
            .change_internal_group(&root(), group, Precondition::NONE, move |settings| {
                settings.access_group = tied;
                Ok(())
            })
    };
    tie_group(Some(access_group)).unwrap();
    let mut settings = provider("Entra", UserType::Internal);
    settings.default_access_group = Some(access_group);
    let entra = world.register(settings).provider.provider.id;

    let details = world
        .service
        .find_access_group(&root(), access_group)
        .unwrap();
    assert_eq!(
        details.tied,
        Tied {
            vendors: 1,
            internal_groups: 1,
            providers: 1
        }
    );
    match world
        .service
        .delete_access_group(&root(), access_group, Precondition::NONE)
    {
        Err(Error::Conflict(said)) => assert!(said.to_string().contains("1 vendors"), "{said}"),
        other => panic!("{other:?}"),
    }
    world
        .service
        .change_vendor(&root(), vendor, Precondition::NONE, tie(None))
        .unwrap();
    tie_group(None).unwrap();
    assert!(matches!(
        world
            .service
            .delete_access_group(&root(), access_group, Precondition::NONE),
        Err(Error::Conflict(_))
    ));
    world
        .service
        .delete_provider(&root(), entra, Precondition::NONE)
        .unwrap();
    world
        .service
        .delete_access_group(&root(), access_group, Precondition::NONE)
        .unwrap();
    assert_eq!(world.last_actions(1), ["access_group.deleted"]);
    let gone = world.service.find_access_group(&root(), access_group);
    assert!(matches!(gone, Err(Error::NotFound("access group"))));
}

#[test]
fn pages_follow_each_other() {
    let world = World::new();
    let ids: Vec<_> = ["a", "b", "c"]
        .iter()
        .map(|name| world.access_group(name).id)
        .collect();
    let page = |after, limit| {
        let query = AccessGroupQuery {
            page: PageQuery {
                after,
                limit,
                ..PageQuery::default()
            },
            ..AccessGroupQuery::default()
        };
        let found = world.service.list_access_groups(&root(), &query).unwrap();
        let ids: Vec<_> = found.items.iter().map(|found| found.id).collect();
        (ids, found.next)
    };
    assert_eq!(page(None, None), (ids.clone(), None));
    let (first, next) = page(None, Some(2));
    assert_eq!(first, ids[..2]);
    assert_eq!(page(next, Some(u64::MAX)), (ids[2..].to_vec(), None));
    assert_eq!(page(None, Some(0)).0, ids[..1]);
}
