use vestibule_domain::access::Check;
use vestibule_domain::provider::UserType;

use super::*;
use crate::Precondition;
use crate::world::{World, root};

fn step(world: &World, user: UserId, check: Check) -> (bool, Option<String>) {
    let decision = world.service.decide_access(&root(), user, None).unwrap();
    let step = decision
        .chain
        .iter()
        .find(|step| step.check == check)
        .unwrap();
    let action = step.event.map(|id| {
        let events = world.events();
        let event = events.iter().find(|event| event.id == id);
        event
            .expect("the chain names events that exist")
            .action
            .clone()
    });
    (step.holds, action)
}

#[test]
fn a_thousand_people_cost_six_statements_with_the_caller() {
    let world = World::new();
    let admin = world.admin("ada", Role::Auditor);
    let (outside, inside) = (
        world.client(UserType::ThirdParty),
        world.client(UserType::Internal),
    );
    let mut people: Vec<UserId> = (0..12)
        .map(|n| world.user(&outside, &format!("v{n}")))
        .collect();
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    world.group(&outside, "Acme", &ids[..6]);
    let staff: Vec<UserId> = (0..12)
        .map(|n| world.user(&inside, &format!("s{n}")))
        .collect();
    let ids: Vec<String> = staff.iter().map(ToString::to_string).collect();
    let inner = world.group(&inside, "Inner", &ids[..6]);
    let outer = world.group(&inside, "Outer", &[inner.to_string()]);
    let tied = world.access_group("Windows").id;
    world
        .service
        .change_internal_group(&root(), outer, Precondition::NONE, move |settings| {
            settings.access_group = Some(tied);
            Ok(())
        })
        .unwrap();
    world
        .service
        .block_user(&root(), staff[0], "lost", None)
        .unwrap();
    people.extend(staff);
    people.extend((0..976).map(|n| UserId::from_uuid(uuid::Uuid::from_u128(n))));
    assert_eq!(people.len(), BATCH);

    let service = &world.service;
    let (found, statements) = service
        .store()
        .read(|tx| {
            Ok::<_, Error>(tx.counted(|tx| {
                crate::admin::admit(tx, &admin, Role::Auditor, service.now())?;
                facts_of(tx, &people)
            }))
        })
        .unwrap();
    assert_eq!(found.unwrap().len(), 24);
    assert!((4..=6).contains(&statements), "{statements} statements");

    let decided = service.decide_all(&admin, &people, None).unwrap();
    assert_eq!(decided.len(), BATCH);
    for (user, decision) in &decided[..24] {
        let alone = service.decide_access(&root(), *user, None).unwrap();
        assert_eq!(decision.as_ref(), Some(&alone));
    }
    assert!(decided[24..].iter().all(|(_, decision)| decision.is_none()));
    let allowed = decided
        .iter()
        .flat_map(|(_, decision)| decision)
        .filter(|d| d.allowed());
    assert_eq!(allowed.count(), 5);

    people.push(people[0]);
    for wrong in [&people[..], &[]] {
        let refused = service.decide_all(&admin, wrong, None);
        assert!(matches!(refused, Err(Error::Invalid { field, .. }) if field == "users"));
    }
}

#[test]
fn what_holds_by_absence_names_the_event_that_made_it_so() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let ada = world.user(&client, "ada");
    assert_eq!(step(&world, ada, Check::NotBlocked), (true, None));
    assert_eq!(step(&world, ada, Check::Placed), (false, None));
    let block = world
        .service
        .block_user(&root(), ada, "lost", None)
        .unwrap();
    assert_eq!(
        step(&world, ada, Check::NotBlocked),
        (false, Some("block.set".to_owned()))
    );
    world.service.lift_block(&root(), block.id).unwrap();
    assert_eq!(
        step(&world, ada, Check::NotBlocked),
        (true, Some("block.lifted".to_owned()))
    );
    let until = world.service.now() + chrono::Duration::minutes(10);
    world
        .service
        .block_user(&root(), ada, "leave", Some(until))
        .unwrap();
    world.pass(chrono::Duration::minutes(20));
    assert_eq!(
        step(&world, ada, Check::NotBlocked),
        (true, Some("block.set".to_owned()))
    );

    let acme = world.group(&client, "Acme", &[ada.to_string()]);
    assert_eq!(
        step(&world, ada, Check::Placed),
        (true, Some("placement.changed".to_owned()))
    );
    assert_eq!(
        step(&world, ada, Check::Started),
        (false, Some("vendor.created".to_owned()))
    );
    world.delete_group(&client, acme);
    assert_eq!(
        step(&world, ada, Check::Placed),
        (false, Some("placement.changed".to_owned()))
    );
}
