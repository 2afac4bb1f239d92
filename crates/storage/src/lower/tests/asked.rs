//! What the database answers.

use vestibule_scim::filter::Condition;
use vestibule_scim::target::Target;

use super::Table;
use super::database::PROVIDER;
use super::world::location;
use crate::collection::{Collection, From, Listed, Page, Place};
use crate::engine::Session;
use crate::store::Read;

/// The ids the database finds, in the order of ids.
pub(super) fn found(connection: &mut Session, table: Table, condition: &Condition) -> Vec<String> {
    let page = Page {
        condition: Some(condition),
        ..everything()
    };
    let found = listed(connection, table, &page);
    let count = collection(table, &location(table))
        .count(
            &mut Read {
                connection,
                memo: None,
            },
            Some(condition),
        )
        .unwrap();
    assert_eq!(usize::try_from(count), Ok(found.len()), "{condition:?}");
    found.into_iter().map(|found| found.id).collect()
}

/// All ids as the database sorts them, however they are paged.
pub(super) fn sorted(
    connection: &mut Session,
    table: Table,
    target: &Target,
    descending: bool,
) -> Vec<String> {
    let whole = Page {
        sort: Some((target, descending)),
        ..everything()
    };
    let whole_list = listed(connection, table, &whole);
    let middle = whole_list.len() / 2;
    for (index, place) in whole_list.iter().enumerate().skip(middle).take(1) {
        let place = Place {
            key: place.key.as_deref(),
            id: &place.id,
        };
        for (from, limit, expected) in [
            (
                From::Offset(1),
                2,
                whole_list.iter().skip(1).take(2).collect::<Vec<_>>(),
            ),
            (
                From::Behind(place),
                2,
                whole_list.iter().skip(index + 1).take(2).collect(),
            ),
            (
                From::Before(place),
                2,
                whole_list[..index].iter().rev().take(2).rev().collect(),
            ),
        ] {
            let page = Page {
                from,
                limit,
                ..whole.clone()
            };
            let found = listed(connection, table, &page);
            assert!(found.iter().eq(expected), "{page:?} {found:?}");
        }
    }
    whole_list.into_iter().map(|found| found.id).collect()
}

/// What rows are sorted by, as it stands in a place.
pub(super) fn places(
    connection: &mut Session,
    table: Table,
    target: &Target,
) -> Vec<Option<String>> {
    let page = Page {
        sort: Some((target, false)),
        ..everything()
    };
    let listed = listed(connection, table, &page);
    listed.into_iter().map(|found| found.key).collect()
}

/// All ids in pages of one.
pub(super) fn walked(connection: &mut Session, table: Table, target: &Target) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut last: Option<Listed> = None;
    // Whoever repeats somebody goes round for ever.
    while ids.len() < 1_000 {
        let from = last.as_ref().map_or(From::Offset(0), |last| {
            From::Behind(Place {
                key: last.key.as_deref(),
                id: &last.id,
            })
        });
        let page = Page {
            sort: Some((target, false)),
            from,
            limit: 1,
            ..everything()
        };
        let Some(next) = listed(connection, table, &page).into_iter().next() else {
            break;
        };
        ids.push(next.id.clone());
        last = Some(next);
    }
    ids
}

fn everything<'a>() -> Page<'a> {
    Page {
        condition: None,
        sort: None,
        from: From::Offset(0),
        limit: 1_000,
    }
}

fn listed(connection: &mut Session, table: Table, page: &Page<'_>) -> Vec<Listed> {
    collection(table, &location(table))
        .list(
            &mut Read {
                connection,
                memo: None,
            },
            page,
        )
        .unwrap_or_else(|error| panic!("{page:?}: {error:?}"))
}

pub(super) fn collection(table: Table, location: &str) -> Collection<'_> {
    Collection {
        provider: PROVIDER.parse().unwrap(),
        resource_type: match table {
            Table::Users => "User",
            Table::Groups => "Group",
            Table::Resources => "Device",
        },
        location,
    }
}
