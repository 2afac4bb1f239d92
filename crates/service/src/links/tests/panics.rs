//! The panic button.

use super::*;

#[test]
fn the_panic_button_ends_every_link_of_a_vendor_and_says_so_before() {
    let hall = Hall::new();
    let (first, second) = (hall.link(), later(&hall));
    let target = Target::Vendor(hall.vendor);
    let toll = Toll {
        links: 2,
        people: 1,
        ..Toll::default()
    };
    assert_eq!(hall.service().preview_panic(&root(), target).unwrap(), toll);
    assert!(hall.service().press_panic(&root(), target, " ").is_err());
    let pressed = hall.service().press_panic(&root(), target, "Intruder");
    assert_eq!(pressed.unwrap(), toll);
    assert_eq!(hall.ended(&first), Some(LinkEnd::Panic));
    assert_eq!(hall.ended(&second), Some(LinkEnd::Panic));
    assert_eq!(
        hall.world.last_actions(3),
        ["panic.pressed", "link.ended", "link.ended"]
    );
    let decision = hall.service().decide_access(&root(), hall.ada, None);
    assert!(decision.unwrap().allowed(), "the rule says what it said");
    assert_eq!(
        hall.link().state,
        LinkState::Live,
        "a new one for each person"
    );
}

#[test]
fn an_internal_group_has_a_panic_button_too() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    let grace = world.user(&client, "grace");
    let team = world.group(&client, "Team", &[ada.to_string()]);
    let all = world.group(&client, "All", &[team.to_string(), grace.to_string()]);
    let tied = world.access_group("Windows").id;
    world
        .service
        .change_internal_group(&root(), all, Precondition::NONE, move |settings| {
            settings.access_group = Some(tied);
            Ok(())
        })
        .unwrap();
    let service = &world.service;
    for person in [ada, grace] {
        service
            .create_link(&root(), person, Wanted::default(), Forwarding::Shown)
            .unwrap();
    }
    let preview = |group| {
        service
            .preview_panic(&root(), Target::InternalGroup(group))
            .unwrap()
    };
    for (group, both) in [(team, 1), (all, 2)] {
        let toll = Toll {
            links: both,
            people: both,
            ..Toll::default()
        };
        assert_eq!(preview(group), toll, "also by nesting");
    }
    let press = |group| {
        service
            .press_panic(&root(), Target::InternalGroup(group), "Drill")
            .unwrap()
            .links
    };
    assert_eq!(press(team), 1, "nested: Ada");
    assert_eq!(press(all), 1, "Grace alone is left");
    assert_eq!(preview(all), Toll::default(), "ended links end no more");
    // Leaving the group that lets in ends a link as well.
    service
        .create_link(&root(), ada, Wanted::default(), Forwarding::Shown)
        .unwrap();
    world.delete_group(&client, team);
    let ended = service
        .list_links(&root(), &LinkQuery::default())
        .unwrap()
        .items;
    let reasons: Vec<_> = ended
        .iter()
        .filter_map(|found| found.link.ended.map(|ended| ended.reason))
        .collect();
    assert_eq!(reasons, [LinkEnd::Panic, LinkEnd::Panic, LinkEnd::Removed]);
}
