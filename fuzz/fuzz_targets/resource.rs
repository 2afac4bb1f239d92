//! Resources, bulk and search messages, and definitions from JSON: what is read is canonical.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule_scim::filter::match_document;
use vestibule_scim::resource::validate;
use vestibule_scim::{
    BulkRequest, Definitions, Dialect, Limits, ListRequest, Projection, Registry, Resource,
    ResourceType, Schema, Tolerances, json,
};

static TYPES: LazyLock<[ResourceType; 2]> =
    LazyLock::new(|| [ResourceType::user(), ResourceType::group()]);

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(bulk) = BulkRequest::parse(bytes, &limits, &mut Tolerances::default()) {
        assert!(bulk.plan().len() >= bulk.operations.len());
    }
    let Ok(body) = json::parse(bytes, &limits) else {
        return;
    };
    let _ = Schema::parse(&body);
    if let Ok(definitions) = Definitions::parse(&body) {
        let _ = Registry::new(&definitions);
    }
    for dialect in [Dialect::Tolerant, Dialect::Strict] {
        let _ = ListRequest::parse(body.clone(), &limits, &mut Tolerances::new(dialect));
        for resource_type in &*TYPES {
            let mut tolerances = Tolerances::new(dialect);
            let Ok(resource) =
                Resource::parse(resource_type, body.clone(), &limits, &mut tolerances)
            else {
                continue;
            };
            let mut again = Tolerances::new(dialect);
            let again = validate(resource_type, resource.0.clone(), &limits, &mut again)
                .expect("what is canonical can be read");
            assert_eq!(again, resource);
            let _ = match_document(resource_type, &resource.0);
            let _ = resource.unique_values(resource_type);
            let _ = resource.primary_email();
            let unasked = Projection::parse(resource_type, None, None, &limits, &mut tolerances)
                .expect("nothing is asked for");
            let _ = unasked.apply(resource_type, resource.0.clone());
            let _ = resource
                .clone()
                .replacing(resource_type, &resource)
                .expect("nothing changed");
        }
    }
});
