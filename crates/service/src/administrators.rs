//! Administrators, their API tokens, and the one-time link that makes the first of them.

mod changes;

use chrono::{DateTime, Utc};
use serde_json::json;
use vestibule_domain::event::{Action, Actor, Payload, Subject};
use vestibule_domain::settings::{self, MAX_NAME};
use vestibule_domain::{AdministratorId, CredentialId, Hindrance, Mistake};
use vestibule_oauth::{BearerError, Digest, Secret, SecretKind};
use vestibule_storage::administrators as stored;
use vestibule_storage::{Read, Write};

pub use vestibule_storage::administrators::{AdminToken, AdminTokenSort, AdministratorSort};

use crate::changes::{gone, made};
use crate::credentials::later;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Role, Service};

/// Characters of a password.
const MINIMUM_PASSWORD: usize = 12;
const MAXIMUM_PASSWORD: usize = 1_024;
/// The longest life of an API token that has an end, in minutes: ten years.
const MAXIMUM_TOKEN: u64 = 3_653 * 24 * 60;

/// A person who runs Vestibule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    pub id: AdministratorId,
    pub name: String,
    pub role: Role,
    pub enabled: bool,
    /// Whether signing in to the console asks for a code of an authenticator too.
    pub second_factor: bool,
    pub created: DateTime<Utc>,
}

/// Which administrators are wanted, by name unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct AdministratorQuery {
    pub role: Option<Role>,
    pub enabled: Option<bool>,
    /// Contained in the name, without case.
    pub search: Option<String>,
    pub page: PageQuery<AdministratorSort>,
}

/// An API token just issued, shown this once.
#[derive(Debug)]
pub struct NewAdminToken {
    pub token: AdminToken,
    pub secret: Secret,
}

impl Service {
    pub fn create_administrator(
        &self,
        call: &AdminCall,
        name: &str,
        role: Role,
        password: &str,
    ) -> Result<Administrator, Error> {
        // Hashing is slow by design: it must wait for nobody's turn, and nobody for it.
        self.store()
            .read(|tx| crate::admin::admit(tx, call, Role::Administrator, self.now()).map(drop))?;
        let password_hash = self.hash(name, password)?;
        let (service, call, name) = (self.clone(), call.clone(), name.to_owned());
        self.store().write("administrators.create", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let created = service.insert_administrator(tx, &name, role, &password_hash, now)?;
            service.record(
                tx,
                Change {
                    payload: made(shown(&created)),
                    ..operator.change(Action::AdministratorCreated, created.id, now)
                },
            );
            Ok(created)
        })
    }

    pub fn list_administrators(
        &self,
        call: &AdminCall,
        query: &AdministratorQuery,
    ) -> Result<Page<Administrator>, Error> {
        let asked = self.asked(&query.page, (AdministratorSort::Name, false))?;
        let choice = stored::Choice {
            role: query.role.map(Role::name),
            enabled: query.enabled,
            search: query.search.clone(),
        };
        let page = self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = stored::list(tx, &choice, asked.page())?;
            Ok::<_, Error>(asked.answer(found, stored::place))
        })?;
        let items = page.items.into_iter().map(Administrator::try_from);
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next: page.next,
            previous: page.previous,
        })
    }

    /// The administrator of that name, compared without case.
    pub fn find_administrator(&self, call: &AdminCall, name: &str) -> Result<Administrator, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            find(tx, name)?.try_into()
        })
    }

    /// Issues a token of the admin API that can do what its owner may. Without `ttl_minutes` it
    /// works until it is revoked.
    pub fn issue_admin_token(
        &self,
        call: &AdminCall,
        administrator: &str,
        name: &str,
        ttl_minutes: Option<u64>,
    ) -> Result<NewAdminToken, Error> {
        let (service, call) = (self.clone(), call.clone());
        let (administrator, name) = (administrator.to_owned(), name.to_owned());
        self.store().write("administrators.issue_token", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let owner = find(tx, &administrator)?;
            settings::line("name", &name, MAX_NAME)?;
            if ttl_minutes == Some(0) {
                return Err(Error::invalid("ttl", &Mistake::NoMinute.said([])));
            }
            let expires = ttl_minutes.map(|minutes| later(now, minutes.min(MAXIMUM_TOKEN) * 60));
            let secret = Secret::generate(SecretKind::AdminToken, &mut service.entropy().lock());
            let id = service.id(CredentialId::from_uuid, now);
            let token = AdminToken {
                id,
                administrator: owner.id,
                name: name.clone(),
                created: now,
                expires,
            };
            stored::insert_token(tx, &token, &secret.digest())?;
            service.record(
                tx,
                Change {
                    payload: made(token_shown(&token)),
                    ..operator.change(Action::AdminTokenIssued, id, now)
                },
            );
            Ok(NewAdminToken { token, secret })
        })
    }

    /// Ends an API token at once.
    pub fn revoke_admin_token(&self, call: &AdminCall, id: CredentialId) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store()
            .write("administrators.revoke_token", move |tx| {
                let now = service.now();
                let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
                let token = stored::find_token_by_id(tx, id)?.ok_or(Error::NotFound("token"))?;
                stored::delete_token(tx, id)?;
                service.record(
                    tx,
                    Change {
                        payload: gone(token_shown(&token)),
                        ..operator.change(Action::AdminTokenRevoked, id, now)
                    },
                );
                Ok(())
            })
    }

    /// The API tokens of an administrator, also those that have expired; the oldest first unless
    /// another order is asked for.
    pub fn admin_tokens(
        &self,
        call: &AdminCall,
        administrator: &str,
        page: &PageQuery<AdminTokenSort>,
    ) -> Result<Page<AdminToken>, Error> {
        let asked = self.asked(page, (AdminTokenSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let owner = find(tx, administrator)?;
            let found = stored::tokens(tx, owner.id, asked.page())?;
            Ok(asked.answer(found, |_, token| (None, token.id.to_string())))
        })
    }

    /// Whether there is no administrator yet.
    pub fn set_up_link_needed(&self) -> Result<bool, Error> {
        self.store().read(|tx| Ok(stored::count(tx)? == 0))
    }

    /// Whether a set-up link can still make the first administrator.
    pub fn set_up_link_works(&self, digest: &Digest) -> Result<bool, Error> {
        self.store().read(|tx| {
            Ok(stored::count(tx)? == 0 && stored::setup_link_works(tx, digest, self.now())?)
        })
    }

    /// A new secret for the set-up link, in the place of any earlier one; while there is no
    /// administrator.
    pub fn new_set_up_link(&self) -> Result<Secret, Error> {
        let service = self.clone();
        self.store()
            .write("administrators.new_set_up_link", move |tx| {
                let now = service.now();
                refuse_if_set_up(tx)?;
                let expires = now + service.settings().set_up_link;
                let secret = Secret::generate(SecretKind::Setup, &mut service.entropy().lock());
                stored::set_setup_link(tx, &secret.digest(), now, expires)?;
                let id = service.id(CredentialId::from_uuid, now);
                let payload = made(json!({ "expires": expires }));
                service.record(
                    tx,
                    Change {
                        payload,
                        ..by_itself(Action::SetUpLinkIssued, id, None, now)
                    },
                );
                Ok(secret)
            })
    }

    /// Makes the first administrator, with every right. The link is used up with it; one that does
    /// not work is not authenticated, whatever is wrong with it.
    pub fn redeem_set_up_link(
        &self,
        digest: Digest,
        name: &str,
        password: &str,
        request_id: Option<String>,
    ) -> Result<Administrator, Error> {
        // A stranger must not make the server hash.
        let works = self
            .store()
            .read(|tx| stored::setup_link_works(tx, &digest, self.now()))?;
        if !works {
            return Err(BearerError::InvalidToken.into());
        }
        let password_hash = self.hash(name, password)?;
        let (service, name) = (self.clone(), name.to_owned());
        self.store()
            .write("administrators.redeem_set_up_link", move |tx| {
                let now = service.now();
                if !stored::redeem_setup_link(tx, &digest, now)? {
                    return Err(BearerError::InvalidToken.into());
                }
                refuse_if_set_up(tx)?;
                let first = service.insert_administrator(
                    tx,
                    &name,
                    Role::Administrator,
                    &password_hash,
                    now,
                )?;
                let used = service.record(
                    tx,
                    by_itself(Action::SetUpLinkUsed, first.id, request_id.clone(), now),
                );
                service.record(
                    tx,
                    Change {
                        cause: Some(used),
                        payload: made(shown(&first)),
                        ..by_itself(
                            Action::AdministratorCreated,
                            first.id,
                            request_id.clone(),
                            now,
                        )
                    },
                );
                Ok(first)
            })
    }

    fn insert_administrator(
        &self,
        tx: &mut Write<'_>,
        name: &str,
        role: Role,
        password_hash: &str,
        now: DateTime<Utc>,
    ) -> Result<Administrator, Error> {
        let id = self.id(AdministratorId::from_uuid, now);
        let row = stored::Administrator {
            id,
            name: name.to_owned(),
            role: role.name().to_owned(),
            password_hash: password_hash.to_owned(),
            enabled: true,
            created: now,
            totp_key: None,
            totp_step: 0,
        };
        stored::insert(tx, &row)?;
        Ok(Administrator {
            id,
            name: row.name,
            role,
            enabled: true,
            second_factor: false,
            created: now,
        })
    }

    /// Checks name and password, and hashes the password.
    fn hash(&self, name: &str, password: &str) -> Result<String, Error> {
        settings::line("name", name, MAX_NAME)?;
        check_password(password)?;
        self.slow_hash(password)
    }
}

/// Whether a password has as many characters as it must.
pub(crate) fn check_password(password: &str) -> Result<(), Error> {
    let length = password.chars().take(MAXIMUM_PASSWORD + 1).count();
    if (MINIMUM_PASSWORD..=MAXIMUM_PASSWORD).contains(&length) {
        return Ok(());
    }
    let range = [
        ("min", MINIMUM_PASSWORD.to_string().into()),
        ("max", MAXIMUM_PASSWORD.to_string().into()),
    ];
    Err(Error::invalid(
        "password",
        &Mistake::PasswordLength.said(range),
    ))
}

impl TryFrom<stored::Administrator> for Administrator {
    type Error = Error;

    fn try_from(row: stored::Administrator) -> Result<Self, Error> {
        let role = row.role.parse().map_err(Error::internal)?;
        Ok(Self {
            id: row.id,
            name: row.name,
            role,
            enabled: row.enabled,
            second_factor: row.totp_key.is_some(),
            created: row.created,
        })
    }
}

fn find(tx: &mut Read<'_>, name: &str) -> Result<stored::Administrator, Error> {
    stored::find_by_name(tx, name)?.ok_or(Error::NotFound("administrator"))
}

fn refuse_if_set_up(tx: &mut Read<'_>) -> Result<(), Error> {
    if stored::count(tx)? == 0 {
        Ok(())
    } else {
        Err(Error::Conflict(Hindrance::SetUp.said([])))
    }
}

/// The start of an event that no administrator makes.
fn by_itself(
    action: Action,
    subject: impl Into<Subject>,
    request_id: Option<String>,
    at: DateTime<Utc>,
) -> Change {
    Change {
        id: None,
        at,
        actor: Actor::System,
        action,
        subject: subject.into(),
        provider: None,
        cause: None,
        request_id,
        payload: Payload::default(),
    }
}

fn shown(administrator: &Administrator) -> serde_json::Value {
    let Administrator {
        name,
        role,
        enabled,
        ..
    } = administrator;
    json!({"name": name, "role": role, "enabled": enabled})
}

fn token_shown(token: &AdminToken) -> serde_json::Value {
    json!({"administrator": token.administrator, "name": token.name, "expires": token.expires})
}

#[cfg(test)]
mod tests;
