//! What a connection remembers of what it read, for as long as nobody has committed anything.

use std::collections::HashMap;

use vestibule_oauth::Digest;

use crate::credentials::Found;

/// Tokens remembered at once.
const KNOWN: usize = 256;

/// The tokens that a connection has looked up since the last commit of anybody. Who reads much asks by the
/// same few tokens again and again; after any commit, of another process too, they are looked up anew.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    version: i64,
    /// By their digests, which tell nobody anything.
    tokens: HashMap<[u8; 32], Found>,
}

impl Memo {
    /// What is known of a token in the snapshot of that [`data_version`](crate::engine::Session::data_version).
    pub(crate) fn token(&mut self, version: i64, digest: &Digest) -> Option<&Found> {
        if self.version != version {
            self.version = version;
            self.tokens.clear();
        }
        self.tokens.get(digest.as_bytes())
    }

    /// Remembers a token that was found in the snapshot last asked about.
    pub(crate) fn remember(&mut self, digest: &Digest, found: &Found) {
        if self.tokens.len() >= KNOWN {
            self.tokens.clear();
        }
        self.tokens.insert(*digest.as_bytes(), found.clone());
    }
}
