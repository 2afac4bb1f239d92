//! Where the vectors are: in `shared/vectors` beside the workspace or above it. Where they are absent the
//! tests say so and pass.

use std::path::Path;

use serde_json::Value;

/// The JSON of a file of vectors.
#[expect(clippy::print_stdout, reason = "what was not tested should be seen")]
pub(crate) fn read(name: &str) -> Option<Value> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let paths = above.map(|folder| folder.join("shared/vectors").join(name));
    let Some(text) = paths.into_iter().find_map(|path| std::fs::read(path).ok()) else {
        println!("skipped: there are no vectors beside the checkout");
        return None;
    };
    Some(serde_json::from_slice(&text).expect("the vectors are JSON"))
}
