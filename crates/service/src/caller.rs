//! Who calls over SCIM: the provider behind the bearer token, past every gate.

mod tally;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use vestibule_domain::event::{Action, Actor, Payload, Subject};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId, gate};
use vestibule_oauth::{BearerError, Digest, Scopes, Thumbprint};
use vestibule_scim::{Dialect, Tolerances};
use vestibule_storage::providers::Edition;
use vestibule_storage::{Read, credentials, definitions, providers};

pub(crate) use tally::Tally;

use crate::tokens::works;
use crate::types::Types;
use crate::{Change, Error, Operator, Service};

/// The mount of SCIM that the original product's clients are configured for, and the one that is described.
pub const MOUNT: &str = "/iso/scim/v2";
/// The same resources under the usual path.
pub const ALIAS: &str = "/scim/v2";

/// What a request shows of its sender.
#[derive(Debug, Clone)]
pub struct Presented {
    /// Digest of the bearer token.
    pub token: Result<Digest, BearerError>,
    /// Where it came from; none when that cannot be known.
    pub address: Option<IpAddr>,
    /// The values of all `Referer` lines.
    pub referers: Vec<String>,
    /// Of the certificate that it presented in the TLS handshake, if it did.
    pub certificate: Option<Thumbprint>,
    /// Under which the request can be found again.
    pub request_id: String,
}

/// A SCIM request before its sender is known.
#[derive(Debug, Clone)]
pub struct Call {
    pub presented: Presented,
    /// Public address of the mount it came through, without a slash at the end:
    /// `https://vestibule.example/scim/v2`.
    pub base: String,
}

/// The sender of a SCIM request.
#[derive(Debug, Clone)]
pub struct Caller {
    pub provider: Arc<Provider>,
    pub credential: CredentialId,
    pub address: Option<IpAddr>,
    pub request_id: String,
    /// The administrator who acts in the provider's stead, if one does.
    pub(crate) operator: Option<Operator>,
    /// What resources may hold at this moment.
    pub(crate) types: Arc<Types>,
    /// Of the request, for what is counted once it is done.
    pub(crate) tally: Arc<Tally>,
}

impl Caller {
    pub(crate) fn actor(&self) -> Actor {
        match &self.operator {
            Some(operator) => operator.actor.clone(),
            None => Actor::Provider {
                id: self.provider.id,
                address: self.address,
            },
        }
    }

    /// A change of `subject` by this caller, to be filled in.
    pub(crate) fn change(&self, subject: impl Into<Subject>, at: DateTime<Utc>) -> Change {
        Change {
            id: None,
            at,
            actor: self.actor(),
            action: Action::ProviderChanged,
            subject: subject.into(),
            provider: Some(self.provider.id),
            cause: None,
            request_id: match &self.operator {
                Some(operator) => operator.request_id.clone(),
                None => Some(self.request_id.clone()),
            },
            payload: Payload::default(),
        }
    }

    /// Whether what was read tolerantly has to be read again, strictly.
    pub(crate) fn refuses(&self, tolerances: &Tolerances) -> bool {
        self.provider.settings.dialect == Dialect::Strict && tolerances.used().next().is_some()
    }
}

impl Service {
    /// Finds the provider behind a token inside the caller's transaction, so that a token revoked a
    /// moment ago is refused, and passes it through every gate in DOMAIN.md's order. However often a request
    /// is authenticated, by its tally it goes through that of the rate once.
    pub(crate) fn authenticate(
        &self,
        read: &mut Read<'_>,
        tally: &Arc<Tally>,
        presented: &Presented,
        needed: Scopes,
        now: DateTime<Utc>,
    ) -> Result<Caller, Error> {
        tally.begin();
        let digest = presented.token?;
        let found = credentials::find_token(read, &digest)?.ok_or(BearerError::InvalidToken)?;
        let token = found.token;
        // A token that was got by a certificate is worth nothing to who has it alone (RFC 8705, section 3).
        let bound_elsewhere =
            token.certificate.is_some() && token.certificate != presented.certificate;
        if bound_elsewhere || !works(&token, found.epoch, now) {
            return Err(BearerError::InvalidToken.into());
        }
        let referers: Vec<&str> = presented.referers.iter().map(String::as_str).collect();
        let provider = self.provider_of(read, token.provider, found.provider)?;
        gate::credential_gate(&provider, now)?;
        gate::network_gate(&provider, presented.address, &referers)?;
        gate::paused_gate(&provider)?;
        self.take_once(tally, &provider, now)?;
        // What the provider may do now bounds what its tokens were made for.
        let scopes = token.scopes.intersect(provider.settings.scopes);
        gate::scope_gate(needed, scopes)?;
        // Short tokens come and go by the thousand: their uses are counted together.
        let counted = if token.activation {
            token.id
        } else {
            all_short_tokens(provider.id)
        };
        tally.used(counted, provider.id, presented.address);
        Ok(Caller {
            provider,
            credential: token.id,
            address: presented.address,
            request_id: presented.request_id.clone(),
            operator: None,
            types: self.types_of(read, found.definitions)?,
            tally: Arc::clone(tally),
        })
    }

    /// An administrator who does what a provider's product would do, past no gate of it.
    pub(crate) fn in_stead_of(
        &self,
        read: &mut Read<'_>,
        provider: Provider,
        operator: Operator,
        address: Option<IpAddr>,
    ) -> Result<Caller, Error> {
        let (version, _) = definitions::load(read)?;
        Ok(Caller {
            credential: all_short_tokens(provider.id),
            provider: Arc::new(provider),
            address,
            request_id: operator.request_id.clone().unwrap_or_default(),
            operator: Some(operator),
            types: self.types_of(read, version)?,
            // Nothing of this is counted: no product sent it.
            tally: Arc::default(),
        })
    }
}

/// Providers as this node last read them. Every transaction compares their edition with that in the
/// database, so that nobody works by an old one.
#[derive(Debug, Default)]
pub(crate) struct KnownProviders(RwLock<HashMap<ProviderId, Arc<Provider>>>);

/// Providers known at once.
const KNOWN: usize = 1_024;

impl Service {
    /// The provider in the edition that was just read.
    fn provider_of(
        &self,
        read: &mut Read<'_>,
        id: ProviderId,
        edition: Edition,
    ) -> Result<Arc<Provider>, Error> {
        let all = &self.known_providers().0;
        let known = all.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = known.get(&id).filter(|it| Edition::of(it) == edition) {
            return Ok(Arc::clone(provider));
        }
        drop(known);
        let registered = providers::find(read, id)?.ok_or(BearerError::InvalidToken)?;
        let provider = Arc::new(registered.provider);
        let mut known = all.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(id, Arc::clone(&provider));
        Ok(provider)
    }
}

/// Under which the uses of a provider's short tokens are counted.
pub(crate) fn all_short_tokens(provider: ProviderId) -> CredentialId {
    CredentialId::from_uuid(provider.as_uuid())
}

type Reader<T> = Box<dyn Fn(&Types, &mut Tolerances) -> Result<T, vestibule_scim::Error> + Send>;

/// Something read from a request before its sender was known: tolerantly, and again strictly for a
/// provider that wants no tolerance.
pub(crate) struct Parsed<T> {
    read: Reader<T>,
    /// Under which types it was read.
    version: i64,
    dialect: Dialect,
    value: Result<T, vestibule_scim::Error>,
    tolerances: Tolerances,
}

impl<T> Parsed<T> {
    /// What was read, tolerantly, if that could be.
    pub(crate) fn value(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }

    fn read_again(&mut self, caller: &Caller, dialect: Dialect) {
        self.tolerances = Tolerances::new(dialect);
        self.value = (self.read)(&caller.types, &mut self.tolerances);
        self.version = caller.types.version;
        self.dialect = dialect;
    }
}

impl Service {
    /// Reads by the types as this node knows them.
    pub(crate) fn parsed<T>(
        &self,
        read: impl Fn(&Types, &mut Tolerances) -> Result<T, vestibule_scim::Error> + Send + 'static,
    ) -> Parsed<T> {
        let types = self.types();
        let mut tolerances = Tolerances::new(Dialect::Tolerant);
        let value = read(&types, &mut tolerances);
        Parsed {
            read: Box::new(read),
            version: types.version,
            dialect: Dialect::Tolerant,
            value,
            tolerances,
        }
    }
}

impl Caller {
    /// What the request says, held to the dialect of its sender and to the types of this moment.
    pub(crate) fn settle<'a, T>(&self, parsed: &'a mut Parsed<T>) -> Result<&'a T, Error> {
        // A transaction that is run again may meet another dialect, or other types, than before.
        let dialect = self.provider.settings.dialect;
        let stale = parsed.version != self.types.version;
        if stale || (parsed.dialect, dialect) == (Dialect::Strict, Dialect::Tolerant) {
            parsed.read_again(self, Dialect::Tolerant);
        }
        // For its error, or for what it says without what was tolerated.
        if self.refuses(&parsed.tolerances) {
            parsed.read_again(self, Dialect::Strict);
        }
        let value = parsed.value.as_ref().map_err(Clone::clone)?;
        self.tally.tolerated(self.provider.id, &parsed.tolerances);
        Ok(value)
    }
}

impl Service {
    /// What resources may hold, for a sender that may read at all.
    pub fn read_types(&self, call: &Call) -> Result<Arc<Types>, Error> {
        self.counted(|tally| {
            self.store().read(|tx| {
                let now = self.now();
                let caller = self.authenticate(tx, tally, &call.presented, Scopes::READ, now)?;
                Ok(caller.types)
            })
        })
    }
}
