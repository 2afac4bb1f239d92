//! Everything that is wrong with what an administrator typed, told at once: what a change refuses first, and
//! what it would refuse once that is mended. A change refuses by itself; whoever asks here first can say all.

use chrono::{DateTime, Utc};
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_domain::provider::ProviderSettings;
use vestibule_domain::vendor::VendorSettings;
use vestibule_domain::{AccessGroupId, Hindrance, Mistake, ProviderId, SettingsError, settings};
use vestibule_storage::{access_groups as stored_groups, administrators as stored, providers};

use crate::sessions::Password;
use crate::{AdminCall, Error, Role, Service, access_groups, administrators};

/// Of each field the first of some mistakes. What cannot be looked up is no mistake, but an error.
#[derive(Default)]
struct Found(Vec<Error>);

impl Found {
    fn of(settings: Vec<SettingsError>) -> Self {
        Self(settings.into_iter().map(Error::from).collect())
    }

    fn look(&mut self, checked: Result<(), Error>) -> Result<(), Error> {
        match checked {
            Ok(()) => {}
            Err(mistake @ (Error::Invalid { .. } | Error::Uniqueness(_))) => {
                if self.0.iter().all(|known| field(known) != field(&mistake)) {
                    self.0.push(mistake);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What is unique is a name.
fn field(mistake: &Error) -> &str {
    match mistake {
        Error::Invalid { field, .. } => field,
        _ => "name",
    }
}

fn unless_taken(taken: bool, why: Hindrance) -> Result<(), Error> {
    if taken {
        Err(Error::Uniqueness(why.said([])))
    } else {
        Ok(())
    }
}

impl Service {
    /// What is wrong with the settings of a new access group, or of the one with that id.
    pub fn access_group_mistakes(
        &self,
        call: &AdminCall,
        id: Option<AccessGroupId>,
        settings: &AccessGroupSettings,
    ) -> Result<Vec<Error>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Operator, self.now())?;
            let mut found = Found::of(settings.mistakes());
            let before = match id {
                Some(id) => stored_groups::find(tx, id)?,
                None => None,
            };
            let before = before.map(|known| known.access_group.settings.approvers);
            let before = before.unwrap_or_default();
            found.look(access_groups::approvers_exist(
                tx,
                &settings.approvers,
                &before,
            ))?;
            let named = stored_groups::find_by_name(tx, &settings.name)?;
            let taken = named.is_some_and(|named| Some(named.access_group.id) != id);
            found.look(unless_taken(taken, Hindrance::AccessGroupName))?;
            Ok(found.0)
        })
    }

    /// What is wrong with the settings of a new provider, or of the one with that id.
    pub fn provider_mistakes(
        &self,
        call: &AdminCall,
        id: Option<ProviderId>,
        settings: &ProviderSettings,
    ) -> Result<Vec<Error>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Administrator, self.now())?;
            let mut found = Found::of(settings.mistakes());
            found.look(access_groups::must_exist(
                tx,
                "default_access_group",
                settings.default_access_group,
            ))?;
            let named = providers::find_by_name(tx, &settings.name)?;
            let taken = named.is_some_and(|named| Some(named) != id);
            found.look(unless_taken(taken, Hindrance::ProviderName))?;
            Ok(found.0)
        })
    }

    /// What is wrong with the settings of a vendor.
    pub fn vendor_mistakes(
        &self,
        call: &AdminCall,
        settings: &VendorSettings,
    ) -> Result<Vec<Error>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Operator, self.now())?;
            let mut found = Found::of(settings.mistakes());
            let access_group = settings.access_group;
            found.look(access_groups::must_exist(tx, "access_group", access_group))?;
            Ok(found.0)
        })
    }

    /// What is wrong with the name and the password of a new administrator.
    pub fn administrator_mistakes(
        &self,
        call: &AdminCall,
        name: &str,
        password: &str,
    ) -> Result<Vec<Error>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Administrator, self.now())?;
            let mut found = Found(first_mistakes(name, password));
            let taken = stored::find_by_name(tx, name)?.is_some();
            found.look(unless_taken(taken, Hindrance::AdministratorName))?;
            Ok(found.0)
        })
    }

    /// What is wrong with changing the caller's own password to another one. Looking at the present one
    /// takes as long as signing in.
    pub fn own_password_mistakes(
        &self,
        call: &AdminCall,
        current: &Password,
        password: &str,
    ) -> Result<Vec<Error>, Error> {
        let mut found = Found::default();
        found.look(self.is_own_password(call, current))?;
        found.look(administrators::check_password(password))?;
        Ok(found.0)
    }

    /// What is wrong with a block.
    pub fn block_mistakes(&self, reason: &str, until: Option<DateTime<Utc>>) -> Vec<Error> {
        let reason = settings::line("reason", reason, settings::MAX_TEXT);
        let mut found = Found::of(reason.err().into_iter().collect());
        if until.is_some_and(|until| until <= self.now()) {
            found
                .0
                .push(Error::invalid("until", &Mistake::NotAfterNow.said([])));
        }
        found.0
    }
}

/// What is wrong with the name and the password of the first administrator.
pub fn first_mistakes(name: &str, password: &str) -> Vec<Error> {
    let name = settings::line("name", name, settings::MAX_NAME);
    let mut found = Found::of(name.err().into_iter().collect());
    found
        .0
        .extend(administrators::check_password(password).err());
    found.0
}
