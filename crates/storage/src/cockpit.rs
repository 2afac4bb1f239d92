//! Every credential there is, in one list: a view over secrets, activation tokens and providers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::Scopes;

use crate::columns::{instant, micros, parsed};
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::schema::credentials;
use crate::store::Read;

sorts! {
    /// How credentials can be sorted.
    CredentialSort by "credentials.id" {
        Expires = "expires" => "credentials.end_key",
    }
}

/// What a row of the list stands for, and as which it stands in the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    ClientSecret,
    ActivationToken,
    /// A provider, for all else that it authenticates with.
    Provider,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::ActivationToken => "activation_token",
            Self::Provider => "provider",
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub source: Source,
    /// Of the credential; of a provider its own.
    pub id: CredentialId,
    pub provider: ProviderId,
    /// First instant at which it no longer works: its own end or its provider's validity.
    pub expires: Option<DateTime<Utc>>,
    pub name: Option<String>,
    pub scopes: Option<Scopes>,
    pub created: DateTime<Utc>,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub provider: Option<ProviderId>,
    pub source: Option<Source>,
    /// Only providers that have keys, issuers or certificates.
    pub keyed: bool,
    /// Only those that end after this instant.
    pub after: Option<DateTime<Utc>>,
    /// Only those that end at this instant or before.
    pub until: Option<DateTime<Utc>>,
}

/// What a row is sorted by.
pub fn key(expires: Option<DateTime<Utc>>) -> Key {
    Key::Integer(expires.map_or(i64::MAX, micros))
}

type Row = (
    i64,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    i64,
);

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<CredentialSort>,
) -> Result<Vec<Listed>, Error> {
    let mut query = credentials::table.into_boxed();
    if let Some(provider) = choice.provider {
        query = query.filter(credentials::provider_id.eq(provider.to_string()));
    }
    if let Some(source) = choice.source {
        query = query.filter(credentials::kind.eq(source.name()));
    }
    if choice.keyed {
        query = query.filter(credentials::keyed.eq(1));
    }
    if let Some(after) = choice.after {
        query = query.filter(credentials::end_key.gt(micros(after)));
    }
    if let Some(until) = choice.until {
        query = query.filter(credentials::end_key.le(micros(until)));
    }
    let rows: Vec<Row> = page
        .of(query)
        .select((
            credentials::end_key,
            credentials::id,
            credentials::provider_id,
            credentials::kind,
            credentials::name,
            credentials::scopes,
            credentials::created,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(end, id, provider, kind, name, scopes, created)| {
            let sources = [
                Source::ClientSecret,
                Source::ActivationToken,
                Source::Provider,
            ];
            let source = sources.into_iter().find(|source| source.name() == kind);
            let scopes = scopes.as_deref().map(Scopes::parse).transpose();
            Ok(Listed {
                source: source.ok_or_else(|| Error::corrupt("a credential of no source"))?,
                id: parsed(&id)?,
                provider: parsed(&provider)?,
                expires: (end < i64::MAX).then(|| instant(end)).transpose()?,
                name,
                scopes: scopes.map_err(Error::corrupt)?,
                created: instant(created)?,
            })
        })
        .collect()
}
