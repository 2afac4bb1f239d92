//! What administrators read back: refused requests, lists, exports.

mod decisions;
mod lists;
mod refusals;
mod timeline;
