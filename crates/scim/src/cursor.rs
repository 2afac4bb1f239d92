//! Cursors (RFC 9865): opaque, signed texts that say where the next page of a query begins.
//!
//! A cursor carries the position itself, so the server keeps nothing for it. It is signed with
//! HMAC-SHA-256 together with what it is good for, the [`CursorScope`]: another client, another
//! query or another key finds it invalid. Possession of one grants nothing; whoever presents it is
//! authorised like anybody else (RFC 9865, section 5.2).
//!
//! ```text
//! cursor   = base64url( tag(32) payload )
//! tag      = HMAC-SHA-256( key, label length(audience) audience query payload )
//! payload  = direction(1) expiry(8) count(8) *( 0 / 1 length(4) text )
//! ```

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::{Error, ListRequest, ScimType};

const LABEL: &[u8] = b"vestibule-scim cursor 1\0";
const TAG: usize = 32;

/// The key cursors are signed with. All servers that answer for one another share one.
///
/// RFC 9865, section 2.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

/// What a cursor is good for. A cursor of another scope is no cursor (RFC 9865, section 2).
#[derive(Debug, Clone, Copy)]
pub struct CursorScope<'a> {
    /// Whose cursors these are: the tenant or client, in bytes of the embedder's choice.
    pub audience: &'a [u8],
    /// The query whose pages these are.
    pub query: QueryDigest,
    /// [`ListQuery::count`](crate::ListQuery): it must be that of the first page.
    pub count: u64,
}

/// What tells one query from another; see [`ListRequest::digest`] (RFC 9865, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryDigest([u8; 32]);

/// Where a page begins (RFC 9865, section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Which side of the position the page is on.
    pub direction: Direction,
    /// The values by which the resources are ordered, of the resource next to the page: the last
    /// one before it when going forward, the first one after it when going backward. At most
    /// [`Self::PARTS`], and so short that the cursor is no longer than [`CursorKey::LONGEST`].
    pub position: Vec<Option<String>>,
    /// The first instant at which it is no longer good, in seconds since 1970.
    pub expires_at: i64,
}

impl Cursor {
    /// The most parts of a position.
    pub const PARTS: usize = 8;
}

/// Which way through the pages (RFC 9865, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the resources behind the position.
    Forward,
    /// To the resources before the position.
    Backward,
}

/// Why a cursor is not good (RFC 9865, section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CursorError {
    /// Not made with this key, for this audience and this query.
    Invalid,
    /// Its time is over: `expiredCursor`.
    Expired,
    /// "count" is another than for the page before.
    OtherCount,
}

impl CursorKey {
    /// The longest cursor that is made or looked at, in characters.
    pub const LONGEST: usize = 32 * 1024;

    /// 32 bytes nobody can guess, such as the output of a key derivation.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The cursor as a client gets it: letters, digits, `-` and `_`, all of them unreserved in a
    /// URL (RFC 9865, section 2). `None` for what [`Self::open`] would refuse: a position of more than
    /// [`Cursor::PARTS`], or so long that the cursor would be longer than [`Self::LONGEST`].
    pub fn seal(&self, cursor: &Cursor, scope: &CursorScope<'_>) -> Option<String> {
        if cursor.position.len() > Cursor::PARTS {
            return None;
        }
        let payload = payload(cursor, scope.count);
        let mut sealed = self.mac(scope, &payload).finalize().into_bytes().to_vec();
        sealed.extend_from_slice(&payload);
        let text = BASE64_URL_SAFE_NO_PAD.encode(sealed);
        (text.len() <= Self::LONGEST).then_some(text)
    }

    /// Reads a cursor that a client sent. `now` is in seconds since 1970. The tag is compared in
    /// constant time.
    pub fn open(
        &self,
        text: &str,
        scope: &CursorScope<'_>,
        now: i64,
    ) -> Result<Cursor, CursorError> {
        if text.len() > Self::LONGEST {
            return Err(CursorError::Invalid);
        }
        let sealed = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| CursorError::Invalid)?;
        let (tag, payload) = sealed.split_at_checked(TAG).ok_or(CursorError::Invalid)?;
        self.mac(scope, payload)
            .verify_slice(tag)
            .map_err(|_| CursorError::Invalid)?;
        let (cursor, count) = read(payload).ok_or(CursorError::Invalid)?;
        if now >= cursor.expires_at {
            return Err(CursorError::Expired);
        }
        if count != scope.count {
            return Err(CursorError::OtherCount);
        }
        Ok(cursor)
    }

    fn mac(&self, scope: &CursorScope<'_>, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(LABEL);
        mac.update(&(scope.audience.len() as u64).to_be_bytes());
        mac.update(scope.audience);
        mac.update(&scope.query.0);
        mac.update(payload);
        mac
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(..)")
    }
}

impl ListRequest {
    /// Tells this query to `endpoint` (`/Users`, `/` for all) from others. RFC 9865, section 2:
    /// "all query parameters and values being identical to the initial query with the exception of
    /// the cursor". The `count` has an error of its own and is checked apart.
    pub fn digest(&self, endpoint: &str) -> QueryDigest {
        let mut digest = Sha256::new();
        let mut part = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        };
        part(endpoint);
        for (name, value) in self.identity() {
            part(name);
            part(value);
        }
        QueryDigest(digest.finalize().into())
    }
}

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => {
                "the cursor is not valid for this query: begin again with an empty cursor"
            }
            Self::Expired => "the cursor has expired: begin again with an empty cursor",
            Self::OtherCount => "count: must be the same on every page of a query",
        })
    }
}

impl std::error::Error for CursorError {}

impl From<CursorError> for Error {
    fn from(error: CursorError) -> Self {
        let scim_type = match error {
            CursorError::Invalid => ScimType::InvalidCursor,
            CursorError::Expired => ScimType::ExpiredCursor,
            CursorError::OtherCount => ScimType::InvalidCount,
        };
        Self::bad_request(scim_type, error.to_string())
    }
}

fn payload(cursor: &Cursor, count: u64) -> Vec<u8> {
    let mut payload = vec![match cursor.direction {
        Direction::Forward => 0,
        Direction::Backward => 1,
    }];
    payload.extend_from_slice(&cursor.expires_at.to_be_bytes());
    payload.extend_from_slice(&count.to_be_bytes());
    for part in &cursor.position {
        match part {
            None => payload.push(0),
            Some(text) => {
                payload.push(1);
                // Far beyond what any attribute may hold.
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                payload.extend_from_slice(&length.to_be_bytes());
                payload.extend_from_slice(text.as_bytes());
            }
        }
    }
    payload
}

fn read(payload: &[u8]) -> Option<(Cursor, u64)> {
    let (direction, rest) = payload.split_first()?;
    let direction = match direction {
        0 => Direction::Forward,
        1 => Direction::Backward,
        _ => return None,
    };
    let (expires_at, rest) = rest.split_first_chunk()?;
    let (count, mut rest) = rest.split_first_chunk()?;
    let mut position = Vec::new();
    while let Some((kind, text)) = rest.split_first() {
        let (part, behind) = match kind {
            0 => (None, text),
            1 => {
                let (length, text) = text.split_first_chunk()?;
                let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
                let (text, behind) = text.split_at_checked(length)?;
                (Some(std::str::from_utf8(text).ok()?.to_owned()), behind)
            }
            _ => return None,
        };
        if position.len() == Cursor::PARTS {
            return None;
        }
        position.push(part);
        rest = behind;
    }
    let cursor = Cursor {
        direction,
        position,
        expires_at: i64::from_be_bytes(*expires_at),
    };
    Some((cursor, u64::from_be_bytes(*count)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn key() -> CursorKey {
        CursorKey::new([7; 32])
    }

    fn request(filter: &str) -> ListRequest {
        ListRequest {
            filter: Some(filter.to_owned()),
            cursor: Some("whatever".to_owned()),
            count: Some("10".to_owned()),
            ..ListRequest::default()
        }
    }

    fn scope(audience: &[u8]) -> CursorScope<'_> {
        CursorScope {
            audience,
            query: request("userName pr").digest("/Users"),
            count: 10,
        }
    }

    fn cursor() -> Cursor {
        Cursor {
            direction: Direction::Backward,
            position: vec![None, Some("jürgen".to_owned()), Some(String::new())],
            expires_at: NOW + 60,
        }
    }

    // proves: 9865-2-characters
    #[test]
    fn a_cursor_comes_back_as_it_went_out() {
        let text = key().seal(&cursor(), &scope(b"p1")).unwrap();
        // RFC 9865, section 2: "only characters from the unreserved characters set".
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        );
        assert_eq!(key().open(&text, &scope(b"p1"), NOW + 59), Ok(cursor()));
    }

    /// RFC 9865 5.2: a cursor of somebody else, of another query or forged is no cursor.
    // proves: 9865-2-identical 9865-5-confined 9865-5-same
    #[test]
    fn a_cursor_is_bound_to_its_audience_and_its_query() {
        let text = key().seal(&cursor(), &scope(b"p1")).unwrap();
        let other = |query: QueryDigest| CursorScope {
            query,
            ..scope(b"p1")
        };
        for scope in [
            scope(b"p2"),
            scope(b""),
            other(request("userName pr ").digest("/Users")),
            other(request("userName pr").digest("/Groups")),
            other(ListRequest::default().digest("/Users")),
        ] {
            assert_eq!(key().open(&text, &scope, NOW), Err(CursorError::Invalid));
        }
        let another = CursorKey::new([8; 32]);
        assert_eq!(
            another.open(&text, &scope(b"p1"), NOW),
            Err(CursorError::Invalid)
        );
        // The place on the way does not tell queries apart.
        let later = ListRequest {
            cursor: None,
            ..request("userName pr")
        };
        assert_eq!(
            later.digest("/Users"),
            request("userName pr").digest("/Users")
        );
    }

    /// RFC 9865 2.1: expired cursors and changed counts have errors of their own.
    // proves: 9865-2.1-errors
    #[test]
    fn expiry_and_count() {
        let text = key().seal(&cursor(), &scope(b"p1")).unwrap();
        for (now, count, expected) in [
            (NOW + 60, 10, ScimType::ExpiredCursor),
            (i64::MAX, 11, ScimType::ExpiredCursor),
            (NOW, 11, ScimType::InvalidCount),
        ] {
            let scope = CursorScope {
                count,
                ..scope(b"p1")
            };
            let error = Error::from(key().open(&text, &scope, now).unwrap_err());
            assert_eq!((error.status, error.scim_type), (400, Some(expected)));
        }
    }

    // proves: 9865-5-forged
    #[test]
    fn no_part_of_it_can_be_changed() {
        let text = key().seal(&cursor(), &scope(b"p1")).unwrap();
        let scope = scope(b"p1");
        for at in 0..text.len() {
            for replacement in ['A', 'B', '9', '_', '=', '+'] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, &replacement.to_string());
                if changed != text {
                    assert_eq!(key().open(&changed, &scope, NOW), Err(CursorError::Invalid));
                }
            }
            assert!(key().open(&text[..at], &scope, NOW).is_err());
        }
        for longer in [
            format!("{text}A"),
            format!("{text}="),
            "A".repeat(CursorKey::LONGEST + 1),
        ] {
            assert_eq!(key().open(&longer, &scope, NOW), Err(CursorError::Invalid));
        }
        assert!(!format!("{:?}", key()).contains('7'));
    }

    #[test]
    fn what_would_be_refused_is_not_made() {
        let sealed = |position: Vec<Option<String>>| {
            let cursor = Cursor {
                position,
                ..cursor()
            };
            let text = key().seal(&cursor, &scope(b"p1"))?;
            assert_eq!(key().open(&text, &scope(b"p1"), NOW), Ok(cursor));
            Some(text)
        };
        assert!(sealed(vec![None; 8]).is_some() && sealed(vec![None; 9]).is_none());
        // 24 KiB in base64 are 32, less what is beside the text.
        let most = 24 * 1024 - TAG - 17 - 5;
        let longest = sealed(vec![Some("x".repeat(most))]);
        assert_eq!(longest.unwrap().len(), CursorKey::LONGEST);
        assert!(sealed(vec![Some("x".repeat(most + 1))]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn every_position_survives(
            position in proptest::collection::vec(proptest::option::of(".{0,20}"), 0..=Cursor::PARTS),
            expires_at in NOW + 1..i64::MAX,
            count in any::<u64>(),
            forward in any::<bool>(),
        ) {
            let direction = if forward { Direction::Forward } else { Direction::Backward };
            let cursor = Cursor { direction, position, expires_at };
            let scope = CursorScope { count, ..scope(b"p") };
            let text = key().seal(&cursor, &scope).unwrap();
            prop_assert_eq!(key().open(&text, &scope, NOW), Ok(cursor));
        }

        #[test]
        fn no_payload_makes_it_panic(payload in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&payload);
        }
    }
}
