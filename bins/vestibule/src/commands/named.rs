//! Things named on the command line: by id or, where that leads to exactly one, by name.

use std::fmt::Display;

use vestibule_domain::{AccessGroupId, GroupId, ProviderId, UserId, VendorId};
use vestibule_service::Error;
use vestibule_service::access_groups::AccessGroupQuery;
use vestibule_service::internal_groups::InternalGroupQuery;
use vestibule_service::pages::{Page, PageQuery};
use vestibule_service::people::PeopleQuery;
use vestibule_service::providers::ProviderQuery;
use vestibule_service::vendors::{Choice, VendorQuery};

use super::{CommandError, Session};

/// Ids told beside the first two where a name leads to several.
const SHOWN: usize = 8;
/// Items asked for at once.
const PAGE: u64 = 1_000;

impl Session {
    pub(super) fn provider(&self, text: &str) -> Result<ProviderId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let all = pages(|page| {
            let query = ProviderQuery {
                page,
                ..ProviderQuery::default()
            };
            self.service.list_providers(&self.call, &query)
        })?;
        only(
            "provider",
            text,
            all.into_iter()
                .map(|found| found.provider)
                .filter(|provider| same(&provider.settings.name, text))
                .map(|provider| provider.id),
        )
    }

    pub(super) fn vendor(&self, text: &str) -> Result<VendorId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let query = VendorQuery {
            choice: Choice {
                name: Some(text.to_owned()),
                ..Choice::default()
            },
            page: PageQuery::first(PAGE),
        };
        only(
            "vendor",
            text,
            self.service
                .list_vendors(&self.call, &query)?
                .items
                .into_iter()
                .map(|vendor| vendor.id),
        )
    }

    pub(super) fn user(&self, text: &str) -> Result<UserId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let query = PeopleQuery {
            user_name: Some(text.to_owned()),
            page: PageQuery::first(PAGE),
            ..PeopleQuery::default()
        };
        only(
            "user",
            text,
            self.service
                .list_people(&self.call, &query)?
                .items
                .into_iter()
                .map(|person| person.id),
        )
    }

    pub(super) fn access_group(&self, text: &str) -> Result<AccessGroupId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let all = pages(|page| {
            let query = AccessGroupQuery {
                page,
                ..AccessGroupQuery::default()
            };
            self.service.list_access_groups(&self.call, &query)
        })?;
        only(
            "access group",
            text,
            all.into_iter()
                .filter(|group| same(&group.settings.name, text))
                .map(|group| group.id),
        )
    }

    pub(super) fn internal_group(&self, text: &str) -> Result<GroupId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let all = pages(|page| {
            let query = InternalGroupQuery {
                page,
                ..InternalGroupQuery::default()
            };
            self.service.list_internal_groups(&self.call, &query)
        })?;
        only(
            "internal group",
            text,
            all.into_iter()
                .filter(|group| same(&group.name, text))
                .map(|group| group.id),
        )
    }
}

/// Every item of a list that comes in pages.
fn pages<T, S>(page: impl Fn(PageQuery<S>) -> Result<Page<T>, Error>) -> Result<Vec<T>, Error> {
    let mut all: Vec<T> = Vec::new();
    let mut after = None;
    loop {
        let found = page(PageQuery {
            after,
            ..PageQuery::first(PAGE)
        })?;
        all.extend(found.items);
        after = found.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

fn same(name: &str, wanted: &str) -> bool {
    name.to_lowercase() == wanted.to_lowercase()
}

/// The one that was found.
fn only<T: Display>(
    kind: &str,
    text: &str,
    mut found: impl Iterator<Item = T>,
) -> Result<T, CommandError> {
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(CommandError::Input(format!(
            "no {kind} has the id or the name `{text}`"
        ))),
        (Some(first), Some(second)) => {
            let ids = [first, second].into_iter().chain(found.take(SHOWN));
            let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
            Err(CommandError::Input(format!(
                "several {kind}s have the name `{text}`; give the id of the one you mean: {}",
                ids.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_lead_to_one_thing() {
        assert_eq!(only("vendor", "Acme", [7].into_iter()).unwrap(), 7);
        assert!(
            only("vendor", "Acme", [7, 8].into_iter())
                .unwrap_err()
                .to_string()
                .contains("give the id of the one you mean: 7, 8")
        );
        assert!(
            only("vendor", "Acme", std::iter::empty::<i32>())
                .unwrap_err()
                .to_string()
                .contains("no vendor")
        );
    }

    #[test]
    fn pages_are_read_to_the_end() {
        let page = |query: PageQuery<()>| {
            let first: u32 = query.after.map_or(0, |after| after.parse().unwrap());
            let items: Vec<u32> = (first..7).take(3).collect();
            let next = items.last().map(|last| last + 1).filter(|next| *next < 7);
            Ok(Page {
                previous: None,
                items,
                next: next.map(|next| next.to_string()),
            })
        };
        assert_eq!(pages(page).unwrap(), (0..7).collect::<Vec<u32>>());
    }
}
