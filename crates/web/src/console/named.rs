//! Filters that take a name as well as an id, found as the global search finds it.

use vestibule_domain::{UserId, VendorId};
use vestibule_scim::fold::fold;
use vestibule_service::Error;
use vestibule_service::overview::Found;

use super::form::Field;
use super::visit::Visit;

/// A filter's field, and the id that was meant, where one thing is found by what is written there.
type Meant<T> = (Field, Option<T>);

/// A person by which a list is filtered: a user name, name or e-mail address, or its beginning, or an id.
pub(super) async fn person(visit: &Visit) -> Result<Meant<UserId>, Error> {
    let t = visit.t;
    let field = visit.filter("user", t.own("table.person"));
    let field = field.hint(t.own("table.by_name"));
    meant(
        visit,
        field,
        "table.no_person",
        |found, typed| match found {
            Found::Person(one) => {
                let names = [Some(&one.user_name), one.email.as_ref(), one.name.as_ref()];
                let mut names = names.into_iter().flatten();
                Some((one.id, names.any(|name| same(name, typed))))
            }
            _ => None,
        },
    )
    .await
}

/// A vendor by which a list is filtered: its name, or the beginning of it, or its id.
pub(super) async fn vendor(visit: &Visit) -> Result<Meant<VendorId>, Error> {
    let t = visit.t;
    let field = visit.filter("vendor", t.own("table.vendor"));
    let field = field.hint(t.own("table.by_vendor_name"));
    meant(
        visit,
        field,
        "table.no_vendor",
        |found, typed| match found {
            Found::Vendor(id, name) => Some((*id, same(name, typed))),
            _ => None,
        },
    )
    .await
}

fn same(name: &str, typed: &str) -> bool {
    fold(name) == fold(typed)
}

/// The one that bears the whole name, or the only one whose name begins so.
async fn meant<T: std::str::FromStr>(
    visit: &Visit,
    mut field: Field,
    nothing: &'static str,
    of: impl Fn(&Found, &str) -> Option<(T, bool)>,
) -> Result<Meant<T>, Error> {
    let Some(typed) = visit.query.given(field.name).map(str::trim) else {
        return Ok((field, None));
    };
    // An id is taken as it is: what is gone has left rows behind.
    if let Ok(id) = typed.parse() {
        return Ok((field, Some(id)));
    }
    let asked = typed.to_owned();
    let found = visit
        .run(move |service, call| service.search(call, &asked))
        .await?;
    let mut found: Vec<(T, bool)> = found.iter().filter_map(|one| of(one, typed)).collect();
    if found.iter().filter(|(_, whole)| *whole).count() == 1 {
        found.retain(|(_, whole)| *whole);
    }
    let only = found.pop();
    let key = match (&only, found.is_empty()) {
        (Some(_), true) => return Ok((field, only.map(|(id, _)| id))),
        (Some(_), false) => "table.several",
        (None, _) => nothing,
    };
    field.mistake = Some(visit.t.get(key).into());
    Ok((field, None))
}
