//! Attribute paths and the paths of PATCH: whatever is read is printed and read back the same.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule_scim::{
    AttributePath, Dialect, Limits, PatchPath, Projection, ResourceType, Target, Tolerances,
};

static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);

fuzz_target!(|text: &str| {
    let limits = Limits::default();
    if let Ok(path) = AttributePath::parse(text, &limits) {
        assert_eq!(
            AttributePath::parse(&path.to_string(), &limits),
            Ok(path.clone())
        );
        let _ = Target::resolve(&USER, &path);
    }
    if let Ok(path) = PatchPath::parse(text, &limits) {
        let printed = path.to_string();
        if printed.chars().count() <= limits.path_length {
            assert_eq!(PatchPath::parse(&printed, &limits), Ok(path));
        }
    }
    for dialect in [Dialect::Tolerant, Dialect::Strict] {
        let mut tolerances = Tolerances::new(dialect);
        let _ = Projection::parse(&USER, Some(text), None, &limits, &mut tolerances);
    }
});
