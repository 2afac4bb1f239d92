//! The bounds every input is held to, while it is read. Configurable by the embedder.

/// Limits on what one request may carry. [`Limits::default`] is what Vestibule advertises.
///
/// ```
/// let mut limits = vestibule_scim::Limits::default();
/// limits.values = 100;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Nesting of a JSON body.
    pub json_depth: usize,
    /// Values of every kind in a JSON body.
    pub json_values: usize,
    /// Characters of a filter.
    pub filter_length: usize,
    /// Nesting of a filter; `not`, `(` and `[` count.
    pub filter_depth: usize,
    /// Comparisons in a filter.
    pub filter_terms: usize,
    /// Operations in one PATCH.
    pub patch_operations: usize,
    /// Stored values that the operations of one PATCH look at together: those of an attribute that is added
    /// to, or selected from by a value path, count once for each operation and each comparison in its path,
    /// and those from which a `remove` takes what it lists once for each value listed. Members that a filter
    /// is asked of count apart, as [`MemberCondition::work`](crate::MemberCondition::work) says.
    /// A text counts as one, and one more for each 32 bytes, or for each two when it is not ASCII.
    pub patch_work: usize,
    /// Characters of an attribute path.
    pub path_length: usize,
    /// Members named in one request.
    pub members: usize,
    /// Values of a multi-valued attribute other than `members`.
    pub values: usize,
    /// Characters of a string.
    pub string_length: usize,
    /// Bytes of a binary, of `photos.value` and of an unbounded reference.
    pub binary_length: usize,
    /// Characters of `userName`.
    pub user_name_length: usize,
    /// Operations of a bulk request (`maxOperations`).
    pub bulk_operations: usize,
    /// Bytes of a bulk request (`maxPayloadSize`).
    pub bulk_payload: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_depth: 32,
            json_values: 200_000,
            filter_length: 2_048,
            filter_depth: 10,
            filter_terms: 50,
            patch_operations: 1_000,
            patch_work: 10_000_000,
            path_length: 512,
            members: 50_000,
            values: 1_000,
            string_length: 4_096,
            binary_length: 64 * 1024,
            user_name_length: 256,
            bulk_operations: 1_000,
            bulk_payload: 8 * 1024 * 1024,
        }
    }
}
