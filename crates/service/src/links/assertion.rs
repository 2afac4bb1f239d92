//! What the gateway is told about somebody who entered.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use vestibule_domain::access::Affiliation;
use vestibule_storage::{Read, access_groups};

use super::codes::Entry;
use crate::{Error, Service};

/// How long the gateway may take to read an assertion.
const LIFE: Duration = Duration::seconds(60);

/// Claims of the assertion (RFC 7519, section 4).
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    /// Id of the person.
    sub: String,
    /// Id of the event that granted the entry; the gateway takes each once.
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    user_name: &'a str,
    user_type: &'a str,
    email: Option<&'a str>,
    link: String,
    /// When the link runs out: the gateway should end sessions then.
    link_end: DateTime<Utc>,
    vendor: Value,
    access_group: Value,
}

impl Service {
    /// A signed statement, for the gateway alone and for a minute, of who enters and under which
    /// policy.
    pub fn assertion(&self, entry: &Entry, issuer: &str, gateway: &str) -> Result<String, Error> {
        self.store().read(|tx| {
            let person = &entry.facts.person;
            let iat = entry.at.timestamp();
            let claims = Claims {
                iss: issuer,
                aud: gateway,
                sub: person.id.to_string(),
                jti: entry.event.to_string(),
                iat,
                nbf: iat,
                exp: iat + LIFE.num_seconds(),
                user_name: &person.user_name,
                user_type: person.user_type.name(),
                email: entry.email.as_deref(),
                link: entry.link.id.to_string(),
                link_end: entry.link.end,
                vendor: match &entry.facts.affiliation {
                    Affiliation::ThirdParty {
                        placement: Some(placement),
                    } => json!({"id": placement.vendor.id, "name": placement.vendor.name}),
                    _ => Value::Null,
                },
                access_group: policy(tx, entry)?,
            };
            self.sign(tx, &claims, entry.at)
        })
    }
}

/// The access group under which the person gets in.
fn policy(tx: &mut Read<'_>, entry: &Entry) -> Result<Value, Error> {
    let Some(way) = entry.link.way(&entry.facts) else {
        return Ok(Value::Null);
    };
    let settings = access_groups::find(tx, way.id)?.map(|found| found.access_group.settings);
    Ok(json!({
        "id": way.id,
        "name": way.name,
        "may_view_passwords": settings.as_ref().is_some_and(|s| s.may_view_passwords),
        "may_start_sessions": settings.as_ref().is_some_and(|s| s.may_start_sessions),
    }))
}
