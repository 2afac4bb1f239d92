//! Attribute paths and the paths of PATCH: whatever is read is printed and read back the same.
#![no_main]

mod alike;

use alike::alike;
use libfuzzer_sys::fuzz_target;
use vestibule_scim::{AttributePath, Limits, PatchPath, Projection, ResourceType, Target};

fuzz_target!(|text: &str| {
    let limits = Limits::default();
    let user = ResourceType::user();
    if let Ok(path) = AttributePath::parse(text, &limits) {
        assert_eq!(
            AttributePath::parse(&path.to_string(), &limits),
            Ok(path.clone())
        );
        let _ = Target::resolve(&user, &path);
    }
    if let Ok(path) = PatchPath::parse(text, &limits) {
        let printed = path.to_string();
        if printed.chars().count() <= limits.path_length {
            let again = PatchPath::parse(&printed, &limits).expect("what is printed is a path");
            assert!(
                again == path || alike(&again.to_string(), &printed),
                "{printed}"
            );
        }
    }
    let _ = Projection::parse(&user, Some(text), None);
});
