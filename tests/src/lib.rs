//! What the acceptance tests share.

#![forbid(unsafe_code)]

pub mod interop;
