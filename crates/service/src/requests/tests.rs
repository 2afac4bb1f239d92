use chrono::Duration;
use vestibule_domain::provider::{ProviderState, UserType};
use vestibule_oauth::Digest;

use super::*;
use crate::Precondition;
use crate::Settings;
use crate::world::{World, root};

fn refusal(number: usize, shown: Shown, status: u16) -> Refusal {
    Refusal {
        trace_id: format!("trace-{number:06}"),
        endpoint: "scim",
        method: "POST".to_owned(),
        target: "/scim/v2/Users".to_owned(),
        shown,
        address: "192.0.2.1".parse().ok(),
        user_agent: Some("Okta".to_owned()),
        status,
        code: None,
        answer: "told".to_owned(),
        unproven: None,
        keys_missing: None,
        body: None,
    }
}

fn list(world: &World, provider: Option<ProviderId>) -> Vec<RefusedRequest> {
    let query = RequestQuery {
        whose: provider.into(),
        page: PageQuery::first(1_000),
        ..RequestQuery::default()
    };
    world.service.list_requests(&root(), &query).unwrap().items
}

#[test]
fn it_is_kept_with_its_provider_and_the_precise_reason() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    let shown = || Shown::Token(client.call.presented.token.unwrap());
    world.service.note_refusal(refusal(1, shown(), 400));
    world
        .service
        .note_refusal(refusal(2, Shown::Token(Digest::of("vat_no")), 401));
    world.service.flush_telemetry().unwrap();
    let kept = list(&world, Some(client.id));
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].trace_id.as_str(), kept[0].reason.as_str()),
        ("trace-000001", "told")
    );
    assert!(kept[0].credential.is_some());
    let stranger = world.service.find_request(&root(), "trace-000002").unwrap();
    assert_eq!(stranger.provider, None);
    assert!(
        stranger.reason.contains("never issued"),
        "{}",
        stranger.reason
    );

    world
        .service
        .set_provider_state(
            &root(),
            client.id,
            Precondition::NONE,
            ProviderState::Disabled,
        )
        .unwrap();
    let id = client.credentials.provider.client_id.clone();
    world
        .service
        .note_refusal(refusal(3, Shown::Client(id), 401));
    world
        .service
        .note_refusal(refusal(4, Shown::Client("nobody".to_owned()), 401));
    world.service.flush_telemetry().unwrap();
    let disabled = world.service.find_request(&root(), "trace-000003").unwrap();
    assert_eq!(disabled.provider, Some(client.id));
    assert!(disabled.reason.contains("disabled"), "{}", disabled.reason);
    let unknown = world.service.find_request(&root(), "trace-000004").unwrap();
    assert_eq!(unknown.reason, "no provider has this client id");
    assert!(matches!(
        world.service.find_request(&root(), "trace-000005"),
        Err(Error::NotFound(_))
    ));
}

#[test]
fn what_the_gates_and_errors_say_has_a_code() {
    let said = |reason: &str| {
        let kept = requests::Refused {
            id: "trace".to_owned(),
            at: DateTime::UNIX_EPOCH,
            provider: None,
            credential: None,
            endpoint: "scim".to_owned(),
            method: "GET".to_owned(),
            target: "/scim/v2/Users".to_owned(),
            address: None,
            user_agent: None,
            status: 403,
            code: None,
            answer: reason.to_owned(),
            reason: format!("{reason} (request trace)"),
            body: None,
        };
        RefusedRequest::from(kept).why()
    };
    let refusals = [
        gate::Refusal::Disabled,
        gate::Refusal::Expired,
        gate::Refusal::Address("192.0.2.1".parse().ok()),
        gate::Refusal::Referrer,
        gate::Refusal::Paused,
        gate::Refusal::ScopeTooSmall {
            needed: vestibule_oauth::Scopes::WRITE,
        },
    ];
    let errors = [
        Error::OverRate { retry_after: 1 },
        Error::Busy { retry_after: 1 },
        Error::NotFound("user"),
        Error::PreconditionFailed,
        Error::taken("userName"),
    ];
    let texts = refusals.iter().map(ToString::to_string);
    for text in texts.chain(errors.iter().map(ToString::to_string)) {
        let said = said(&text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(said.to_string(), text);
    }
    assert_eq!(said("userName: expected a text"), None);
}

#[test]
fn what_is_too_much_is_counted_and_leaves_room_for_those_who_are_known() {
    let world = World::new();
    let client = world.client(UserType::ThirdParty);
    for number in 0..1_500 {
        world
            .service
            .note_refusal(refusal(number, Shown::Nothing, 401));
    }
    for number in 1_500..2_600 {
        let shown = Shown::Token(client.call.presented.token.unwrap());
        world.service.note_refusal(refusal(number, shown, 400));
    }
    world.service.flush_telemetry().unwrap();
    assert_eq!(list(&world, Some(client.id)).len(), 1_000);
    assert_eq!(world.service.dropped_requests(&root()).unwrap(), 500 + 100);
    // The next second is a new one.
    world
        .service
        .note_refusal(refusal(9_999, Shown::Nothing, 401));
    assert_eq!(world.service.flush_telemetry().unwrap(), 1);
    assert_eq!(world.service.dropped_requests(&root()).unwrap(), 600);
}

#[test]
fn the_old_and_those_on_top_are_forgotten() {
    let world = World::with(Settings {
        refused_requests: 3,
        ..Settings::default()
    });
    for number in 0..5 {
        world
            .service
            .note_refusal(refusal(number, Shown::Nothing, 401));
    }
    world.service.flush_telemetry().unwrap();
    assert_eq!(world.service.purge_requests().unwrap(), 2);
    let left: Vec<_> = list(&world, None)
        .into_iter()
        .map(|kept| kept.trace_id)
        .collect();
    assert_eq!(left, ["trace-000004", "trace-000003", "trace-000002"]);
    world.pass(Duration::days(31));
    assert_eq!(world.service.purge_requests().unwrap(), 3);
    assert!(list(&world, None).is_empty());
}

#[test]
fn pages_follow_one_another_and_the_full_last_one_says_so() {
    let world = World::new();
    for number in 0..4 {
        world
            .service
            .note_refusal(refusal(number, Shown::Nothing, 401));
    }
    world.service.flush_telemetry().unwrap();
    let page = |after: Option<String>| {
        let query = RequestQuery {
            page: PageQuery {
                after,
                ..PageQuery::first(2)
            },
            ..RequestQuery::default()
        };
        world.service.list_requests(&root(), &query)
    };
    let first = page(None).unwrap();
    assert_eq!(first.items[0].trace_id, "trace-000003");
    let second = page(first.next).unwrap();
    assert_eq!(second.items[1].trace_id, "trace-000000");
    assert_eq!(second.next, None, "the last page was full");
    for wrong in ["", "x", "e30", "eyJzIjoiYSIsImQiOnRydWUsImkiOiJ4In0"] {
        let refused = page(Some(wrong.to_owned()));
        assert!(
            matches!(refused, Err(Error::Invalid { field, .. }) if field == "after"),
            "{wrong}"
        );
    }
}

#[test]
fn texts_are_cut_and_hold_no_nul() {
    let world = World::new();
    let mut long = refusal(1, Shown::Nothing, 401);
    long.answer = "\u{e9}".repeat(5_000);
    long.target = "a\0b".to_owned();
    world.service.note_refusal(long);
    world.service.flush_telemetry().unwrap();
    let kept = world.service.find_request(&root(), "trace-000001").unwrap();
    assert_eq!(kept.answer.len(), 2_048 + 3);
    assert_eq!(kept.target, "a\u{fffd}b");
}
