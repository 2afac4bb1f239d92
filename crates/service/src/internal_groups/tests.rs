use vestibule_domain::access::Check;
use vestibule_domain::{AccessGroupId, UserId};

use super::*;
use crate::Precondition;
use crate::people::PersonGroup;
use crate::world::{World, provider, root};

fn failing(world: &World, user: UserId) -> Vec<Check> {
    let decision = world.service.decide_access(&root(), user, None).unwrap();
    decision
        .chain
        .iter()
        .filter(|step| !step.holds)
        .map(|step| step.check)
        .collect()
}

fn tie(world: &World, group: GroupId, tied: Option<AccessGroupId>) -> Result<InternalGroup, Error> {
    world
        .service
        .change_internal_group(&root(), group, Precondition::NONE, move |settings| {
            settings.access_group = tied;
            Ok(())
        })
}

#[test]
fn a_tied_group_lets_its_people_in_also_those_of_nested_groups() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    assert_eq!(failing(&world, ada), [Check::InternalGroupMember]);
    let team = world.group(&client, "Team", &[ada.to_string()]);
    let all = world.group(&client, "All", &[team.to_string()]);
    let nested = world.events()[0].clone();
    assert_eq!(nested.action, "members.changed");
    assert_eq!(failing(&world, ada), [Check::AccessGroupSet]);
    let windows = world.access_group("Windows").id;
    tie(&world, all, Some(windows)).unwrap();
    assert_eq!(world.last_actions(1), ["internal_group.changed"]);
    let decision = world.service.decide_access(&root(), ada, None).unwrap();
    assert!(decision.allowed());
    let member = decision
        .chain
        .iter()
        .find(|step| step.check == Check::InternalGroupMember)
        .unwrap();
    assert_eq!(member.event, Some(nested.id));
    let set = decision
        .chain
        .iter()
        .find(|step| step.check == Check::AccessGroupSet)
        .unwrap();
    assert_eq!(set.event, Some(world.events()[0].id));

    let person = world.service.find_person(&root(), ada).unwrap();
    assert_eq!(
        person.groups,
        [
            PersonGroup {
                id: team,
                name: "Team".to_owned(),
                direct: true
            },
            PersonGroup {
                id: all,
                name: "All".to_owned(),
                direct: false
            },
        ]
    );
    assert_eq!(person.placement, None);
    assert_eq!(person.resource["userName"], "ada");

    world
        .service
        .change_internal_group(&root(), all, Precondition::NONE, |settings| {
            settings.enabled = false;
            Ok(())
        })
        .unwrap();
    assert_eq!(failing(&world, ada).len(), 1);
}

#[test]
fn the_default_access_group_names_the_change_that_set_it() {
    let world = World::new();
    let windows = world.access_group("Windows");
    let client = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    let set = |tied| {
        let edit = move |settings: &mut vestibule_domain::provider::ProviderSettings| {
            settings.default_access_group = tied;
            Ok(())
        };
        world
            .service
            .change_provider(&root(), client.id, Precondition::NONE, edit)
            .unwrap();
        world.events()[0].id
    };
    let event = set(Some(windows.id));
    world
        .service
        .change_provider(&root(), client.id, Precondition::NONE, |settings| {
            settings.description = Some("Staff".to_owned());
            Ok(())
        })
        .unwrap();
    let decision = world.service.decide_access(&root(), ada, None).unwrap();
    assert!(decision.allowed());
    let step = decision
        .chain
        .iter()
        .find(|step| step.check == Check::DefaultAccessGroup)
        .unwrap();
    assert_eq!(step.event, Some(event));

    let mut settings = provider("Entra", UserType::Internal);
    settings.default_access_group = Some(windows.id);
    let entra = world.register(settings).provider.provider.id;
    let created = world.events()[1].clone();
    assert_eq!(
        (created.action.as_str(), created.subject_id),
        ("provider.created", entra.to_string())
    );
    world
        .service
        .change_access_group(&root(), windows.id, Precondition::NONE, |settings| {
            settings.enabled = false;
            Ok(())
        })
        .unwrap();
    assert_eq!(failing(&world, ada), [Check::AccessGroupEnabled]);
    set(None);
    assert_eq!(failing(&world, ada), [Check::InternalGroupMember]);
}

#[test]
fn a_vendors_group_is_no_internal_group() {
    let world = World::new();
    let vendors = world.client(UserType::ThirdParty);
    let acme = world.group(&vendors, "Acme", &[]);
    let staff = world.client(UserType::Internal);
    let admins = world.group(&staff, "Admins", &[]);
    assert!(matches!(tie(&world, acme, None), Err(Error::Conflict(_))));
    assert!(matches!(
        world.service.find_internal_group(&root(), acme),
        Err(Error::Conflict(_))
    ));
    let nobody = GroupId::from_uuid(uuid::Uuid::nil());
    assert!(matches!(
        tie(&world, nobody, None),
        Err(Error::NotFound("internal group"))
    ));
    let list = |provider| {
        let query = InternalGroupQuery {
            provider,
            ..InternalGroupQuery::default()
        };
        let found = world.service.list_internal_groups(&root(), &query);
        found.unwrap().items
    };
    assert_eq!(
        list(None).iter().map(|group| group.id).collect::<Vec<_>>(),
        [admins]
    );
    assert_eq!(list(Some(vendors.id)), []);

    let events = world.events().len();
    tie(&world, admins, None).unwrap();
    assert_eq!(world.events().len(), events);
    let unknown = tie(
        &world,
        admins,
        Some(AccessGroupId::from_uuid(uuid::Uuid::nil())),
    );
    assert!(matches!(unknown, Err(Error::Invalid { field, .. }) if field == "access_group"));
}
