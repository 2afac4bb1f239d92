use chrono::Duration;
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{AccessGroupId, GroupId};

use super::codes::{Attempt, Entrance, Visitor};
use super::panic::{Target, Toll};
use super::*;
use crate::world::{Client, World, root};

/// Ada of Acme, who may get in.
struct Hall {
    world: World,
    client: Client,
    ada: UserId,
    group: GroupId,
    vendor: VendorId,
    access_group: AccessGroupId,
}

impl Hall {
    fn new() -> Self {
        let world = World::new();
        let client = world.client(UserType::ThirdParty);
        let ada = world.user(&client, "ada");
        let group = world.group(&client, "Acme", &[ada.to_string()]);
        let access_group = world.access_group("Windows").id;
        let vendor = world.vendors(client.id)[0].id;
        let hall = Self {
            world,
            client,
            ada,
            group,
            vendor,
            access_group,
        };
        hall.open_vendor(vendor, Some(Duration::days(30)));
        hall
    }

    fn open_vendor(&self, vendor: VendorId, lasts: Option<Duration>) {
        let (now, tied) = (self.service().now(), self.access_group);
        self.service()
            .change_vendor(&root(), vendor, None, move |settings| {
                settings.access_group = Some(tied);
                settings.start = Some(now);
                settings.end = lasts.map(|lasts| now + lasts);
                settings.status = VendorStatus::Enabled;
                Ok(())
            })
            .unwrap();
    }

    fn service(&self) -> &Service {
        &self.world.service
    }

    fn link(&self) -> NewLink {
        self.service()
            .create_link(&root(), self.ada, Wanted::default(), Forwarding::Shown)
            .unwrap()
    }

    fn ended(&self, link: &NewLink) -> Option<LinkEnd> {
        let found = self.service().find_link(&root(), link.link.id).unwrap();
        found.link.ended.map(|ended| ended.reason)
    }

    fn enter(&self, link: &NewLink, code: &str) -> Attempt {
        let visitor = Visitor {
            address: "192.0.2.9".parse().ok(),
            request_id: "request-9".to_owned(),
        };
        self.service().enter(secret(link), code, &visitor).unwrap()
    }
}

#[test]
fn a_link_lasts_as_usual_and_no_longer_than_its_vendor() {
    let hall = Hall::new();
    let link = hall.link().link;
    assert_eq!(link.end - link.start, Duration::days(7));
    assert_eq!(link.vendor, Some(hall.vendor));
    assert_eq!(hall.world.last_actions(1), ["link.created"]);
    let beyond = Wanted {
        start: None,
        duration: Some(Duration::days(31)),
    };
    let refused = hall
        .service()
        .create_link(&root(), hall.ada, beyond, Forwarding::Shown);
    assert!(
        matches!(&refused, Err(Error::Invalid { field, detail })
            if field == "duration_minutes" && detail.contains("the vendor ends at")),
        "{refused:?}"
    );
    hall.world.pass(Duration::days(29));
    assert_eq!(
        hall.link().link.end - hall.service().now(),
        Duration::days(1)
    );
}

#[test]
fn whoever_may_not_get_in_is_given_no_link_but_the_reason() {
    let hall = Hall::new();
    let grace = hall.world.user(&hall.client, "grace");
    let refused = hall
        .service()
        .create_link(&root(), grace, Wanted::default(), Forwarding::Shown)
        .unwrap_err();
    assert!(matches!(refused, Error::Conflict(_)));
    assert!(
        refused.to_string().contains("add grace to the group"),
        "{refused}"
    );
    hall.service()
        .block_user(&root(), hall.ada, "Lost laptop", None)
        .unwrap();
    let refused = hall
        .service()
        .create_link(&root(), hall.ada, Wanted::default(), Forwarding::Shown)
        .unwrap_err();
    assert!(refused.to_string().contains("Lost laptop"), "{refused}");
}

#[test]
fn whatever_takes_access_away_ends_the_link_for_good() {
    type Taking = (&'static str, fn(&Hall), LinkEnd);
    let takings: [Taking; 9] = [
        ("deactivation", deactivate, LinkEnd::Deactivated),
        (
            "deletion",
            |hall| hall.world.delete_user(&hall.client, hall.ada),
            LinkEnd::Removed,
        ),
        (
            "deletion of the group",
            |hall| hall.world.delete_group(&hall.client, hall.group),
            LinkEnd::Removed,
        ),
        (
            "a block",
            |hall| {
                let until = hall.service().now() + Duration::minutes(1);
                let service = hall.service();
                service
                    .block_user(&root(), hall.ada, "Audit", Some(until))
                    .unwrap();
            },
            LinkEnd::Blocked,
        ),
        (
            "disabling the vendor",
            |hall| set_status(hall, VendorStatus::Disabled),
            LinkEnd::Refused,
        ),
        (
            "disabling the access group",
            |hall| {
                let service = hall.service();
                service
                    .change_access_group(&root(), hall.access_group, None, |settings| {
                        settings.enabled = false;
                        Ok(())
                    })
                    .unwrap();
            },
            LinkEnd::Refused,
        ),
        (
            "a later start",
            |hall| {
                let start = hall.service().now() + Duration::days(1);
                hall.service()
                    .change_vendor(&root(), hall.vendor, None, move |settings| {
                        settings.start = Some(start);
                        Ok(())
                    })
                    .unwrap();
            },
            LinkEnd::Refused,
        ),
        (
            "deletion of the provider",
            |hall| {
                hall.service()
                    .delete_provider(&root(), hall.client.id)
                    .unwrap();
            },
            LinkEnd::Removed,
        ),
        (
            "another vendor",
            |hall| {
                hall.world
                    .group(&hall.client, "Initech", &[hall.ada.to_string()]);
            },
            LinkEnd::Refused,
        ),
    ];
    for (what, take, reason) in takings {
        let hall = Hall::new();
        let (link, upcoming) = (hall.link(), later(&hall));
        let code = hall
            .service()
            .show_entry_code(&root(), link.link.id)
            .unwrap();
        take(&hall);
        assert_eq!(hall.ended(&link), Some(reason), "{what}");
        assert_eq!(hall.ended(&upcoming), Some(reason), "{what}, upcoming");
        assert!(
            matches!(hall.enter(&link, &code.code), Attempt::Closed),
            "{what}"
        );
        let ends: Vec<_> = hall
            .world
            .events()
            .into_iter()
            .filter(|event| event.action == "link.ended")
            .collect();
        assert_eq!(ends.len(), 2, "{what}");
        assert!(ends.iter().all(|event| event.cause.is_some()), "{what}");
        // What is given back later brings no link back.
        hall.world.pass(Duration::minutes(2));
        assert_eq!(hall.ended(&link), Some(reason), "{what}");
        let entrance = hall.service().entrance(&secret(&link)).unwrap();
        assert_eq!(entrance, Entrance::Closed, "{what}");
    }
}

fn secret(link: &NewLink) -> vestibule_oauth::Digest {
    link.secret.as_ref().unwrap().digest()
}

fn later(hall: &Hall) -> NewLink {
    let wanted = Wanted {
        start: Some(hall.service().now() + Duration::hours(3)),
        duration: Some(Duration::hours(1)),
    };
    hall.service()
        .create_link(&root(), hall.ada, wanted, Forwarding::Shown)
        .unwrap()
}

fn deactivate(hall: &Hall) {
    set_active(hall, false);
}

fn set_active(hall: &Hall, active: bool) {
    let body = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": active}],
    });
    let submitted = crate::Submitted {
        body: Ok(body),
        wanted: Ok(crate::Wanted::default()),
    };
    hall.service()
        .patch(
            hall.client.call.clone(),
            "Users",
            &hall.ada.to_string(),
            crate::Precondition::NONE,
            submitted,
        )
        .unwrap();
}

fn set_status(hall: &Hall, status: VendorStatus) {
    hall.service()
        .change_vendor(&root(), hall.vendor, None, move |settings| {
            settings.status = status;
            Ok(())
        })
        .unwrap();
}

#[test]
fn access_given_back_needs_a_new_link() {
    let hall = Hall::new();
    let link = hall.link();
    deactivate(&hall);
    set_active(&hall, true);
    assert_eq!(hall.ended(&link), Some(LinkEnd::Deactivated));
    assert_eq!(hall.link().state, LinkState::Live);
}

#[test]
fn moving_to_another_open_vendor_ends_the_link_made_for_the_first() {
    let hall = Hall::new();
    let link = hall.link();
    // Initech is open before Ada comes to it.
    let group = hall.world.group(&hall.client, "Initech", &[]);
    let initech = hall
        .world
        .vendors(hall.client.id)
        .into_iter()
        .find(|vendor| vendor.group == Some(group))
        .unwrap()
        .id;
    hall.open_vendor(initech, None);
    let body = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "path": "members", "value": [{"value": hall.ada}]}],
    });
    let submitted = crate::Submitted {
        body: Ok(body),
        wanted: Ok(crate::Wanted::default()),
    };
    hall.service()
        .patch(
            hall.client.call.clone(),
            "Groups",
            &group.to_string(),
            crate::Precondition::NONE,
            submitted,
        )
        .unwrap();
    assert_eq!(hall.ended(&link), Some(LinkEnd::Moved));
}

#[test]
fn an_earlier_end_of_the_vendor_shortens_the_link() {
    let hall = Hall::new();
    let link = hall.link();
    let end = hall.service().now() + Duration::days(2);
    hall.service()
        .change_vendor(&root(), hall.vendor, None, move |settings| {
            settings.end = Some(end);
            Ok(())
        })
        .unwrap();
    let found = hall.service().find_link(&root(), link.link.id).unwrap();
    assert_eq!((found.link.end, found.state), (end, LinkState::Live));
    assert_eq!(
        hall.world.last_actions(2),
        ["vendor.changed", "link.shortened"]
    );
}

#[test]
fn revoking_ends_once() {
    let hall = Hall::new();
    let link = hall.link();
    let operator = hall.world.admin("olga", Role::Operator);
    let auditor = hall.world.admin("anton", Role::Auditor);
    assert!(matches!(
        hall.service().revoke_link(&auditor, link.link.id),
        Err(Error::Forbidden(Role::Operator))
    ));
    for _ in 0..2 {
        let revoked = hall.service().revoke_link(&operator, link.link.id).unwrap();
        assert_eq!(revoked.state, LinkState::Ended);
    }
    let ends = hall.world.events();
    let ends = ends.iter().filter(|event| event.action == "link.ended");
    assert_eq!(ends.count(), 1);
}

#[test]
fn a_right_code_lets_in_once_and_a_wrong_one_spends_it() {
    let hall = Hall::new();
    let link = hall.link();
    assert!(
        matches!(hall.enter(&link, "00000000"), Attempt::WrongCode),
        "none yet"
    );
    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    assert_eq!(code.code.len(), 8);
    assert!(!format!("{code:?}").contains(&code.code));
    let spaced = format!("{} {}", &code.code[..4], &code.code[4..]);
    assert!(matches!(hall.enter(&link, &spaced), Attempt::Granted(_)));
    assert!(
        matches!(hall.enter(&link, &code.code), Attempt::WrongCode),
        "once"
    );

    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    let wrong = if code.code == "12345678" {
        "87654321"
    } else {
        "12345678"
    };
    assert!(matches!(hall.enter(&link, wrong), Attempt::WrongCode));
    assert!(
        matches!(hall.enter(&link, &code.code), Attempt::WrongCode),
        "spent"
    );
    assert_eq!(
        hall.world.last_actions(4),
        [
            "entry_code.shown",
            "entry.granted",
            "entry_code.shown",
            "entry.refused"
        ]
    );
    // The link itself goes on.
    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    assert!(matches!(hall.enter(&link, &code.code), Attempt::Granted(_)));
}

#[test]
fn a_code_works_for_ten_minutes_and_a_new_one_takes_its_place() {
    let hall = Hall::new();
    let link = hall.link();
    let show = || {
        hall.service()
            .show_entry_code(&root(), link.link.id)
            .unwrap()
            .code
    };
    let first = show();
    hall.world.pass(Duration::minutes(10));
    assert!(matches!(hall.enter(&link, &first), Attempt::WrongCode));
    let (second, third) = (show(), show());
    assert!(matches!(hall.enter(&link, &second), Attempt::WrongCode));
    // Trying the old one has spent the new one: one attempt for one code.
    assert!(matches!(hall.enter(&link, &third), Attempt::WrongCode));
    let fourth = show();
    hall.world.pass(Duration::seconds(599));
    assert!(matches!(hall.enter(&link, &fourth), Attempt::Granted(_)));
}

#[test]
fn a_clock_set_back_lengthens_no_code() {
    let hall = Hall::new();
    let link = hall.link();
    let code = hall
        .service()
        .show_entry_code(&root(), link.link.id)
        .unwrap();
    hall.world.pass(Duration::hours(-2));
    let entrance = hall.service().entrance(&secret(&link)).unwrap();
    assert_eq!(
        entrance,
        Entrance::NotYet {
            start: link.link.start
        }
    );
    assert!(matches!(hall.enter(&link, &code.code), Attempt::Closed));
    hall.world.pass(Duration::hours(2));
    assert!(matches!(hall.enter(&link, &code.code), Attempt::Granted(_)));
}

#[test]
fn a_link_has_five_codes_an_hour() {
    let hall = Hall::new();
    let link = hall.link();
    let show = || hall.service().show_entry_code(&root(), link.link.id);
    for _ in 0..5 {
        show().unwrap();
        hall.world.pass(Duration::minutes(10));
    }
    let refused = show().unwrap_err();
    assert!(refused.to_string().contains("5 codes"), "{refused}");
    hall.world.pass(Duration::minutes(10));
    show().unwrap();
    assert!(show().is_err());
}

#[test]
fn the_panic_button_ends_every_link_of_a_vendor_and_says_so_before() {
    let hall = Hall::new();
    let (first, second) = (hall.link(), later(&hall));
    let target = Target::Vendor(hall.vendor);
    let toll = Toll {
        links: 2,
        people: 1,
        more: false,
    };
    assert_eq!(hall.service().preview_panic(&root(), target).unwrap(), toll);
    assert!(hall.service().press_panic(&root(), target, " ").is_err());
    let pressed = hall.service().press_panic(&root(), target, "Intruder");
    assert_eq!(pressed.unwrap(), toll);
    assert_eq!(hall.ended(&first), Some(LinkEnd::Panic));
    assert_eq!(hall.ended(&second), Some(LinkEnd::Panic));
    assert_eq!(
        hall.world.last_actions(3),
        ["panic.pressed", "link.ended", "link.ended"]
    );
    let decision = hall.service().decide_access(&root(), hall.ada, None);
    assert!(decision.unwrap().allowed(), "the rule says what it said");
    assert_eq!(
        hall.link().state,
        LinkState::Live,
        "a new one for each person"
    );
}

#[test]
fn an_internal_group_has_a_panic_button_too() {
    let world = World::new();
    let client = world.client(UserType::Internal);
    let ada = world.user(&client, "ada");
    let grace = world.user(&client, "grace");
    let team = world.group(&client, "Team", &[ada.to_string()]);
    let all = world.group(&client, "All", &[team.to_string(), grace.to_string()]);
    let tied = world.access_group("Windows").id;
    world
        .service
        .change_internal_group(&root(), all, move |settings| {
            settings.access_group = Some(tied);
            Ok(())
        })
        .unwrap();
    let service = &world.service;
    for person in [ada, grace] {
        service
            .create_link(&root(), person, Wanted::default(), Forwarding::Shown)
            .unwrap();
    }
    let preview = |group| {
        service
            .preview_panic(&root(), Target::InternalGroup(group))
            .unwrap()
    };
    for (group, both) in [(team, 1), (all, 2)] {
        let toll = Toll {
            links: both,
            people: both,
            more: false,
        };
        assert_eq!(preview(group), toll, "also by nesting");
    }
    let press = |group| {
        service
            .press_panic(&root(), Target::InternalGroup(group), "Drill")
            .unwrap()
            .links
    };
    assert_eq!(press(team), 1, "nested: Ada");
    assert_eq!(press(all), 1, "Grace alone is left");
    assert_eq!(preview(all), Toll::default(), "ended links end no more");
    // Leaving the group that lets in ends a link as well.
    service
        .create_link(&root(), ada, Wanted::default(), Forwarding::Shown)
        .unwrap();
    world.delete_group(&client, team);
    let ended = service
        .list_links(&root(), &LinkQuery::default())
        .unwrap()
        .items;
    let reasons: Vec<_> = ended
        .iter()
        .filter_map(|found| found.link.ended.map(|ended| ended.reason))
        .collect();
    assert_eq!(reasons, [LinkEnd::Panic, LinkEnd::Panic, LinkEnd::Removed]);
}

#[test]
fn links_are_listed_by_what_they_are_now() {
    let hall = Hall::new();
    let live = hall.link().link.id;
    let upcoming = later(&hall).link.id;
    let count = |state| {
        let query = LinkQuery {
            state: Some(state),
            vendor: Some(hall.vendor),
            ..LinkQuery::default()
        };
        let found = hall.service().list_links(&root(), &query).unwrap().items;
        assert!(found.iter().all(|found| found.state == state));
        found.iter().map(|found| found.link.id).collect::<Vec<_>>()
    };
    assert_eq!(count(LinkState::Live), [live]);
    assert_eq!(count(LinkState::Upcoming), [upcoming]);
    hall.world.pass(Duration::hours(4));
    assert_eq!(count(LinkState::Expired), [upcoming]);
    hall.service().revoke_link(&root(), live).unwrap();
    assert_eq!(count(LinkState::Ended), [live]);
}
