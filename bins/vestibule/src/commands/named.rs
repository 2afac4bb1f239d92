//! Things named on the command line: by id or, where that leads to exactly one, by name.

use vestibule_domain::{AccessGroupId, GroupId, ProviderId, UserId, VendorId};
use vestibule_service::Error;
use vestibule_service::people::PeopleQuery;
use vestibule_service::vendors::VendorQuery;

use super::{CommandError, Session};

/// Items asked for at once.
const PAGE: u64 = 1_000;

impl Session {
    pub(super) fn provider(&self, text: &str) -> Result<ProviderId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let found = self
            .service
            .list_providers(&self.call)?
            .into_iter()
            .map(|found| found.provider);
        only(
            "provider",
            text,
            found
                .filter(|provider| same(&provider.settings.name, text))
                .map(|provider| provider.id),
        )
    }

    pub(super) fn vendor(&self, text: &str) -> Result<VendorId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let query = VendorQuery {
            name: Some(text.to_owned()),
            limit: Some(PAGE),
            ..VendorQuery::default()
        };
        only(
            "vendor",
            text,
            self.service
                .list_vendors(&self.call, &query)?
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
            limit: Some(PAGE),
            ..PeopleQuery::default()
        };
        only(
            "user",
            text,
            self.service
                .list_people(&self.call, &query)?
                .into_iter()
                .map(|person| person.id),
        )
    }

    pub(super) fn access_group(&self, text: &str) -> Result<AccessGroupId, CommandError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let all = pages(
            |after| {
                self.service
                    .list_access_groups(&self.call, after, Some(PAGE))
            },
            |group| group.id,
        )?;
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
        let all = pages(
            |after| {
                self.service
                    .list_internal_groups(&self.call, None, after, Some(PAGE))
            },
            |group| group.id,
        )?;
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
fn pages<T, I: Copy>(
    page: impl Fn(Option<I>) -> Result<Vec<T>, Error>,
    id: impl Fn(&T) -> I,
) -> Result<Vec<T>, Error> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let next = page(all.last().map(&id))?;
        if next.is_empty() {
            return Ok(all);
        }
        all.extend(next);
    }
}

fn same(name: &str, wanted: &str) -> bool {
    name.to_lowercase() == wanted.to_lowercase()
}

/// The one that was found.
fn only<T>(kind: &str, text: &str, mut found: impl Iterator<Item = T>) -> Result<T, CommandError> {
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(CommandError::Input(format!(
            "no {kind} has the id or the name `{text}`"
        ))),
        (Some(_), Some(_)) => Err(CommandError::Input(format!(
            "several {kind}s have the name `{text}`; give the id of the one you mean"
        ))),
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
                .contains("several vendors")
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
        let page = |after: Option<u32>| {
            Ok((0..7)
                .filter(|id| after.is_none_or(|after| *id > after))
                .take(3)
                .collect())
        };
        assert_eq!(pages(page, |id| *id).unwrap(), (0..7).collect::<Vec<u32>>());
    }
}
