//! What a decision costs in process: its facts read from a SQLite file, and the decision itself.
//!
//! ```text
//! cargo bench -p acceptance --bench decision
//! cargo test -p acceptance --bench decision -- --smoke    # does it still run?
//! ```
//!
//! Ada is a vendor's, Sam a member of ten internal groups two levels deep. The medians are printed; one
//! of a decision alone above 50 microseconds fails the run. What the facts are read for costs more, and
//! is held against the showing of the person.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark reports to whoever started it"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "a benchmark that meets what it does not expect stops"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::DateTime;
use clap::Parser;
use serde_json::{Value, json};
use uuid::Uuid;
use vestibule_domain::access::{
    AccessGroupFacts, Affiliation, Facts, InternalGroupFacts, PersonFacts, PlacementFacts,
    VendorFacts, decide,
};
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{AccessGroupId, EventId, GroupId, UserId, VendorId};
use vestibule_testkit::{Engine, TestApp, internal, third_party};

/// The longest that a decision may take.
const LIMIT: Duration = Duration::from_micros(50);

#[derive(Debug, Parser)]
struct Options {
    /// A run that only shows that everything works.
    #[arg(long)]
    smoke: bool,
    /// Allows a decision no time at all: the run must fail.
    #[arg(long)]
    control: bool,
    /// Passed by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let limit = match (options.control, options.smoke) {
        (true, _) => Duration::ZERO,
        (false, true) => Duration::MAX,
        (false, false) => LIMIT,
    };
    let rounds = if options.smoke { 20 } else { 2_000 };
    let median = |body: &mut dyn FnMut()| median(rounds, body);
    let at = DateTime::from_timestamp(1_800_000_000, 0).expect("an instant");
    for (name, facts) in [("vendor's", vendors()), ("staff", staff())] {
        let median = median(&mut || drop(black_box(decide(black_box(&facts), at))));
        println!("decide, {name:<9} {median:>12.1?}");
        assert!(median < limit, "a decision takes {median:?}");
    }
    let app = TestApp::start(Engine::Sqlite).expect("SQLite is always at hand");
    for (name, user) in people(&app) {
        let admin = app.admin();
        let read = median(&mut || drop(app.service.find_person(&admin, user).expect("a person")));
        let decided = median(&mut || {
            let decision = app.service.decide_access(&admin, user, None);
            drop(decision.expect("a decision"));
        });
        println!("with its facts, {name:<9} {decided:>12.1?}   (showing the person: {read:.1?})");
    }
}

fn median(rounds: usize, body: &mut dyn FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            body();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn access_group(number: u128) -> AccessGroupFacts {
    AccessGroupFacts {
        approvals: 0,
        id: AccessGroupId::from_uuid(id(number)),
        name: format!("Access group {number}"),
        enabled: number % 10 == 9,
        event: EventId::from_uuid(id(number)),
    }
}

fn facts(user_type: UserType, affiliation: Affiliation) -> Facts {
    let event = EventId::from_uuid(id(1));
    Facts {
        person: PersonFacts {
            id: UserId::from_uuid(id(1)),
            user_name: "ada@acme.example".to_owned(),
            user_type,
            active: true,
            active_event: event,
            address_taken: false,
            unblocked_event: None,
            left_event: None,
        },
        blocks: Vec::new(),
        affiliation,
    }
}

fn vendors() -> Facts {
    let event = EventId::from_uuid(id(2));
    let vendor = VendorFacts {
        id: VendorId::from_uuid(id(2)),
        name: "Acme".to_owned(),
        status: VendorStatus::Enabled,
        status_event: event,
        start: DateTime::from_timestamp(1_700_000_000, 0),
        end: DateTime::from_timestamp(1_900_000_000, 0),
        dates_event: event,
        access_group: Some(access_group(9)),
        access_group_event: event,
    };
    let placement = Some(PlacementFacts { vendor, event });
    facts(UserType::ThirdParty, Affiliation::ThirdParty { placement })
}

/// Of ten groups the last lets them in.
fn staff() -> Facts {
    let groups = (0..10)
        .map(|number| InternalGroupFacts {
            id: GroupId::from_uuid(id(number)),
            name: format!("Group {number}"),
            enabled: true,
            event: EventId::from_uuid(id(number)),
            member_event: EventId::from_uuid(id(number)),
            access_group: Some(access_group(number)),
        })
        .collect();
    let affiliation = Affiliation::Internal {
        groups,
        provider_default: None,
    };
    facts(UserType::Internal, affiliation)
}

fn people(app: &TestApp) -> [(&'static str, UserId); 2] {
    let (okta, entra) = (
        app.register(third_party("Okta")).token,
        app.register(internal("Entra")).token,
    );
    let push = |token: &str, endpoint: &str, body: Value| -> String {
        let made = app.send(
            "POST",
            &format!("/scim/v2/{endpoint}"),
            Some(token),
            Some(&body),
        );
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().expect("an id").to_owned()
    };
    let user = |token: &str, name: &str| {
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
        push(
            token,
            "Users",
            json!({"schemas": schemas, "userName": name}),
        )
    };
    let group = |token: &str, name: &str, member: &str| {
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let members = [json!({ "value": member })];
        push(
            token,
            "Groups",
            json!({"schemas": schemas, "displayName": name, "members": members}),
        )
    };
    let ada = user(&okta, "ada");
    group(&okta, "Acme", &ada);
    let sam = user(&entra, "sam");
    for number in 0..5 {
        let inner = group(&entra, &format!("Inner {number}"), &sam);
        group(&entra, &format!("Outer {number}"), &inner);
    }
    let parsed = |id: &str| id.parse().expect("an id of the server");
    [("vendor's", parsed(&ada)), ("staff", parsed(&sam))]
}
