//! Cursors: nothing but what the key made is taken. The first byte says whether the rest is a
//! cursor as it was sent, or a position to be sealed, opened, and opened once more when one
//! character of it is another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_scim::{Cursor, CursorError, CursorKey, CursorScope, Direction, ListRequest};

fuzz_target!(|input: (bool, u16, String)| {
    let (sealed, place, text) = input;
    let key = CursorKey::new([7; 32]);
    let scope = CursorScope {
        audience: b"provider",
        query: ListRequest::default().digest("/Users"),
        count: 100,
    };
    if !sealed {
        assert_eq!(key.open(&text, &scope, 0), Err(CursorError::Invalid));
        return;
    }
    // Short enough to stay below the limit.
    let text: String = text.chars().take(2_000).collect();
    let cursor = Cursor {
        direction: if place % 2 == 0 {
            Direction::Forward
        } else {
            Direction::Backward
        },
        position: text
            .split('\n')
            .take(8)
            .map(|part| (part != "-").then(|| part.to_owned()))
            .collect(),
        expires_at: 1,
    };
    let made = key.seal(&cursor, &scope).expect("it is short");
    assert_eq!(key.open(&made, &scope, 0), Ok(cursor));
    assert_eq!(key.open(&made, &scope, 1), Err(CursorError::Expired));
    let place = usize::from(place) % made.len();
    let other = if made.as_bytes()[place] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut changed = made;
    changed.replace_range(place..=place, other);
    assert_eq!(key.open(&changed, &scope, 0), Err(CursorError::Invalid));
});
