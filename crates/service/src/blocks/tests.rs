use chrono::Duration;
use vestibule_domain::access::Check;
use vestibule_domain::provider::UserType;

use super::*;
use crate::world::{World, root};

fn blocked(world: &World, user: UserId) -> bool {
    let decision = world.service.decide_access(&root(), user, None).unwrap();
    decision
        .chain
        .iter()
        .any(|step| step.check == Check::NotBlocked && !step.holds)
}

#[test]
fn a_block_survives_delete_and_re_create() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let ada = world.user(&client, "Ada");
    let block = world
        .service
        .block_user(&root(), ada, "Lost laptop", None)
        .unwrap();
    assert!(blocked(&world, ada));
    world.delete_user(&client, ada);
    assert!(matches!(
        world.service.blocks_of(&root(), ada),
        Err(Error::NotFound("user"))
    ));
    let again = world.user(&client, "aDA");
    assert!(blocked(&world, again));
    assert_eq!(
        world.service.blocks_of(&root(), again).unwrap(),
        std::slice::from_ref(&block)
    );
    world.delete_user(&client, again);

    // The same e-mail from another provider is the same person.
    let other = world.client(UserType::Internal);
    let elsewhere = world.user(&other, "ada");
    assert!(blocked(&world, elsewhere));
    let stranger = world.user(&other, "grace");
    assert!(!blocked(&world, stranger));

    world.service.lift_block(&root(), block.id).unwrap();
    assert!(!blocked(&world, elsewhere));
    let twice = world.service.lift_block(&root(), block.id);
    assert!(matches!(twice, Err(Error::NotFound("block"))));
    let event = &world.events()[0];
    assert_eq!(
        (event.action.as_str(), event.cause.as_deref()),
        ("block.lifted", Some(&*block.event.to_string()))
    );
}

#[test]
fn a_block_ends_at_its_instant() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    let until = world.service.now() + Duration::hours(1);
    world
        .service
        .block_user(&root(), ada, "Holiday", Some(until))
        .unwrap();
    world.pass(Duration::hours(1) - Duration::seconds(1));
    assert!(blocked(&world, ada));
    world.pass(Duration::seconds(1));
    assert!(!blocked(&world, ada));
    assert_eq!(
        world
            .service
            .list_blocks(&root(), &BlockQuery::default())
            .unwrap()
            .items
            .len(),
        1
    );
}

#[test]
fn a_block_needs_a_reason_and_a_future() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    let now = world.service.now();
    for (reason, until, expected) in [("", None, "reason"), ("Holiday", Some(now), "until")] {
        let refused = world.service.block_user(&root(), ada, reason, until);
        assert!(matches!(refused, Err(Error::Invalid { field, .. }) if field == expected));
    }
    let left = world.service.list_blocks(&root(), &BlockQuery::default());
    assert_eq!(left.unwrap().items, []);
}
