//! What an administrator sees first: who is in, what changes next, what waits; and where a pasted
//! text leads.

mod told;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, NaiveTime, Utc};
use uuid::Uuid;
use vestibule_domain::provider::{Provider, UserType};
use vestibule_domain::said::Said;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{
    AccessGroupId, AccessRequestId, EventId, GroupId, LinkId, ProviderId, UserId, VendorId,
};
use vestibule_scim::fold::{bare, fold};
use vestibule_storage::page::Page as Part;
use vestibule_storage::providers::ProviderSort;
use vestibule_storage::{
    Read, access_groups, access_requests, administrators, events, groups, links, overview,
    providers, requests, users, vendors,
};

use told::{Fit, Told};

pub use vestibule_storage::overview::{Admitted, Turn};

use crate::people::Person;
use crate::requests::RefusedRequest;
use crate::{AdminCall, Error, Role, Service};

/// How far ahead is looked.
const AHEAD: Duration = Duration::days(84);
/// Days of activity that are shown.
const DAYS: i64 = 14;
/// Starts and ends looked at.
const TURNS: i64 = 200;
/// So many people are counted for a page; more are counted beside, by [`Service::count_admitted`].
const AT_ONCE: i64 = 2_000;
/// Refused requests that an error text is held against, the newest.
const LOOKED_AT: i64 = 1_000;
/// Of them, how many a search shows.
const TOLD: usize = 10;
/// Providers of each sort that need somebody.
const PROVIDERS: i64 = 8;
/// How far from a provider's end it is spoken of.
const ENDING: Duration = Duration::days(14);
/// What client ids begin with.
const CLIENT: &str = "vcl_";
/// People, providers or vendors a search shows.
const FOUND: i64 = 20;

/// The figures of the first page.
#[derive(Debug, Clone)]
pub struct Overview {
    pub at: DateTime<Utc>,
    pub active: i64,
    pub inactive: i64,
    /// Active people of internal providers.
    pub internal: i64,
    /// Who may get in; none until they were counted for the first time.
    pub admitted: Option<Counted>,
    pub vendors: HashMap<VendorStatus, i64>,
    /// Starts and ends of enabled vendors in the coming twelve weeks, soonest first.
    pub turns: Vec<Turn>,
    pub any_provider: bool,
    /// Providers whose validity ended within 14 days or will, the first to end first; at most 8.
    pub ending: Vec<Provider>,
    /// Providers that no address may call, oldest first; at most 8.
    pub closed: Vec<Provider>,
    /// Changes by providers on each of the last fourteen days, the oldest first, by the day's first instant.
    pub days: Vec<(DateTime<Utc>, i64)>,
    /// Requests refused within the last 24 hours.
    pub refused: i64,
    /// Why nobody can be handed over to the gateway.
    pub signing_error: Option<Said>,
}

/// How many people the decision lets in, and at which instant that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub at: DateTime<Utc>,
    pub people: Admitted,
}

/// A person whom a pasted text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFound {
    pub id: UserId,
    pub user_name: String,
    /// The name that pages show.
    pub name: Option<String>,
    pub email: Option<String>,
    pub active: bool,
}

impl From<&users::User> for PersonFound {
    fn from(user: &users::User) -> Self {
        let person = Person::from(user);
        Self {
            id: person.id,
            user_name: person.user_name,
            name: person.name,
            email: person.email,
            active: person.active,
        }
    }
}

/// Something a pasted text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Person(PersonFound),
    Provider(ProviderId, String),
    Vendor(VendorId, String),
    Group(GroupId, String),
    AccessGroup(AccessGroupId, String),
    /// With the user name of the person it is for.
    AccessRequest(AccessRequestId, String),
    /// With the user name of its person.
    Link(LinkId, String),
    Administrator(String),
    /// Events of a request, or one event.
    Event(EventId, String),
    /// What is gone, with how its last event calls it: its events are still there.
    Gone(Uuid, String),
    /// A request that was refused.
    Request(Box<RefusedRequest>),
    /// What an answer with that status means, and all requests that got it.
    Status(u16),
}

impl Service {
    pub fn overview(&self, call: &AdminCall) -> Result<Overview, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let people = overview::people(tx)?;
            let admitted = if people.active + people.inactive > AT_ONCE {
                *self.admitted()
            } else {
                Some(admitted(tx, now)?)
            };
            let any = first_providers(tx, &providers::Choice::default(), ProviderSort::Created, 1)?;
            let ending = providers::Choice {
                ends_after: Some(now - ENDING),
                ends_by: Some(now + ENDING),
                ..providers::Choice::default()
            };
            let closed = providers::Choice {
                closed: true,
                ..providers::Choice::default()
            };
            Ok(Overview {
                at: now,
                active: people.active,
                inactive: people.inactive,
                internal: people.internal,
                admitted,
                vendors: overview::vendors(tx)?.into_iter().collect(),
                turns: overview::turns(tx, now, now + AHEAD, TURNS)?,
                days: days(tx, now)?,
                refused: requests::count_since(tx, now - Duration::days(1))?,
                signing_error: self.signing_trouble(tx)?,
                any_provider: !any.is_empty(),
                ending: first_providers(tx, &ending, ProviderSort::End, PROVIDERS)?,
                closed: first_providers(tx, &closed, ProviderSort::Created, PROVIDERS)?,
            })
        })
    }

    /// Counts who may get in, for pages of this process, where that takes too long for a page. A job.
    pub fn count_admitted(&self) -> Result<(), Error> {
        let now = self.now();
        let counted = self.store().read(|tx| {
            let people = overview::people(tx)?;
            if people.active + people.inactive <= AT_ONCE {
                return Ok(None);
            }
            admitted(tx, now).map(Some)
        })?;
        *self.admitted() = counted;
        Ok(())
    }

    /// What a pasted text names: a name or a person's e-mail by its beginning, any id, the trace id or
    /// the text of an error that holds one. Best first.
    pub fn search(&self, call: &AdminCall, text: &str) -> Result<Vec<Found>, Error> {
        let now = self.now();
        let text = text.trim();
        let ids = ids_in(text);
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let mut found = Vec::new();
            for id in ids {
                if let Some(one) = requests::find(tx, &id.to_string())? {
                    found.push(Found::Request(Box::new(one.into())));
                }
                if let Some(user) = users::find_anywhere(tx, UserId::from_uuid(id))? {
                    found.push(Found::Person((&user).into()));
                }
                if let Some(one) = providers::find(tx, ProviderId::from_uuid(id))? {
                    found.push(Found::Provider(one.provider.id, one.provider.settings.name));
                }
                if let Some(one) = vendors::find(tx, VendorId::from_uuid(id))? {
                    found.push(Found::Vendor(one.vendor.id, one.vendor.name));
                }
                if let Some(one) = groups::find_anywhere(tx, GroupId::from_uuid(id))? {
                    match vendors::find_by_group(tx, one.id)? {
                        Some(of) => found.push(Found::Vendor(of.vendor.id, of.vendor.name)),
                        None => found.push(Found::Group(one.id, one.display_name)),
                    }
                }
                if let Some(one) = access_groups::find(tx, AccessGroupId::from_uuid(id))? {
                    let group = one.access_group;
                    found.push(Found::AccessGroup(group.id, group.settings.name));
                }
                if let Some(one) = access_requests::find(tx, AccessRequestId::from_uuid(id))? {
                    found.push(Found::AccessRequest(one.id, one.user_name));
                }
                if let Some(one) = links::find(tx, LinkId::from_uuid(id))? {
                    found.push(Found::Link(one.id, one.user_name));
                }
                for event in events::of_request_or_id(tx, id, FOUND)? {
                    found.push(Found::Event(event.id, event.action));
                }
                if found.is_empty() {
                    found.extend(gone(tx, id)?);
                }
            }
            if found.is_empty() && text.starts_with(CLIENT) {
                let one = providers::find_by_client_id(tx, text)?;
                found.extend(
                    one.map(|one| Found::Provider(one.provider.id, one.provider.settings.name)),
                );
            }
            if found.is_empty() && !text.is_empty() {
                let folded = fold(text);
                let ids = users::named_like(tx, &folded, &bare(text), FOUND)?;
                let people: HashMap<UserId, users::User> = users::find_all(tx, &ids)?
                    .into_iter()
                    .map(|user| (user.id, user))
                    .collect();
                let people = ids.iter().filter_map(|id| people.get(id));
                found.extend(people.map(|user| Found::Person(user.into())));
                let named = administrators::named_like(tx, &folded, FOUND)?;
                found.extend(named.into_iter().map(Found::Administrator));
                let named = providers::Choice {
                    search: Some(text.to_owned()),
                    ..providers::Choice::default()
                };
                for one in first_providers(tx, &named, ProviderSort::Name, FOUND)? {
                    found.push(Found::Provider(one.id, one.settings.name));
                }
                for one in vendors::named_like(tx, &folded, FOUND)? {
                    found.push(Found::Vendor(one.0, one.1));
                }
                for (id, name) in groups::internal_named_like(tx, &folded, FOUND)? {
                    found.push(Found::Group(id, name));
                }
                for group in access_groups::named_like(tx, &folded, FOUND)? {
                    found.push(Found::AccessGroup(group.id, group.settings.name));
                }
            }
            if found.is_empty() && !text.is_empty() {
                found = told(tx, text)?;
            }
            Ok(found)
        })
    }
}

/// What only events are left of.
fn gone(tx: &mut Read<'_>, id: Uuid) -> Result<Option<Found>, Error> {
    let choice = events::Choice {
        subject: Some(id),
        ..events::Choice::default()
    };
    let newest = Part {
        descending: true,
        ..Part::first(events::EventSort::At, 1)
    };
    let last = events::list(tx, &choice, &newest)?.into_iter().next();
    Ok(last.map(|event| Found::Gone(id, event.action)))
}

/// What an error text without an id is about: requests refused lately with these words, else the
/// status it names, with those that got it.
fn told(tx: &mut Read<'_>, text: &str) -> Result<Vec<Found>, Error> {
    let told = Told::new(text);
    let mut fitting = Vec::new();
    for kept in requests::latest(tx, LOOKED_AT)? {
        let refused = RefusedRequest::from(kept);
        if let Some(fit) = told.fits(&refused) {
            fitting.push((fit, refused));
        }
    }
    // The newest first, of those that fit as well.
    fitting.sort_by_key(|(fit, _)| *fit);
    let best = fitting.first().map(|(fit, _)| *fit);
    let of_status = best.is_none_or(|fit| fit == Fit::Status);
    let status = told.status.filter(|_| of_status).map(Found::Status);
    let requests = fitting
        .into_iter()
        .take_while(|(fit, _)| Some(*fit) == best)
        .take(TOLD)
        .map(|(_, refused)| Found::Request(Box::new(refused)));
    Ok(status.into_iter().chain(requests).collect())
}

/// How many people `decide` lets in now.
fn admitted(tx: &mut Read<'_>, now: DateTime<Utc>) -> Result<Counted, Error> {
    let by_default = |one: Provider| Some((one.id, one.settings.default_access_group?));
    let by_default: Vec<_> = providers::all(tx)?
        .into_iter()
        .map(|one| one.provider)
        .filter(|one| one.settings.user_type == UserType::Internal)
        .filter_map(by_default)
        .collect();
    let mut tied: Vec<AccessGroupId> = by_default.iter().map(|(_, group)| *group).collect();
    tied.sort_unstable();
    tied.dedup();
    let enabled: HashSet<AccessGroupId> = access_groups::find_all(tx, &tied)?
        .into_iter()
        .filter(|stored| stored.access_group.settings.enabled)
        .map(|stored| stored.access_group.id)
        .collect();
    let open: Vec<ProviderId> = by_default
        .into_iter()
        .filter(|(_, group)| enabled.contains(group))
        .map(|(provider, _)| provider)
        .collect();
    Ok(Counted {
        at: now,
        people: overview::admitted(tx, now, &open)?,
    })
}

fn first_providers(
    tx: &mut Read<'_>,
    choice: &providers::Choice,
    sort: ProviderSort,
    limit: i64,
) -> Result<Vec<Provider>, Error> {
    let found = providers::list(tx, choice, &Part::first(sort, limit))?;
    Ok(found.into_iter().map(|one| one.provider).collect())
}

/// How much providers changed each day, today last.
fn days(tx: &mut Read<'_>, now: DateTime<Utc>) -> Result<Vec<(DateTime<Utc>, i64)>, Error> {
    let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let first = today - Duration::days(DAYS - 1);
    let starts: Vec<DateTime<Utc>> = (0..=DAYS).map(|day| first + Duration::days(day)).collect();
    let numbers = events::numbers_at(tx, &starts)?;
    let spans = numbers.iter().zip(numbers.iter().skip(1));
    let mut days = Vec::with_capacity(spans.len());
    for (day, (from, to)) in starts.into_iter().zip(spans) {
        let others = events::count_beside_providers(tx, day, day + Duration::days(1))?;
        // What is not sealed yet has no number.
        days.push((day, (to - from - others).max(0)));
    }
    Ok(days)
}

/// The ids in a text, a few at most: error texts hold the trace id among words.
fn ids_in(text: &str) -> Vec<Uuid> {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .filter(|part| part.len() == 36)
        .filter_map(|part| Uuid::try_parse(part).ok())
        .take(4)
        .collect()
}

#[cfg(test)]
mod tests {
    use vestibule_domain::provider::UserType;

    use super::*;
    use crate::requests::{Refusal, Shown};
    use crate::world::{World, root};

    #[test]
    fn an_id_is_found_among_words() {
        let id = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000);
        assert_eq!(
            ids_in(&format!("Error 409 (trace {id}): userName is in use")),
            [id]
        );
        assert!(ids_in("abc-def 0193").is_empty());
    }

    #[test]
    fn figures_and_searches_lead_to_people_vendors_and_events() {
        let world = World::new();
        let okta = world.client(UserType::ThirdParty);
        let ada = world.user(&okta, "Ada");
        world.user(&okta, "Adam");
        world.group(&okta, "Acme", &[ada.to_string()]);
        let overview = world.service.overview(&root()).unwrap();
        assert_eq!((overview.active, overview.inactive), (2, 0));
        assert_eq!(overview.admitted.unwrap().people.third_party, 0);
        assert_eq!(overview.vendors[&VendorStatus::Pending], 1);

        let search = |text: &str| world.service.search(&root(), text).unwrap();
        let names = |found: Vec<Found>| -> Vec<String> {
            found
                .into_iter()
                .map(|one| match one {
                    Found::Person(person) => person.user_name,
                    Found::Vendor(_, name) | Found::Provider(_, name) => name,
                    other => format!("{other:?}"),
                })
                .collect()
        };
        assert_eq!(names(search("aDa")), ["Ada", "Adam"]);
        assert_eq!(names(search("ada@acme")), ["Ada"]);
        assert_eq!(names(search("acm")), ["Acme"]);
        assert_eq!(names(search(&ada.to_string()))[0], "Ada");
        assert_eq!(names(search("okta")), ["Okta 0"]);
        let event = world.events().remove(0).id;
        assert!(matches!(search(&format!("at {event}"))[..], [Found::Event(id, _)] if id == event));
        assert!(search("no such thing").is_empty());
    }

    #[test]
    fn groups_and_errors_are_found_by_what_people_see_of_them() {
        let world = World::new();
        let entra = world.client(UserType::Internal);
        let group = world.group(&entra, "Night shift", &[]);
        let search = |text: &str| world.service.search(&root(), text).unwrap();
        assert_eq!(
            search("night"),
            [Found::Group(group, "Night shift".to_owned())]
        );

        let refuse = |number: u32, status: u16, answer: &str| {
            let trace_id = format!("01930000-0000-7000-8000-{number:012}");
            world.service.note_refusal(Refusal {
                answer: format!("{answer} (request {trace_id})"),
                trace_id,
                endpoint: "scim",
                method: "POST".to_owned(),
                target: "/scim/v2/Users".to_owned(),
                shown: Shown::Nothing,
                address: None,
                user_agent: None,
                status,
                code: None,
                body: None,
                unproven: None,
                keys_missing: None,
            });
        };
        assert_eq!(search("401 Unauthorized"), [Found::Status(401)]);
        refuse(1, 409, "userName is already in use");
        refuse(2, 401, "send an access token: Authorization: Bearer ...");
        refuse(3, 409, "displayName is already in use");
        world.service.flush_telemetry().unwrap();
        let statuses = |text: &str| -> Vec<String> {
            let told = |one| match one {
                Found::Request(request) => request.told().to_owned(),
                other => format!("{other:?}"),
            };
            search(text).into_iter().map(told).collect()
        };
        let shown = "Error while creating user grace: Conflict. Errors reported by remote server: \
                     UserName is already in use";
        assert_eq!(statuses(shown), ["userName is already in use"]);
        assert_eq!(statuses("is already in use").len(), 2);
        assert_eq!(
            statuses("Error authenticating: Unauthorized"),
            [
                "Status(401)",
                "no credential was sent, or none that can be read"
            ]
        );
        assert_eq!(statuses("503 Service Unavailable"), ["Status(503)"]);
    }
}
