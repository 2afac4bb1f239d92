//! Where the vectors are: in `VESTIBULE_VECTORS`, or in `../shared/vectors` beside the workspace.
//! Where they are absent the tests say so and pass.

use std::path::PathBuf;

use serde_json::Value;

/// The JSON of a file of vectors.
pub(crate) fn read(name: &str) -> Option<Value> {
    let folder = std::env::var_os("VESTIBULE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = folder.join(name);
    let Ok(text) = std::fs::read(&path) else {
        println!("skipped: there are no vectors at {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&text).expect("the vectors are JSON"))
}
