//! PATCH: whatever becomes of a resource is canonical, so that reading it again changes nothing; and
//! what was refused has not changed anything. An input is a JSON array of operations, or a message.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use vestibule_scim::resource::validate;
use vestibule_scim::{
    Dialect, Limits, Patch, Resource, ResourceType, Tolerances, json as body, patch,
};

static USER: LazyLock<(ResourceType, Resource)> = LazyLock::new(|| {
    current(
        ResourceType::user(),
        json!({
            "userName": "bjensen", "active": true, "name": {"familyName": "Jensen", "givenName": "Barbara"},
            "emails": [{"value": "a@b.example", "type": "work", "primary": true}, {"value": "c@d.example", "type": "home"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Tours", "manager": {"value": "1"}}
        }),
    )
});

static GROUP: LazyLock<(ResourceType, Resource)> =
    LazyLock::new(|| current(ResourceType::group(), json!({"displayName": "Tour Guides"})));

fn current(resource_type: ResourceType, value: Value) -> (ResourceType, Resource) {
    let Value::Object(map) = value else {
        unreachable!("the literal is an object")
    };
    let resource = validate(
        &resource_type,
        map,
        &Limits::default(),
        &mut Tolerances::default(),
    );
    (resource_type, resource.expect("the resource is right"))
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let Ok(sent) = body::parse(bytes, &limits) else {
        return;
    };
    let message = match sent {
        Value::Array(operations) => json!({"schemas": [Patch::SCHEMA], "Operations": operations}),
        other => other,
    };
    for dialect in [Dialect::Tolerant, Dialect::Strict] {
        let mut tolerances = Tolerances::new(dialect);
        let Ok(message) = Patch::parse(message.clone(), &limits, &mut tolerances) else {
            continue;
        };
        let _ = message.clone().split_members(&[], &limits, &mut tolerances);
        for (resource_type, current) in [&*USER, &*GROUP] {
            let mut tolerances = Tolerances::new(dialect);
            let outcome = patch::apply(&message, resource_type, current, &limits, &mut tolerances);
            if let Ok(outcome) = outcome {
                let mut strict = Tolerances::new(dialect);
                let again = validate(resource_type, outcome.0.clone(), &limits, &mut strict)
                    .expect("what became of it can be read");
                assert_eq!(again, outcome);
            }
        }
    }
});
