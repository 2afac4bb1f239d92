//! Providers, and what their products send wrongly, in lists; and the names by which other lists tell them.

use std::collections::HashMap;

use vestibule_domain::ProviderId;
use vestibule_storage::page::Page as Part;
use vestibule_storage::providers::{self, Choice, ProviderSort, Registered as RegisteredProvider};
use vestibule_storage::telemetry::{self, Choice as ToleranceChoice, ToleranceSort, ToleranceUses};

use super::find;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Error, Role, Service};

/// Providers that a filter offers.
const OFFERED: i64 = 200;

/// Which providers are wanted, oldest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct ProviderQuery {
    pub choice: Choice,
    pub page: PageQuery<ProviderSort>,
}

/// Which uses of tolerances are wanted, the most used first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct ToleranceQuery {
    pub choice: ToleranceChoice,
    pub page: PageQuery<ToleranceSort>,
}

/// Providers by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// In the order of their names, at most 200.
    pub offered: Vec<(ProviderId, String)>,
    /// Whether these are all there are.
    pub whole: bool,
    /// Those that were asked for besides.
    pub others: HashMap<ProviderId, String>,
}

impl Sources {
    /// None of a provider that is gone.
    pub fn name(&self, id: ProviderId) -> Option<&str> {
        let offered = self.offered.iter().find(|(known, _)| *known == id);
        let name = offered.map(|(_, name)| name);
        name.or_else(|| self.others.get(&id)).map(String::as_str)
    }
}

impl Service {
    pub fn list_providers(
        &self,
        call: &AdminCall,
        query: &ProviderQuery,
    ) -> Result<Page<RegisteredProvider>, Error> {
        let asked = self.asked(&query.page, (ProviderSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = providers::list(tx, &query.choice, asked.page())?;
            Ok(asked.answer(found, providers::place))
        })
    }

    /// The names by which a list tells providers, and those by which it can be filtered.
    pub fn sources(
        &self,
        call: &AdminCall,
        named: impl IntoIterator<Item = ProviderId>,
    ) -> Result<Sources, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let first = Part::first(ProviderSort::Name, OFFERED + 1);
            let mut offered = providers::list(tx, &Choice::default(), &first)?;
            let whole = i64::try_from(offered.len()).unwrap_or(i64::MAX) <= OFFERED;
            if !whole {
                offered.pop();
            }
            let known = |id: &ProviderId| offered.iter().any(|one| one.provider.id == *id);
            let others: Vec<ProviderId> = named.into_iter().filter(|id| !known(id)).collect();
            let others = providers::some(tx, others)?;
            let name = |one: RegisteredProvider| (one.provider.id, one.provider.settings.name);
            Ok(Sources {
                offered: offered.into_iter().map(name).collect(),
                whole,
                others: others.into_values().map(name).collect(),
            })
        })
    }

    /// What the tolerant dialect accepted from providers, and how often.
    pub fn list_tolerances(
        &self,
        call: &AdminCall,
        query: &ToleranceQuery,
    ) -> Result<Page<ToleranceUses>, Error> {
        let asked = self.asked(&query.page, (ToleranceSort::Uses, true))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            if let Some(id) = query.choice.provider {
                find(tx, id)?;
            }
            let found = telemetry::tolerances(tx, &query.choice, asked.page())?;
            Ok(asked.answer(found, telemetry::place))
        })
    }
}
