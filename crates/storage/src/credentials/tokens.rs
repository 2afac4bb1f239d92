//! Access tokens, as digests. They are kept in the order in which they are made, and found by the first eight bytes of
//! their digests: a digest is anywhere, so what is kept in its order is narrow.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::{Digest, Scopes, Thumbprint};

use crate::columns::{instant, micros, optional_instant, parsed};
use crate::engine::direct;
use crate::error::Error;
use crate::page::{Page, sorts};
use crate::providers::Edition;
use crate::schema::{definitions, providers, tokens};
use crate::store::{Read, Write};

/// An access token.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: CredentialId,
    pub provider: ProviderId,
    /// Given to an activation token by the administrator who issued it.
    pub name: Option<String>,
    /// Issued by an administrator to be pasted, not by the token endpoint.
    pub activation: bool,
    pub scopes: Scopes,
    pub issued: DateTime<Utc>,
    /// First instant at which it no longer works.
    pub expires: DateTime<Utc>,
    /// The certificate that it works with alone (RFC 8705, section 3).
    pub certificate: Option<Thumbprint>,
}

type TokenColumns = (
    tokens::id,
    tokens::provider_id,
    tokens::name,
    tokens::activation,
    tokens::scopes,
    tokens::issued,
    tokens::expires,
    tokens::certificate,
);
const TOKEN: TokenColumns = (
    tokens::id,
    tokens::provider_id,
    tokens::name,
    tokens::activation,
    tokens::scopes,
    tokens::issued,
    tokens::expires,
    tokens::certificate,
);

#[derive(Queryable)]
struct TokenRow {
    id: String,
    provider: String,
    name: Option<String>,
    activation: bool,
    scopes: String,
    issued: i64,
    expires: i64,
    certificate: Option<Vec<u8>>,
}

impl TryFrom<TokenRow> for Token {
    type Error = Error;

    fn try_from(row: TokenRow) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            provider: parsed(&row.provider)?,
            name: row.name,
            activation: row.activation,
            scopes: Scopes::parse(&row.scopes).map_err(Error::corrupt)?,
            issued: instant(row.issued)?,
            expires: instant(row.expires)?,
            certificate: row.certificate.map(thumbprint).transpose()?,
        })
    }
}

fn thumbprint(bytes: Vec<u8>) -> Result<Thumbprint, Error> {
    bytes
        .try_into()
        .map(Thumbprint::from_bytes)
        .map_err(|_| Error::corrupt("a thumbprint of another length"))
}

/// What a token is looked up by; two may have it in common.
fn key(digest: &Digest) -> i64 {
    let first = digest.as_bytes().first_chunk();
    i64::from_be_bytes(*first.expect("a digest has 32 bytes"))
}

pub fn insert_token(write: &mut Write<'_>, token: &Token, digest: &Digest) -> Result<(), Error> {
    direct!(write, |connection| diesel::insert_into(tokens::table)
        .values((
            tokens::digest_key.eq(key(digest)),
            tokens::digest.eq(digest.as_bytes().as_slice()),
            tokens::id.eq(token.id.to_string()),
            tokens::provider_id.eq(token.provider.to_string()),
            tokens::name.eq(token.name.as_deref()),
            tokens::activation.eq(token.activation),
            tokens::scopes.eq(token.scopes.as_str()),
            tokens::issued.eq(micros(token.issued)),
            tokens::expires.eq(micros(token.expires)),
            tokens::certificate.eq(token.certificate.map(|it| it.as_bytes().to_vec())),
        ))
        .execute(connection))?;
    Ok(())
}

/// A token, and of this moment what every request has to know of the world around it.
#[derive(Debug, Clone)]
pub struct Found {
    pub token: Token,
    /// As which its provider stands there.
    pub provider: Edition,
    /// Tokens of the provider that were issued before it no longer work.
    pub epoch: Option<DateTime<Utc>>,
    /// The version of the definitions of resources.
    pub definitions: i64,
}

#[derive(Queryable)]
struct FoundRow {
    digest: Vec<u8>,
    token: TokenRow,
    version: i64,
    modified: i64,
    epoch: Option<i64>,
    definitions: Option<i64>,
}

impl TryFrom<FoundRow> for Found {
    type Error = Error;

    fn try_from(row: FoundRow) -> Result<Self, Error> {
        Ok(Self {
            token: row.token.try_into()?,
            provider: Edition {
                version: row.version,
                modified: row.modified,
            },
            epoch: optional_instant(row.epoch)?,
            definitions: row
                .definitions
                .ok_or_else(|| Error::corrupt("there are no definitions"))?,
        })
    }
}

/// The token with this digest, whatever its state.
pub fn find_token(read: &mut Read<'_>, digest: &Digest) -> Result<Option<Found>, Error> {
    let version = match read.memo {
        Some(_) => read.connection.data_version()?,
        None => None,
    };
    if let (Some(memo), Some(version)) = (&mut read.memo, version)
        && let Some(found) = memo.token(version, digest)
    {
        return Ok(Some(found.clone()));
    }
    let alike = direct!(read, |connection| tokens::table
        .inner_join(providers::table)
        .filter(tokens::digest_key.eq(key(digest)))
        .select((
            tokens::digest,
            TOKEN,
            providers::version,
            providers::modified,
            providers::epoch,
            definitions::table
                .select(definitions::version)
                .single_value(),
        ))
        .load::<FoundRow>(connection))?;
    let is_it = |row: &FoundRow| {
        Digest::from_bytes(&row.digest).is_some_and(|stored| stored.matches(digest))
    };
    let found = alike.into_iter().find(is_it);
    let found = found.map(Found::try_from).transpose()?;
    if let (Some(memo), Some(_), Some(found)) = (&mut read.memo, version, &found) {
        memo.remember(digest, found);
    }
    Ok(found)
}

/// One token of a provider, of either kind. It is looked for among all of them, of which there are not many.
#[diesel::dsl::auto_type(no_type_alias)]
fn one_of_provider(provider: ProviderId, id: CredentialId) -> _ {
    let (provider, id): (String, String) = (provider.to_string(), id.to_string());
    tokens::provider_id.eq(provider).and(tokens::id.eq(id))
}

/// One token of a provider.
pub fn find_token_by_id(
    read: &mut Read<'_>,
    provider: ProviderId,
    id: CredentialId,
) -> Result<Option<Token>, Error> {
    tokens::table
        .filter(one_of_provider(provider, id))
        .select(TOKEN)
        .get_result::<TokenRow>(read.connection)
        .optional()?
        .map(Token::try_from)
        .transpose()
}

/// The activation tokens of a provider, oldest first.
pub fn activation_tokens(read: &mut Read<'_>, provider: ProviderId) -> Result<Vec<Token>, Error> {
    let rows: Vec<TokenRow> = tokens::table
        .filter(tokens::provider_id.eq(provider.to_string()))
        .filter(tokens::activation.eq(true))
        .order(tokens::id)
        .select(TOKEN)
        .load(read.connection)?;
    rows.into_iter().map(Token::try_from).collect()
}

sorts! {
    /// How activation tokens can be sorted.
    TokenSort by "tokens.id" {
        Issued = "issued" => "tokens.id",
    }
}

/// Some of the activation tokens of a provider.
pub fn list_activation_tokens(
    read: &mut Read<'_>,
    provider: ProviderId,
    page: &Page<TokenSort>,
) -> Result<Vec<Token>, Error> {
    let mut query = tokens::table
        .filter(tokens::provider_id.eq(provider.to_string()))
        .filter(tokens::activation)
        .into_boxed();
    if let Some(behind) = page.condition() {
        query = query.filter(behind);
    }
    let rows: Vec<TokenRow> = query
        .order(page.order())
        .limit(page.limit)
        .select(TOKEN)
        .load(read.connection)?;
    rows.into_iter().map(Token::try_from).collect()
}

pub fn delete_token(
    write: &mut Write<'_>,
    provider: ProviderId,
    id: CredentialId,
) -> Result<bool, Error> {
    let deleted = diesel::delete(tokens::table.filter(one_of_provider(provider, id)))
        .execute(write.connection)?;
    Ok(deleted > 0)
}

/// Ends the token of a provider with this digest.
pub fn delete_token_by_digest(
    write: &mut Write<'_>,
    provider: ProviderId,
    digest: &Digest,
) -> Result<bool, Error> {
    let deleted = diesel::delete(
        tokens::table
            .filter(tokens::digest_key.eq(key(digest)))
            .filter(tokens::digest.eq(digest.as_bytes().as_slice()))
            .filter(tokens::provider_id.eq(provider.to_string())),
    )
    .execute(write.connection)?;
    Ok(deleted > 0)
}

/// Ends every token of a provider that the token endpoint issued, or every token at all.
pub fn delete_tokens(
    write: &mut Write<'_>,
    provider: ProviderId,
    activation_too: bool,
) -> Result<usize, Error> {
    let of_provider = tokens::table.filter(tokens::provider_id.eq(provider.to_string()));
    Ok(if activation_too {
        diesel::delete(of_provider).execute(write.connection)?
    } else {
        diesel::delete(of_provider.filter(tokens::activation.eq(false)))
            .execute(write.connection)?
    })
}

/// Ends every token of a provider, of either kind, that was issued before `at`.
pub fn delete_tokens_before(
    write: &mut Write<'_>,
    provider: ProviderId,
    at: DateTime<Utc>,
) -> Result<usize, Error> {
    Ok(diesel::delete(
        tokens::table
            .filter(tokens::provider_id.eq(provider.to_string()))
            .filter(tokens::issued.lt(micros(at))),
    )
    .execute(write.connection)?)
}

/// How many short tokens of a provider have not expired.
pub fn live_tokens(
    read: &mut Read<'_>,
    provider: ProviderId,
    at: DateTime<Utc>,
) -> Result<i64, Error> {
    Ok(tokens::table
        .filter(tokens::provider_id.eq(provider.to_string()))
        .filter(tokens::activation.eq(false))
        .filter(tokens::expires.gt(micros(at)))
        .count()
        .get_result(read.connection)?)
}

/// Keeps the newest `keep` short tokens of a provider and ends up to 500 of the older ones
/// (R-TOK-15).
pub fn trim_tokens(write: &mut Write<'_>, provider: ProviderId, keep: i64) -> Result<(), Error> {
    let surplus: Vec<i64> = short_of_provider(provider)
        .order(tokens::seq.desc())
        .offset(keep)
        .limit(500)
        .select(tokens::seq)
        .load(write.connection)?;
    if let (Some(newest), Some(oldest)) = (surplus.first(), surplus.last()) {
        let between = tokens::seq.between(*oldest, *newest);
        diesel::delete(short_of_provider(provider).filter(between)).execute(write.connection)?;
    }
    Ok(())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn short_of_provider(provider: ProviderId) -> _ {
    let provider: String = provider.to_string();
    tokens::table
        .filter(tokens::provider_id.eq(provider))
        .filter(tokens::activation.eq(false))
}

/// Removes up to `limit` tokens that expired before `at`.
pub fn purge_tokens(write: &mut Write<'_>, at: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    // The end of an activation token is recorded before the token goes.
    let recorded = crate::timeline::settled(write)?.map_or(i64::MIN, micros);
    let expired: Vec<i64> = tokens::table
        .filter(gone(micros(at), recorded))
        .limit(limit)
        .select(tokens::digest_key)
        .load(write.connection)?;
    for chunk in expired.chunks(500) {
        let some = tokens::table.filter(tokens::digest_key.eq_any(chunk));
        diesel::delete(some.filter(gone(micros(at), recorded))).execute(write.connection)?;
    }
    Ok(expired.len())
}

/// Expired, and of an activation token recorded too.
#[diesel::dsl::auto_type(no_type_alias)]
fn gone(at: i64, recorded: i64) -> _ {
    tokens::expires.le(at).and(
        tokens::activation
            .eq(false)
            .or(tokens::expires.le(recorded)),
    )
}

#[cfg(test)]
mod tests;
