use chrono::Duration;
use vestibule_domain::access::Check;
use vestibule_domain::placement::Rule;
use vestibule_domain::provider::UserType;
use vestibule_domain::{AccessGroupId, UserId};

use super::*;
use crate::world::{Client, World, root};

fn set(
    world: &World,
    vendor: VendorId,
    edit: impl Fn(&mut VendorSettings) + Send + 'static,
) -> Result<Vendor, Error> {
    world
        .service
        .change_vendor(&root(), vendor, Precondition::NONE, move |settings| {
            edit(settings);
            Ok(())
        })
}

/// A vendor with one person in it, ready and enabled.
fn enabled(world: &World, client: &Client) -> (UserId, Vendor) {
    let ada = world.user(client, "ada");
    world.group(client, "Acme", &[ada.to_string()]);
    let vendor = world.vendors(client.id)[0].clone();
    let (access_group, start) = (world.access_group("Windows").id, world.service.now());
    let vendor = set(world, vendor.id, move |settings| {
        settings.access_group = Some(access_group);
        settings.start = Some(start);
        settings.status = VendorStatus::Enabled;
    })
    .unwrap();
    (ada, vendor)
}

fn failing(world: &World, user: UserId) -> Vec<Check> {
    let decision = world.service.decide_access(&root(), user, None).unwrap();
    assert_eq!(decision.allowed(), decision.flip.is_empty());
    decision
        .chain
        .iter()
        .filter(|step| !step.holds)
        .map(|step| step.check)
        .collect()
}

#[test]
fn from_pushed_group_to_access_and_back() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let ada = world.user(&client, "ada");
    assert_eq!(failing(&world, ada), [Check::Placed]);
    world.group(&client, "Acme", &[ada.to_string()]);
    let vendor = world.vendors(client.id)[0].clone();
    assert_eq!(
        (vendor.name.as_str(), vendor.settings.status),
        ("Acme", VendorStatus::Pending)
    );
    assert_eq!(
        failing(&world, ada),
        [Check::VendorEnabled, Check::Started, Check::AccessGroupSet]
    );

    let status = |status| move |settings: &mut VendorSettings| settings.status = status;
    let early = set(&world, vendor.id, status(VendorStatus::Enabled));
    assert!(matches!(early, Err(Error::Invalid { field, .. }) if field == "status"));
    let access_group = world.access_group("Windows").id;
    let now = world.service.now();
    set(&world, vendor.id, move |settings| {
        settings.access_group = Some(access_group);
    })
    .unwrap();
    set(&world, vendor.id, move |settings| {
        settings.start = Some(now + Duration::hours(1));
        settings.end = Some(now + Duration::hours(2));
    })
    .unwrap();
    set(&world, vendor.id, status(VendorStatus::Enabled)).unwrap();
    assert_eq!(failing(&world, ada), [Check::Started]);
    world.pass(Duration::hours(1));
    assert_eq!(failing(&world, ada), []);
    world.pass(Duration::hours(1));
    assert_eq!(failing(&world, ada), [Check::NotEnded]);
    set(&world, vendor.id, |settings| settings.end = None).unwrap();
    assert_eq!(failing(&world, ada), []);
    set(&world, vendor.id, status(VendorStatus::Disabled)).unwrap();
    assert_eq!(failing(&world, ada), [Check::VendorEnabled]);
}

#[test]
fn every_step_names_the_event_that_made_it_so() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let (ada, vendor) = enabled(&world, &client);
    let changed = world.events()[0].clone();
    assert_eq!(changed.action, "vendor.changed");
    let id = vendor.id;
    let end = world.service.now() + Duration::days(1);
    set(&world, id, move |settings| settings.end = Some(end)).unwrap();
    let dated = world.events()[0].clone();
    let decision = world.service.decide_access(&root(), ada, None).unwrap();
    assert_eq!(decision.until, Some(end));
    let event = |check| {
        let step = decision
            .chain
            .iter()
            .find(|step| step.check == check)
            .unwrap();
        step.event.unwrap()
    };
    assert_eq!(event(Check::VendorEnabled), changed.id);
    assert_eq!(event(Check::AccessGroupSet), changed.id);
    assert_eq!(event(Check::Started), dated.id);
    let known: Vec<_> = world.events().iter().map(|event| event.id).collect();
    for step in decision
        .chain
        .iter()
        .filter(|step| step.check != Check::NotBlocked)
    {
        assert!(known.contains(&step.event.unwrap()), "{step:?}");
    }
}

#[test]
fn a_change_that_changes_nothing_leaves_no_trace() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let (_, vendor) = enabled(&world, &client);
    let events = world.events().len();
    let start = vendor
        .settings
        .start
        .map(|start| start + Duration::nanoseconds(7));
    let same = set(&world, vendor.id, move |settings| settings.start = start).unwrap();
    assert_eq!(same, vendor);
    assert_eq!(world.events().len(), events);
}

#[test]
fn wrong_changes_are_refused() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let (_, vendor) = enabled(&world, &client);
    let none = AccessGroupId::from_uuid(Uuid::nil());
    let field = |edit: fn(&mut VendorSettings)| match set(&world, vendor.id, edit) {
        Err(Error::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        field(|settings| settings.status = VendorStatus::Pending),
        "status"
    );
    assert_eq!(
        field(|settings| settings.status = VendorStatus::Closed),
        "status"
    );
    assert_eq!(field(|settings| settings.end = settings.start), "end");
    let lost = set(&world, vendor.id, move |settings| {
        settings.access_group = Some(none);
    });
    assert!(matches!(lost, Err(Error::Invalid { field, .. }) if field == "access_group"));
    let stale = world.service.change_vendor(
        &root(),
        vendor.id,
        Precondition::version(vendor.version - 1),
        |_| Ok(()),
    );
    assert!(matches!(stale, Err(Error::PreconditionFailed)));
}

#[test]
fn a_vendor_attached_again_lets_nobody_in_until_it_is_enabled() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let (ada, old) = enabled(&world, &client);
    world.delete_group(&client, old.group.unwrap());
    assert_eq!(failing(&world, ada), [Check::Placed]);
    let closed = set(&world, old.id, |settings| settings.end = None);
    assert!(closed.is_ok(), "a change of nothing is none: {closed:?}");
    let closed = set(&world, old.id, |settings| {
        settings.status = VendorStatus::Enabled;
    });
    assert!(matches!(closed, Err(Error::Conflict(_))));

    let group = world.group(&client, "Acme Ltd", &[ada.to_string()]);
    let pending = world.vendors(client.id)[1].clone();
    let attached = world
        .service
        .reattach_vendor(&root(), old.id, group)
        .unwrap();
    assert_eq!((attached.id, attached.group), (old.id, Some(group)));
    assert_eq!(attached.name, "Acme Ltd");
    assert_eq!(attached.settings.status, VendorStatus::Disabled);
    assert_eq!(attached.settings.access_group, old.settings.access_group);
    assert_eq!(
        world.last_actions(3),
        ["vendor.reattached", "vendor.closed", "placement.changed"]
    );
    let replaced = world.service.find_vendor(&root(), pending.id).unwrap();
    assert_eq!(replaced.vendor.settings.status, VendorStatus::Closed);
    assert_eq!((replaced.vendor.group, replaced.people), (None, 0));
    let details = world.service.find_vendor(&root(), old.id).unwrap();
    assert_eq!(
        (details.people, details.access_group_name.as_deref()),
        (1, Some("Windows"))
    );
    let people = world
        .service
        .vendor_people(&root(), old.id, &PageQuery::default())
        .unwrap()
        .items;
    let [placed] = people.as_slice() else {
        panic!("{people:?}");
    };
    assert_eq!((placed.id, placed.user_name.as_str()), (ada, "ada"));
    assert_eq!((placed.rule, placed.candidates), (Rule::LastGroupWins, 1));
    assert_eq!(placed.placed, world.service.now());
    assert_eq!(failing(&world, ada), [Check::VendorEnabled]);
    set(&world, old.id, |settings| {
        settings.status = VendorStatus::Enabled;
    })
    .unwrap();
    assert_eq!(failing(&world, ada), []);
}

#[test]
fn only_a_closed_vendor_takes_the_place_of_a_pending_one() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let (_, vendor) = enabled(&world, &client);
    let group = vendor.group.unwrap();
    let open = world.service.reattach_vendor(&root(), vendor.id, group);
    assert!(matches!(open, Err(Error::Conflict(_))));
    let other = world.group(&client, "Bolt", &[]);
    world.delete_group(&client, other);
    let closed = world.vendors(client.id)[1].id;
    let taken = world.service.reattach_vendor(&root(), closed, group);
    assert!(matches!(taken, Err(Error::Conflict(_))));
    let stranger = world.client(UserType::ThirdParty);
    let foreign = world.group(&stranger, "Bolt", &[]);
    let refused = world.service.reattach_vendor(&root(), closed, foreign);
    assert!(matches!(refused, Err(Error::NotFound("group"))));
}
