//! Changes of administrators: role and state, password, and their end. Whatever a session rests on
//! ends it.

use serde_json::json;
use vestibule_domain::event::Action;
use vestibule_domain::{Hindrance, Mistake};
use vestibule_storage::Read;
use vestibule_storage::administrators as stored;
use vestibule_storage::page::Page as Part;

use super::{Administrator, find, shown};
use crate::changes::{gone, made, moved};
use crate::sessions::{self, Password};
use crate::{AdminCall, Change, Error, Role, Service};

impl Service {
    /// Changes role or state of an administrator. Whoever is signed in as them has to sign in again.
    /// There is always one left who may do everything.
    pub fn change_administrator(
        &self,
        call: &AdminCall,
        administrator: &str,
        role: Role,
        enabled: bool,
    ) -> Result<Administrator, Error> {
        let (service, call, name) = (self.clone(), call.clone(), administrator.to_owned());
        self.store().write("administrators.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            stored::lock(tx)?;
            let mut row = find(tx, &name)?;
            let before = Administrator::try_from(row.clone())?;
            let after = Administrator {
                role,
                enabled,
                ..before.clone()
            };
            if after == before {
                return Ok(before);
            }
            role.name().clone_into(&mut row.role);
            row.enabled = enabled;
            stored::replace(tx, &row)?;
            refuse_without_administrator(tx)?;
            sessions::end_all(tx, &row)?;
            service.record(
                tx,
                Change {
                    payload: moved(shown(&before), shown(&after)),
                    ..operator.change(Action::AdministratorChanged, after.id, now)
                },
            );
            Ok(after)
        })
    }

    /// Removes an administrator with every token and session.
    pub fn delete_administrator(&self, call: &AdminCall, name: &str) -> Result<(), Error> {
        let (service, call, name) = (self.clone(), call.clone(), name.to_owned());
        self.store().write("administrators.delete", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            stored::lock(tx)?;
            let row = find(tx, &name)?;
            let before = Administrator::try_from(row.clone())?;
            stored::delete(tx, row.id)?;
            refuse_without_administrator(tx)?;
            service.record(
                tx,
                Change {
                    payload: gone(shown(&before)),
                    ..operator.change(Action::AdministratorDeleted, row.id, now)
                },
            );
            Ok(())
        })
    }

    /// Gives an administrator another password and no second factor, when they have lost theirs.
    /// Their sessions end.
    pub fn reset_administrator(
        &self,
        call: &AdminCall,
        name: &str,
        password: &str,
    ) -> Result<(), Error> {
        self.store()
            .read(|tx| crate::admin::admit(tx, call, Role::Administrator, self.now()).map(drop))?;
        let password_hash = self.hash(name, password)?;
        self.set_password(call, Role::Administrator, name, password_hash, None)
    }

    /// Gives the caller another password, once they show that they know the one they have. Their
    /// sessions end, this one included. Refused as a wrong password if it was changed in the meantime.
    pub fn change_own_password(
        &self,
        call: &AdminCall,
        current: &Password,
        password: &str,
    ) -> Result<(), Error> {
        let own = self.own(call)?;
        self.must_be(current, &own)?;
        let password_hash = self.hash(&own.name, password)?;
        self.set_password(call, Role::Auditor, &own.name, password_hash, Some(&own))
    }

    /// That this is the caller's own password.
    pub(crate) fn is_own_password(
        &self,
        call: &AdminCall,
        current: &Password,
    ) -> Result<(), Error> {
        let own = self.own(call)?;
        self.must_be(current, &own)
    }

    fn own(&self, call: &AdminCall) -> Result<stored::Administrator, Error> {
        self.store().read(|tx| {
            let operator = crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let id = operator
                .administrator
                .ok_or(Error::NotFound("administrator"))?;
            stored::find(tx, id)?.ok_or(Error::NotFound("administrator"))
        })
    }

    fn must_be(&self, current: &Password, own: &stored::Administrator) -> Result<(), Error> {
        if self.password_is(current, &own.password_hash)? {
            Ok(())
        } else {
            Err(not_theirs())
        }
    }

    /// Sets a password. Of one's own (`known`) it is refused if the password that was shown to be known is no
    /// longer theirs; somebody else's takes the second factor with it.
    pub(super) fn set_password(
        &self,
        call: &AdminCall,
        needed: Role,
        name: &str,
        password_hash: String,
        known: Option<&stored::Administrator>,
    ) -> Result<(), Error> {
        let (service, call, name) = (self.clone(), call.clone(), name.to_owned());
        let known = known.cloned();
        self.store()
            .write("administrators.set_password", move |tx| {
                let now = service.now();
                let operator = crate::admin::admit(tx, &call, needed, now)?;
                stored::lock(tx)?;
                let mut row = find(tx, &name)?;
                match &known {
                    // Another change, or a reset, came before: the password that was checked is not theirs any more.
                    Some(known)
                        if (known.id, &known.password_hash) != (row.id, &row.password_hash) =>
                    {
                        return Err(not_theirs());
                    }
                    Some(_) => {}
                    None => row.totp_key = None,
                }
                row.password_hash.clone_from(&password_hash);
                stored::replace(tx, &row)?;
                sessions::end_all(tx, &row)?;
                service.record(
                    tx,
                    Change {
                        payload: made(
                            json!({"password": "changed", "second_factor": row.totp_key.is_some()}),
                        ),
                        ..operator.change(Action::AdministratorChanged, row.id, now)
                    },
                );
                Ok(())
            })
    }
}

fn not_theirs() -> Error {
    Error::invalid("current", &Mistake::WrongPassword.said([]))
}

/// Keeps the last door open: somebody enabled must be able to do everything.
fn refuse_without_administrator(tx: &mut Read<'_>) -> Result<(), Error> {
    let left = stored::Choice {
        role: Some(Role::Administrator.name()),
        enabled: Some(true),
        search: None,
    };
    let one = Part::first(stored::AdministratorSort::Created, 1);
    if !stored::list(tx, &left, &one)?.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(Hindrance::LastAdministrator.said([])))
}
