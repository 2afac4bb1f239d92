mod codes;
mod panics;

use chrono::Duration;
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{AccessGroupId, GroupId};

use super::codes::{Attempt, Entrance, Visitor};
use super::panic::{Target, Toll};
use super::*;
use crate::Precondition;
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
            .change_vendor(&root(), vendor, Precondition::NONE, move |settings| {
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
                let (service, id) = (hall.service(), hall.access_group);
                let changed =
                    service.change_access_group(&root(), id, Precondition::NONE, |settings| {
                        settings.enabled = false;
                        Ok(())
                    });
                changed.unwrap();
            },
            LinkEnd::Refused,
        ),
        (
            "a later start",
            |hall| {
                let start = hall.service().now() + Duration::days(1);
                hall.service()
                    .change_vendor(&root(), hall.vendor, Precondition::NONE, move |settings| {
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
                    .delete_provider(&root(), hall.client.id, Precondition::NONE)
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
        base: String::new(),
        body: Ok(body),
        wanted: Ok(crate::Wanted::default()),
    };
    hall.service()
        .patch(
            hall.client.call.clone(),
            "Users",
            &hall.ada.to_string(),
            Precondition::NONE,
            submitted,
        )
        .unwrap();
}

fn set_status(hall: &Hall, status: VendorStatus) {
    hall.service()
        .change_vendor(&root(), hall.vendor, Precondition::NONE, move |settings| {
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
        base: String::new(),
        body: Ok(body),
        wanted: Ok(crate::Wanted::default()),
    };
    hall.service()
        .patch(
            hall.client.call.clone(),
            "Groups",
            &group.to_string(),
            Precondition::NONE,
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
        .change_vendor(&root(), hall.vendor, Precondition::NONE, move |settings| {
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
