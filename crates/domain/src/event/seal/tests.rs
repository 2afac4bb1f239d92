//! Vectors made by an implementation of the written format in another language.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::{Action, Actor, Payload, Subject};
use crate::hexadecimal;
use crate::ids::{AdministratorId, UserId};

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn first() -> Event {
    Event {
        id: EventId::from_uuid(uuid(1)),
        at: DateTime::from_timestamp_nanos(1_700_000_000_123_456_789),
        actor: Actor::Provider {
            id: ProviderId::from_uuid(uuid(2)),
            address: "192.0.2.7".parse().ok(),
        },
        action: Action::UserCreated,
        subject: Subject::from(UserId::from_uuid(uuid(3))),
        provider: Some(ProviderId::from_uuid(uuid(2))),
        cause: None,
        request_id: Some("req-1".to_owned()),
        payload: Payload {
            before: None,
            after: Some(json!({"userName": "zo\u{eb}", "active": true})),
            why: Some("pushed".to_owned()),
        },
    }
}

fn second() -> Event {
    Event {
        id: EventId::from_uuid(uuid(4)),
        at: DateTime::from_timestamp_micros(-1).unwrap(),
        actor: Actor::System,
        action: Action::PlacementChanged,
        subject: Subject::from(UserId::from_uuid(uuid(3))),
        provider: None,
        cause: Some(EventId::from_uuid(uuid(1))),
        request_id: None,
        payload: Payload::default(),
    }
}

#[test]
fn the_first_event_has_the_bytes_and_hashes_it_always_had() {
    let event = first();
    let metadata = event.metadata().to_bytes();
    assert_eq!(
        hexadecimal(&metadata),
        "010000001000000000000000000000000000000001\
         010000000800060a2418202240\
         010000000870726f7669646572\
         010000001000000000000000000000000000000002\
         01000000093139322e302e322e37\
         010000000c757365722e63726561746564\
         010000000475736572\
         010000001000000000000000000000000000000003\
         010000001000000000000000000000000000000002\
         00\
         01000000057265712d31"
    );
    let payload = payload_text(&event);
    assert_eq!(
        payload,
        "{\"after\":{\"active\":true,\"userName\":\"zo\u{eb}\"},\"why\":\"pushed\"}"
    );
    let digest = payload_digest(&[0xab; 32], &payload);
    assert_eq!(
        hexadecimal(&digest),
        "f207a954465ecf13ecbfedd265e468652c6f76357d671ccaf593e914483f51cd"
    );
    let hash = seal(&GENESIS, 1, &metadata, &digest);
    assert_eq!(
        hexadecimal(&hash),
        "d60b5e69db021b3dc432c9f7529d3f00e261675653f86f5af8bff71cf8554ce8"
    );

    let event = second();
    let metadata = event.metadata().to_bytes();
    assert_eq!(
        hexadecimal(&metadata),
        "010000001000000000000000000000000000000004\
         0100000008ffffffffffffffff\
         010000000673797374656d\
         00\
         00\
         0100000011706c6163656d656e742e6368616e676564\
         010000000475736572\
         010000001000000000000000000000000000000003\
         00\
         010000001000000000000000000000000000000001\
         00"
    );
    assert_eq!(payload_text(&event), "{}");
    let digest = payload_digest(&[0xcd; 32], "{}");
    assert_eq!(
        hexadecimal(&digest),
        "43e4f17088d1e282daed275cedb3e23cea3fd940df1c0eaa527079351d100ea2"
    );
    let hash = seal(&hash, 2, &metadata, &digest);
    assert_eq!(
        hexadecimal(&hash),
        "caac3be9ba14aebc393996044b9e4bf7e90d04805e32575ea77c6f38d4a22917"
    );
}

#[test]
fn every_field_of_the_metadata_moves_the_hash() {
    let event = first();
    let original = event.metadata();
    let other = uuid(77);
    let changed = [
        Metadata {
            id: EventId::from_uuid(other),
            ..original.clone()
        },
        Metadata {
            at_micros: original.at_micros + 1,
            ..original.clone()
        },
        Metadata {
            actor_kind: "administrator".into(),
            ..original.clone()
        },
        Metadata {
            actor_id: Some(other),
            ..original.clone()
        },
        Metadata {
            actor_id: None,
            ..original.clone()
        },
        Metadata {
            actor_detail: Some("192.0.2.8".into()),
            ..original.clone()
        },
        Metadata {
            actor_detail: None,
            ..original.clone()
        },
        Metadata {
            action: "user.erased".into(),
            ..original.clone()
        },
        Metadata {
            subject_kind: "group".into(),
            ..original.clone()
        },
        Metadata {
            subject_id: other,
            ..original.clone()
        },
        Metadata {
            provider: None,
            ..original.clone()
        },
        Metadata {
            cause: Some(EventId::from_uuid(other)),
            ..original.clone()
        },
        Metadata {
            request_id: None,
            ..original.clone()
        },
        Metadata {
            request_id: Some("".into()),
            ..original.clone()
        },
    ];
    let mut hashes: Vec<_> = changed
        .iter()
        .map(|metadata| seal(&GENESIS, 1, &metadata.to_bytes(), &GENESIS))
        .collect();
    let bytes = original.to_bytes();
    hashes.push(seal(&GENESIS, 1, &bytes, &GENESIS));
    hashes.push(seal(&GENESIS, 2, &bytes, &GENESIS));
    hashes.push(seal(&[1; 32], 1, &bytes, &GENESIS));
    hashes.push(seal(&GENESIS, 1, &bytes, &[1; 32]));
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn equal_payloads_have_equal_texts() {
    let with = |after| Event {
        payload: Payload {
            after: Some(after),
            ..Payload::default()
        },
        ..second()
    };
    let one = payload_text(&with(
        json!({"b": {"y": 1, "x": [{"q": 1, "p": null}]}, "a": "\u{7f}"}),
    ));
    let two = payload_text(&with(
        json!({"a": "\u{7f}", "b": {"x": [{"p": null, "q": 1}], "y": 1}}),
    ));
    assert_eq!(one, two);
    assert_eq!(
        one,
        "{\"after\":{\"a\":\"\u{7f}\",\"b\":{\"x\":[{\"p\":null,\"q\":1}],\"y\":1}}}"
    );
}

#[test]
fn the_payload_tells_the_address_of_an_administrator_and_the_metadata_does_not() {
    let by = |address: Option<&str>| Event {
        actor: Actor::Administrator {
            id: AdministratorId::from_uuid(uuid(7)),
            name: "Ada".to_owned(),
            address: address.map(|address| address.parse().unwrap()),
        },
        ..first()
    };
    let without = by(None);
    assert_eq!(payload_text(&without), payload_text(&first()));
    let with = by(Some("2001:db8::7"));
    assert_eq!(
        payload_text(&with),
        "{\"address\":\"2001:db8::7\",\"after\":{\"active\":true,\"userName\":\"zo\u{eb}\"},\"why\":\"pushed\"}"
    );
    assert_eq!(with.metadata(), without.metadata());
}

#[test]
fn the_event_reads_back_from_json() {
    for event in [first(), second()] {
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}

/// The reverse of the encoding, which exists only to show that there is one.
fn decode(mut bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut fields = Vec::new();
    while let Some((presence, rest)) = bytes.split_first() {
        bytes = rest;
        fields.push((*presence == 1).then(|| {
            let (length, rest) = bytes.split_first_chunk::<4>().unwrap();
            let (field, rest) = rest.split_at(u32::from_be_bytes(*length).try_into().unwrap());
            bytes = rest;
            field.to_vec()
        }));
    }
    fields
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_encoding_can_be_undone(
        id in any::<u128>(),
        at_micros in any::<i64>(),
        kind in ".{0,8}",
        actor_id in prop::option::of(any::<u128>()),
        detail in prop::option::of("[\\x00\\x01a]{0,8}"),
        cause in prop::option::of(any::<u128>()),
        request_id in prop::option::of(".{0,8}"),
    ) {
        let metadata = Metadata {
            id: EventId::from_uuid(uuid(id)),
            at_micros,
            actor_kind: kind.as_str().into(),
            actor_id: actor_id.map(uuid),
            actor_detail: detail.as_deref().map(Into::into),
            action: "user.created".into(),
            subject_kind: "user".into(),
            subject_id: uuid(id),
            provider: None,
            cause: cause.map(uuid).map(EventId::from_uuid),
            request_id: request_id.as_deref().map(Into::into),
        };
        let id_bytes = |id: u128| id.to_be_bytes().to_vec();
        prop_assert_eq!(decode(&metadata.to_bytes()), [
            Some(id_bytes(id)),
            Some(at_micros.to_be_bytes().to_vec()),
            Some(kind.into_bytes()),
            actor_id.map(id_bytes),
            detail.map(String::into_bytes),
            Some(b"user.created".to_vec()),
            Some(b"user".to_vec()),
            Some(id_bytes(id)),
            None,
            cause.map(id_bytes),
            request_id.map(String::into_bytes),
        ]);
    }
}
