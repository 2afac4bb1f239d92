//! Pages by cursor (RFC 9865): each begins where the one before ended, wherever that is by now.

use chrono::{DateTime, Utc};
use rand::RngCore as _;
use vestibule_scim::{
    Cursor, CursorError, CursorKey, CursorScope, Direction, PageMark, QueryDigest,
};
use vestibule_storage::collection::{From, Listed as Found, Place};
use vestibule_storage::{Read, server_keys};

use super::{Listed, Part};
use crate::{Caller, Error, Service};

/// The key's name in the database.
const KEY: &str = "cursor";

/// A way through the pages of one query.
pub(super) struct Walk {
    key: CursorKey,
    audience: [u8; 16],
    digest: QueryDigest,
    /// Resources on a page.
    count: u64,
    now: i64,
    /// Until when the cursors of this page are good, in seconds.
    expires_at: i64,
}

/// Where a page begins or ends.
struct Position {
    resource_type: String,
    /// The resource behind or before which the page lies; without one it lies at the end of the
    /// list that is the first on the way.
    beside: Option<Beside>,
    /// How many resources matched when the walk began; counted once for all pages.
    total: i64,
}

struct Beside {
    key: Option<String>,
    id: String,
}

impl Beside {
    fn place(&self) -> Place<'_> {
        Place {
            key: self.key.as_deref(),
            id: &self.id,
        }
    }
}

/// A resource on a page, with the number of its part.
type Placed = (usize, Found);

impl Service {
    /// The key of all nodes; made by the first that needs it.
    pub(super) fn cursor_key(&self) -> Result<CursorKey, Error> {
        if let Some(key) = self.cursor_key_known().get() {
            return Ok(key.clone());
        }
        let stored = self
            .store()
            .read(|tx| server_keys::find(tx, KEY).map_err(Error::from))?;
        let secret = if let Some(secret) = stored {
            secret
        } else {
            let service = self.clone();
            self.store().write("server_keys.insert", move |tx| {
                if let Some(secret) = server_keys::find(tx, KEY)? {
                    return Ok::<_, Error>(secret);
                }
                let mut secret = [0; 32];
                service.entropy().lock().fill_bytes(&mut secret);
                server_keys::insert(tx, KEY, &secret, service.now())?;
                Ok(secret)
            })?
        };
        Ok(self
            .cursor_key_known()
            .get_or_init(|| CursorKey::new(secret))
            .clone())
    }
}

impl Walk {
    pub(super) fn new(
        service: &Service,
        caller: &Caller,
        key: CursorKey,
        digest: QueryDigest,
        count: u64,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            key,
            audience: caller.audience(),
            digest,
            count,
            now: now.timestamp(),
            expires_at: (now + service.settings().cursor_timeout).timestamp(),
        }
    }

    /// The page a cursor leads to; the first without one.
    pub(super) fn page(
        &self,
        tx: &mut Read<'_>,
        parts: &[Part<'_>],
        base: &str,
        cursor: Option<&str>,
    ) -> Result<Listed, Error> {
        let opened = match cursor {
            Some(text) => Some(self.open(text)?),
            None => None,
        };
        let (direction, position) = opened.unzip();
        let backward = direction == Some(Direction::Backward);
        let begin = match &position {
            Some(position) => parts
                .iter()
                .position(|part| part.resource_type.name == position.resource_type)
                .ok_or_else(|| Error::Scim(CursorError::Invalid.into()))?,
            None => 0,
        };
        let total = match &position {
            // What is not filtered is not counted either, so it may as well be true of this moment.
            Some(position) if parts.iter().any(|part| part.query.filter.is_some()) => {
                position.total
            }
            _ => {
                let mut total = 0;
                for part in parts {
                    total += part.count(tx)?;
                }
                total
            }
        };
        let wanted = i64::try_from(self.count).unwrap_or(i64::MAX);
        if wanted == 0 {
            return Ok(listed(total, (None, None), Vec::new()));
        }
        let order: Vec<usize> = if backward {
            (0..=begin).rev().collect()
        } else {
            (begin..parts.len()).collect()
        };
        let beside = position.as_ref().and_then(|at| at.beside.as_ref());
        // One more than asked for tells whether there is another page.
        let mut page: Vec<Placed> = Vec::new();
        for number in order {
            let Some(part) = parts.get(number) else {
                continue;
            };
            let from = match (beside.filter(|_| number == begin), backward) {
                (Some(beside), false) => From::Behind(beside.place()),
                (Some(beside), true) => From::Before(beside.place()),
                (None, false) => From::Offset(0),
                (None, true) => From::End,
            };
            let room = wanted + 1 - i64::try_from(page.len()).unwrap_or(i64::MAX);
            if room <= 0 {
                break;
            }
            let found = part.find(tx, from, room)?;
            let found = found.into_iter().map(|found| (number, found));
            if backward {
                page.splice(0..0, found);
            } else {
                page.extend(found);
            }
        }
        let more = i64::try_from(page.len()).unwrap_or(i64::MAX) > wanted;
        if more && backward {
            page.remove(0);
        } else if more {
            page.pop();
        }
        let is_behind = if backward { beside.is_some() } else { more };
        let is_before = if backward { more } else { beside.is_some() };
        let to = |direction, placed| self.seal(direction, parts, placed, total);
        // Where all on the page was deleted since, the way back leads from the end of the list.
        let next = is_behind
            .then(|| to(Direction::Forward, page.last()))
            .transpose()?;
        let previous = is_before
            .then(|| to(Direction::Backward, page.first()))
            .transpose()?;
        let mut resources = Vec::with_capacity(page.len());
        for run in page.chunk_by(|(one, _), (other, _)| one == other) {
            let found: Vec<&Found> = run.iter().map(|(_, found)| found).collect();
            if let Some(part) = run.first().and_then(|(number, _)| parts.get(*number)) {
                part.represent(tx, base, &found, &mut resources)?;
            }
        }
        Ok(listed(total, (next, previous), resources))
    }

    fn scope(&self) -> CursorScope<'_> {
        CursorScope {
            audience: &self.audience,
            query: self.digest,
            count: self.count,
        }
    }

    fn open(&self, text: &str) -> Result<(Direction, Position), Error> {
        let cursor = self
            .key
            .open(text, &self.scope(), self.now)
            .map_err(vestibule_scim::Error::from)?;
        let mut parts = cursor.position.into_iter();
        let mut next = || parts.next().flatten();
        let (resource_type, key, id, total) = (next(), next(), next(), next());
        match (resource_type, total.and_then(|total| total.parse().ok())) {
            (Some(resource_type), Some(total)) => Ok((
                cursor.direction,
                Position {
                    resource_type,
                    beside: id.map(|id| Beside { key, id }),
                    total,
                },
            )),
            // Sealed by a version that wrote positions otherwise.
            _ => Err(Error::Scim(CursorError::Invalid.into())),
        }
    }

    /// A cursor to what lies behind or before one that was found; without one, to all there is,
    /// from the start or the end of the list.
    fn seal(
        &self,
        direction: Direction,
        parts: &[Part<'_>],
        placed: Option<&Placed>,
        total: i64,
    ) -> Result<String, Error> {
        let part = match (placed, direction) {
            (Some((number, _)), _) => parts.get(*number),
            (None, Direction::Forward) => parts.first(),
            (None, Direction::Backward) => parts.last(),
        };
        let position = vec![
            part.map(|part| part.resource_type.name.clone()),
            placed.and_then(|(_, found)| found.key.clone()),
            placed.map(|(_, found)| found.id.clone()),
            Some(total.to_string()),
        ];
        let cursor = Cursor {
            direction,
            position,
            expires_at: self.expires_at,
        };
        self.key
            .seal(&cursor, &self.scope())
            .ok_or_else(|| Error::internal("the key of a place is short"))
    }
}

fn listed(
    total: i64,
    (next, previous): (Option<String>, Option<String>),
    resources: Vec<String>,
) -> Listed {
    Listed {
        total,
        page: PageMark::Cursor { next, previous },
        resources,
    }
}
