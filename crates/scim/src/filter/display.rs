//! Filters in canonical spelling.
