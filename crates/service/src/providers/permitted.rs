//! Which settings a provider may have, beyond what they say by themselves.

use vestibule_domain::provider::{Provider, ProviderSettings};
use vestibule_domain::{Hindrance, Mistake};
use vestibule_storage::{Read, providers};

use crate::access_groups::must_exist;
use crate::{Error, Service};

impl Service {
    /// Whether a provider may have these settings, instead of those it has.
    pub(super) fn permit(
        &self,
        tx: &mut Read<'_>,
        settings: &ProviderSettings,
        current: Option<&Provider>,
    ) -> Result<(), Error> {
        // What stood before stays until it is touched: the rules may have been others then.
        let stood = current.map(|before| before.settings.mistakes());
        let stood = stood.unwrap_or_default();
        let mut mistakes = settings.mistakes().into_iter();
        if let Some(mistake) = mistakes.find(|mistake| !stood.contains(mistake)) {
            return Err(mistake.into());
        }
        if settings.scopes.is_empty() {
            return Err(Error::invalid("scopes", &Mistake::Empty.said([])));
        }
        let untouched =
            current.is_some_and(|before| before.settings.authentication == settings.authentication);
        let mut addresses = settings.authentication.key_addresses();
        let plain = addresses.find(|(_, address)| !address.starts_with("https:"));
        if let Some((field, _)) = plain.filter(|_| !untouched && !self.settings().private_calls) {
            return Err(Error::invalid(field, &Mistake::PlainKeys.said([])));
        }
        if !untouched {
            check_federations(tx, settings, current)?;
        }
        must_exist(tx, "default_access_group", settings.default_access_group)
    }
}

/// Refuses an issuer and subject that another provider is federated with: an assertion without a client id
/// would not tell whose it is.
fn check_federations(
    tx: &mut Read<'_>,
    settings: &ProviderSettings,
    current: Option<&Provider>,
) -> Result<(), Error> {
    let methods = &settings.authentication;
    if methods.federated.is_empty() {
        return Ok(());
    }
    let own = current.map(|before| before.id);
    for other in providers::all(tx)? {
        let other = other.provider;
        if Some(other.id) == own {
            continue;
        }
        if let Some((issuer, subject)) = methods.shared(&other.settings.authentication) {
            return Err(Error::Conflict(Hindrance::Federated.said([
                ("provider", other.settings.name.as_str().into()),
                ("issuer", issuer.into()),
                ("subject", subject.into()),
            ])));
        }
    }
    Ok(())
}
