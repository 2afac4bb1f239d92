//! The control of the fuzz lane: a mistake that has to be found, byte by byte as a real one is.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut right = 0;
    for (byte, wanted) in bytes.iter().zip(b"boom") {
        if byte != wanted {
            return;
        }
        right += 1;
    }
    assert!(right < 4, "the control was found");
});
