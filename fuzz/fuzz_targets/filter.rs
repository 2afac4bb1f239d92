//! Filters: whatever is read is printed and read back the same, means something or is refused, and
//! can be asked of a resource.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use vestibule_scim::filter::{match_document, matches};
use vestibule_scim::{
    Dialect, Filter, Limits, ListQuery, ListRequest, PageLimits, ResourceType, Tolerances,
};

static TYPES: LazyLock<[ResourceType; 2]> =
    LazyLock::new(|| [ResourceType::user(), ResourceType::group()]);

static DOCUMENT: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let Value::Object(user) = json!({
        "userName": "bjensen", "active": true, "title": "",
        "name": {"familyName": "Jensen"}, "customCodes": ["A", "B"],
        "emails": [{"value": "a@b.example", "type": "work", "primary": true}, {"type": "home"}],
        "meta": {"lastModified": "2011-05-13T04:42:34Z"}
    }) else {
        unreachable!("the literal is an object")
    };
    match_document(&TYPES[0], &user)
});

fuzz_target!(|text: &str| {
    let limits = Limits::default();
    let Ok(filter) = Filter::parse(text, &limits) else {
        return;
    };
    let printed = filter.to_string();
    // What is printed may be longer than what was read: a tab in a string is printed as \t.
    if printed.chars().count() <= limits.filter_length {
        assert_eq!(Filter::parse(&printed, &limits), Ok(filter.clone()));
    }
    for dialect in [Dialect::Tolerant, Dialect::Strict] {
        for resource_type in &*TYPES {
            if let Ok(condition) = filter.resolve(resource_type, &mut Tolerances::new(dialect)) {
                let _ = matches(&condition, &DOCUMENT);
            }
        }
        let mut request = ListRequest::default();
        request.filter = Some(text.to_owned());
        request.sort_by = Some(text.to_owned());
        request.attributes = Some(text.to_owned());
        let types: Vec<&ResourceType> = TYPES.iter().collect();
        let page = PageLimits::default();
        let _ = ListQuery::across(
            &types,
            &request,
            &limits,
            page,
            &mut Tolerances::new(dialect),
        );
    }
});
