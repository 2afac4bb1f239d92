//! Every credential there is, in one list, and a word ahead of the end of each.

mod records;

use std::collections::HashSet;

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, Mistake, ProviderId};
use vestibule_oauth::{Digest, Scopes};
use vestibule_storage::cockpit::{Choice, Source};
use vestibule_storage::credentials::Use;
use vestibule_storage::page::{Page as Part, Position};
use vestibule_storage::warnings::{self, Warning};
use vestibule_storage::{Read, Write, cockpit, credentials};

pub use vestibule_storage::cockpit::CredentialSort;

use crate::caller::all_short_tokens;
use crate::clients::key_credential;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Role, Service, Warned};
use records::{Wanted, place, records};

/// Days ahead of its end at which a credential is spoken of, farthest first.
pub const AHEAD: [i64; 3] = [30, 7, 1];
/// Credentials about to end that are looked at in one go.
const WARNED: i64 = 100;
/// Credentials counted at once.
const COUNTED: u64 = 1_000;
/// The kind of the warning on the provider.
const EXPIRING: &str = "credential_expiring";

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    ClientSecret,
    ActivationToken,
    /// All tokens that the token endpoint issued to one provider, together.
    AccessTokens,
    /// A registered public key, or the address of keys, that the provider signs with.
    SigningKey,
    /// An issuer whose word is taken for the provider.
    FederatedIssuer,
    /// A registered certificate, or the name that one must have.
    Certificate,
}

impl CredentialKind {
    pub const ALL: [Self; 6] = [
        Self::ClientSecret,
        Self::ActivationToken,
        Self::AccessTokens,
        Self::SigningKey,
        Self::FederatedIssuer,
        Self::Certificate,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::ActivationToken => "activation_token",
            Self::AccessTokens => "access_tokens",
            Self::SigningKey => "signing_key",
            Self::FederatedIssuer => "federated_issuer",
            Self::Certificate => "certificate",
        }
    }
}

/// Whether a credential works, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// It works.
    Live,
    /// It works and ends within 30 days.
    Soon,
    /// It no longer works.
    Ended,
}

impl CredentialState {
    pub const ALL: [Self; 3] = [Self::Soon, Self::Live, Self::Ended];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Soon => "soon",
            Self::Ended => "ended",
        }
    }
}

/// Which credentials are wanted, the first to end first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct CredentialQuery {
    pub provider: Option<ProviderId>,
    pub kind: Option<CredentialKind>,
    pub state: Option<CredentialState>,
    pub page: PageQuery<CredentialSort>,
}

/// How many credentials there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CredentialCounts {
    /// That work, of each kind in the order of [`CredentialKind::ALL`].
    pub live: [i64; 6],
    /// That end within so many days, in the order of [`AHEAD`].
    pub expiring: [i64; 3],
}

/// One line of the cockpit.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialRecord {
    pub id: CredentialId,
    pub provider: ProviderId,
    pub provider_name: String,
    pub kind: CredentialKind,
    /// Of an activation token its name, of a key its `kid` or address, of an issuer itself.
    pub name: Option<String>,
    pub scopes: Option<Scopes>,
    /// Of a key, an issuer or a certificate: since when it stands in the settings. None of access tokens,
    /// and where it is not known.
    pub created: Option<DateTime<Utc>>,
    /// First instant at which it no longer works: its own end or its provider's validity.
    pub expires: Option<DateTime<Utc>>,
    /// Days within which it ends, of 30, 7 and 1; none when that is farther away, or past, or it is a secret
    /// whose successor works longer.
    pub expires_within_days: Option<i64>,
    pub expired: bool,
    /// How many there are that work; more than one only of access tokens.
    pub live: i64,
    pub last_use: Option<Use>,
}

impl Service {
    /// Secrets, activation tokens, keys, issuers and certificates of providers, and the fetched tokens
    /// of each provider in one line. Endless ones stand last.
    pub fn list_credentials(
        &self,
        call: &AdminCall,
        query: &CredentialQuery,
    ) -> Result<Page<CredentialRecord>, Error> {
        let now = self.now();
        let asked = self.asked(&query.page, (CredentialSort::Expires, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let found = walk(tx, query, asked.page(), now)?;
            Ok(asked.answer(found, |_, record| place(record)))
        })
    }

    /// Counts every credential, some at a time.
    pub fn count_credentials(&self, call: &AdminCall) -> Result<CredentialCounts, Error> {
        let mut counts = CredentialCounts::default();
        let mut query = CredentialQuery {
            page: PageQuery::first(COUNTED),
            ..CredentialQuery::default()
        };
        loop {
            let page = self.list_credentials(call, &query)?;
            for record in page.items {
                let kinds = CredentialKind::ALL.iter().zip(&mut counts.live);
                for (_, live) in kinds.filter(|(kind, _)| **kind == record.kind) {
                    *live += record.live;
                }
                let Some(within) = record.expires_within_days else {
                    continue;
                };
                for (days, expiring) in AHEAD.iter().zip(&mut counts.expiring) {
                    *expiring += i64::from(within <= *days);
                }
            }
            if page.next.is_none() {
                return Ok(counts);
            }
            query.page.after = page.next;
        }
    }

    /// Warns, once for each of 30, 7 and 1 days ahead, of secrets and activation tokens about to
    /// end: an event and a warning on the provider. Answers how many warnings that were.
    pub fn warn_of_expiry(&self) -> Result<usize, Error> {
        let now = self.now();
        let soon = Choice {
            after: Some(now),
            until: Some(now + Duration::days(AHEAD.into_iter().max().unwrap_or_default())),
            ..Choice::default()
        };
        let mut page = Part::first(CredentialSort::Expires, WARNED);
        let mut seen = HashSet::new();
        let mut warned = 0;
        loop {
            let rows = self
                .store()
                .read(|tx| Ok::<_, Error>(cockpit::list(tx, &soon, &page)?))?;
            let last = rows.last().map(|row| Position {
                key: Some(cockpit::key(row.expires)),
                id: row.id.to_string(),
            });
            let whole = i64::try_from(rows.len()).is_ok_and(|rows| rows == page.limit);
            for row in rows {
                if row.source != Source::Provider && seen.insert(row.provider) {
                    warned += self.warn_provider(row.provider)?;
                }
            }
            if !whole {
                return Ok(warned);
            }
            page.after = last;
        }
    }

    /// Warns of what one provider has that is about to end.
    fn warn_provider(&self, provider: ProviderId) -> Result<usize, Error> {
        let service = self.clone();
        self.store().write("credentials.warn", move |tx| {
            let now = service.now();
            let query = CredentialQuery {
                provider: Some(provider),
                ..CredentialQuery::default()
            };
            let every = Part::first(CredentialSort::Expires, i64::MAX);
            let records = walk(tx, &query, &every, now)?;
            let mut warned = 0;
            for (record, detail) in worth_a_word(&records, now) {
                let subject = record.id.to_string();
                if !warnings::stands(tx, provider, EXPIRING, &subject, &detail)? {
                    service.warn_of(tx, record, detail, now)?;
                    warned += 1;
                }
            }
            Ok::<_, Error>(warned)
        })
    }

    fn warn_of(
        &self,
        tx: &mut Write<'_>,
        record: &CredentialRecord,
        detail: String,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let after = json!({
            "kind": record.kind,
            "name": record.name,
            "expires": record.expires,
            "within_days": record.expires_within_days,
        });
        let event = self.record(
            tx,
            Change {
                id: None,
                at: now,
                actor: Actor::System,
                action: Action::CredentialExpiring,
                subject: record.id.into(),
                provider: Some(record.provider),
                cause: None,
                request_id: None,
                payload: Payload {
                    after: Some(after),
                    why: Some(detail.clone()),
                    ..Payload::default()
                },
            },
        );
        let warning = Warning {
            provider: record.provider,
            kind: EXPIRING.to_owned(),
            subject: record.id.to_string(),
            detail,
            raised: now,
            event,
        };
        Ok(warnings::raise(tx, &warning)?)
    }
}

/// The records to be spoken of, with what is to be said.
fn worth_a_word(
    records: &[CredentialRecord],
    now: DateTime<Utc>,
) -> impl Iterator<Item = (&CredentialRecord, String)> {
    records.iter().filter_map(move |record| {
        let days = record.expires_within_days?;
        let expires = record.expires.filter(|expires| *expires > now)?;
        let warned = match (record.kind, days) {
            (CredentialKind::ClientSecret, 1) => Warned::SecretEndsInADay,
            (CredentialKind::ClientSecret, _) => Warned::SecretEnds,
            (CredentialKind::ActivationToken, 1) => Warned::TokenEndsInADay,
            (CredentialKind::ActivationToken, _) => Warned::TokenEnds,
            _ => return None,
        };
        let name = record.name.as_deref().unwrap_or_default();
        let said = warned.said([
            ("name", format!("{name:?}").into()),
            ("days", days.to_string().into()),
            ("at", expires.trunc_subsecs(0).into()),
        ]);
        Some((record, said.to_string()))
    })
}

/// The ids under which a provider's uses are counted, besides secrets and activation tokens.
pub(crate) fn own_credentials(
    provider: &Provider,
    now: DateTime<Utc>,
) -> impl Iterator<Item = CredentialId> {
    let own = records::of_settings(provider, now).into_iter();
    own.map(|record| record.id)
        .chain([all_short_tokens(provider.id)])
}

/// Writes down since when the keys, issuers and certificates of a provider are there.
pub(crate) fn date_keys(
    tx: &mut Write<'_>,
    before: Option<&Provider>,
    provider: &Provider,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let keys = |provider| -> HashSet<CredentialId> {
        let own = records::of_settings(provider, now).into_iter();
        own.map(|record| record.id).collect()
    };
    let (had, has) = (before.map(keys).unwrap_or_default(), keys(provider));
    let of = |one: &HashSet<_>, other| one.difference(other).copied().collect::<Vec<_>>();
    credentials::forget_keys(tx, &of(&had, &has))?;
    Ok(credentials::date_keys(
        tx,
        provider.id,
        &of(&has, &had),
        now,
    )?)
}

/// The records of a page, as many as it is long.
fn walk(
    tx: &mut Read<'_>,
    query: &CredentialQuery,
    page: &Part<CredentialSort>,
    now: DateTime<Utc>,
) -> Result<Vec<CredentialRecord>, Error> {
    let wanted = Wanted::of(query, now);
    let mut page = page.clone();
    let length = page.limit;
    let mut found = Vec::new();
    if let Some(after) = &mut page.after {
        let (row, within) = match after.id.split_once('/') {
            Some((row, within)) => (row.to_owned(), Some(within.to_owned())),
            None => (after.id.clone(), None),
        };
        if let Some(within) = within {
            // The page before ended amid what one provider has.
            let id: ProviderId = row
                .parse()
                .map_err(|_| Error::invalid("after", &Mistake::BadCursor.said([])))?;
            let rest = wanted.of_provider(tx, id, page.descending, now)?;
            found.extend(rest.into_iter().filter(|record| {
                let id = record.id.to_string();
                if page.descending {
                    id < within
                } else {
                    id > within
                }
            }));
        }
        after.id = row;
    }
    loop {
        page.limit = length.saturating_sub(i64::try_from(found.len()).unwrap_or(i64::MAX));
        if page.limit <= 0 {
            break;
        }
        let rows = cockpit::list(tx, &wanted.rows, &page)?;
        let last = rows.last().map(|row| Position {
            key: Some(cockpit::key(row.expires)),
            id: row.id.to_string(),
        });
        let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= page.limit;
        found.extend(records(tx, &wanted, rows, page.descending, now)?);
        if !more {
            break;
        }
        page.after = last;
    }
    Ok(found)
}

/// Under which the uses of somebody's published keys are counted together.
pub(crate) fn remote(provider: ProviderId, address: &str) -> CredentialId {
    key_credential(provider, Digest::of(address).as_bytes())
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use vestibule_domain::provider::UserType;

    use super::*;
    use crate::world::{World, provider, root};

    #[test]
    fn the_first_to_end_stands_first_and_uses_are_shown() {
        let world = World::new();
        let client = world.client(UserType::Internal);
        let token = world
            .service
            .issue_activation_token(&root(), client.id, "pasted", Some(60), None)
            .unwrap();
        world.service.flush_telemetry().unwrap();
        let list = |provider| {
            let query = CredentialQuery {
                provider,
                ..CredentialQuery::default()
            };
            let page = world.service.list_credentials(&root(), &query).unwrap();
            assert_eq!(page.next, None);
            page.items
        };
        let records = list(Some(client.id));
        let kinds: Vec<&str> = records.iter().map(|record| record.kind.name()).collect();
        // Neither of the latter ends: the older stands first.
        assert_eq!(
            kinds,
            ["activation_token", "access_tokens", "client_secret"]
        );
        assert_eq!(records[0].id, token.id);
        assert_eq!(records[0].expires_within_days, Some(1));
        assert_eq!(records[1].live, 1);
        let used = records[2].last_use.as_ref().unwrap();
        assert_eq!(
            (used.uses, used.last_address.as_deref()),
            (1, Some("192.0.2.1"))
        );
        assert_eq!(list(None), records);
    }

    #[test]
    fn the_end_of_a_credential_is_announced_once_at_each_distance() {
        let world = World::new();
        let client = world.register(provider("Okta", UserType::Internal));
        let id = client.provider.provider.id;
        world
            .service
            .issue_activation_token(&root(), id, "pasted", Some(40 * 24 * 60), None)
            .unwrap();
        let warn = || world.service.warn_of_expiry().unwrap();
        assert_eq!(warn(), 0);
        let mut told = Vec::new();
        for day in 1..=41 {
            world.pass(Duration::days(1));
            if warn() > 0 {
                told.push(40 - day);
            }
            assert_eq!(warn(), 0, "once");
        }
        assert_eq!(told, [30, 7, 1]);
        assert_eq!(world.last_actions(1), ["credential.expiring"]);
        let warnings = world.service.find_provider(&root(), id).unwrap().warnings;
        assert_eq!(warnings.len(), 1, "the newest in the place of the older");
        assert!(warnings[0].detail.contains("within 1 day,"));
    }

    #[test]
    fn a_secret_let_go_on_purpose_is_not_spoken_of_but_the_last_one_is() {
        let world = World::new();
        let mut settings = provider("Okta", UserType::Internal);
        let client = world.register(settings.clone());
        let id = client.provider.provider.id;
        world.service.rotate_secret(&root(), id, None).unwrap();
        assert_eq!(world.service.warn_of_expiry().unwrap(), 0);
        let counts = world.service.count_credentials(&root()).unwrap();
        assert_eq!(counts.expiring, [0; 3]);
        settings.name = "Short".to_owned();
        settings.valid_until = Some(world.service.now() + Duration::days(3));
        world.register(settings);
        assert_eq!(world.service.warn_of_expiry().unwrap(), 1);
    }
}
