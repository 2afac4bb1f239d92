//! What administrators read back: refused requests, lists, exports.

mod lists;
mod refusals;
