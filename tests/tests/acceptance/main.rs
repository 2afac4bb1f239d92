//! The acceptance tests: the whole application over real HTTP, on both engines.

mod interop;
mod layering;
mod oauth_vectors;
mod races;
mod story;
