use vestibule_domain::provider::UserType;
use vestibule_scim::{Limits, Patch};

use super::*;
use crate::world::{World, submitted};
use crate::{Precondition, Settings};

#[test]
fn filters_ask_so_many_members_together_and_no_more() {
    let mut limits = Limits::default();
    limits.patch_work = 500;
    let world = World::with(Settings {
        limits,
        ..Settings::default()
    });
    let client = world.client(UserType::Internal);
    let people: Vec<String> = (0..20)
        .map(|n| world.user(&client, &format!("u{n}")).to_string())
        .collect();
    let group = world.group(&client, "Staff", &people);
    let remove = |filters: &[&str]| {
        let operations: Vec<Value> = filters
            .iter()
            .map(|filter| json!({"op": "remove", "path": format!("members[{filter}]")}))
            .collect();
        let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
        let (call, id) = (client.call.clone(), group.to_string());
        world
            .service
            .patch(call, "Groups", &id, Precondition::NONE, submitted(message))
    };
    let filters = ["display eq \"x\"", "type eq \"Group\""];
    remove(&filters).unwrap();
    let error = remove(&filters.repeat(10)).unwrap_err();
    let Error::Scim(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!((error.status, error.scim_type), (413, None));
    assert!(error.detail.contains("patch_work"), "{error}");
    // Nobody went: whoever is named by id goes without a look at the others.
    let named = format!("value eq \"{}\"", people.join("\" or value eq \""));
    remove(&[&named, filters[0], filters[1]]).unwrap();
}
