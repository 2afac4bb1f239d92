//! What administrators read back: refused requests, lists, exports.

mod decisions;
mod flips;
mod lists;
mod missing;
mod refusals;
mod tampering;
mod timeline;
mod warnings;
