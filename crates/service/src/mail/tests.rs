use std::panic::{AssertUnwindSafe, catch_unwind};

use vestibule_domain::UserId;
use vestibule_domain::link::Wanted;
use vestibule_domain::provider::{LinkDelivery, UserType};
use vestibule_domain::vendor::VendorStatus;
use vestibule_oauth::Digest;

use super::*;
use crate::access_groups::AccessGroupQuery;
use crate::links::codes::{Asked, Attempt, Visitor};
use crate::links::panic::Target;
use crate::links::{Forwarding, LinkQuery, NewLink};
use crate::world::{Client, World, root};
use crate::{LinkSettings, Precondition, Settings};

/// A vendor that is open, and mail.
struct Office {
    world: World,
    client: Client,
    vendor: vestibule_domain::VendorId,
    ada: UserId,
}

impl Office {
    fn new(automatic: bool) -> Self {
        let settings = Settings::default();
        let world = World::with(Settings {
            links: LinkSettings {
                mail: true,
                automatic,
                ..settings.links
            },
            ..settings
        });
        let client = world.client(UserType::ThirdParty);
        let ada = world.user(&client, "ada");
        world.group(&client, "Acme", &[ada.to_string()]);
        let vendor = world.vendors(client.id)[0].id;
        let office = Self {
            world,
            client,
            vendor,
            ada,
        };
        office.open(LinkDelivery::Default);
        office
    }

    fn open(&self, delivery: LinkDelivery) {
        let others = self
            .service()
            .list_access_groups(&root(), &AccessGroupQuery::default())
            .unwrap()
            .items;
        let tied = self
            .world
            .access_group(&format!("Windows {}", others.len()))
            .id;
        let now = self.service().now();
        self.service()
            .change_vendor(&root(), self.vendor, Precondition::NONE, move |settings| {
                settings.access_group = Some(tied);
                settings.start = Some(now);
                settings.status = VendorStatus::Enabled;
                settings.link_delivery = delivery;
                Ok(())
            })
            .unwrap();
    }

    fn service(&self) -> &Service {
        &self.world.service
    }

    fn mailed(&self) -> NewLink {
        self.service()
            .create_link(&root(), self.ada, Wanted::default(), Forwarding::Mailed)
            .unwrap()
    }

    /// One turn of the job; `None` when nothing was due.
    fn post(&self, outcome: &Posted) -> Option<(Envelope, Option<Letter>)> {
        let mut taken = None;
        self.service()
            .send_letter(|envelope, text| {
                let letter = match outcome {
                    Posted::Sent | Posted::Unknown(_) => text(),
                    _ => None,
                };
                let dropped =
                    matches!(outcome, Posted::Sent | Posted::Unknown(_)) && letter.is_none();
                taken = Some((envelope.clone(), letter));
                if dropped {
                    Posted::Dropped
                } else {
                    outcome.clone()
                }
            })
            .unwrap();
        taken
    }

    fn states(&self, link: LinkId) -> Vec<LetterState> {
        let letters = self.service().letters_of(&root(), link).unwrap();
        letters.into_iter().map(|letter| letter.state).collect()
    }

    fn visitor() -> Visitor {
        Visitor {
            address: None,
            request_id: "request-8".to_owned(),
        }
    }
}

fn secret(letter: Option<Letter>) -> Digest {
    let Some(Letter::Link { secret, .. }) = letter else {
        panic!("a letter with a link");
    };
    Secret::parse(SecretKind::Link, secret.expose())
        .unwrap()
        .digest()
}

fn code(letter: Option<Letter>) -> String {
    let Some(Letter::Code { code, .. }) = letter else {
        panic!("a letter with a code");
    };
    code.expose().to_owned()
}

#[test]
fn a_mailed_link_and_its_code_let_in() {
    let office = Office::new(false);
    let link = office.mailed();
    assert!(link.secret.is_none());
    assert_eq!(office.states(link.link.id), [LetterState::Queued]);
    let (envelope, letter) = office.post(&Posted::Sent).unwrap();
    assert_eq!(envelope.to, "ada@acme.example");
    let secret = secret(letter);
    assert_eq!(office.states(link.link.id), [LetterState::Sent]);
    assert_eq!(office.world.last_actions(1), ["link.mailed"]);

    let service = office.service();
    let asked = service
        .request_entry_code(secret, &Office::visitor())
        .unwrap();
    assert_eq!(asked, Asked::Queued);
    let digits = code(office.post(&Posted::Sent).unwrap().1);
    let attempt = service.enter(secret, &digits, &Office::visitor()).unwrap();
    assert!(matches!(attempt, Attempt::Granted(entry) if entry.email.is_some()));
    assert!(office.post(&Posted::Sent).is_none());
    for _ in 0..4 {
        service
            .request_entry_code(secret, &Office::visitor())
            .unwrap();
    }
    let sixth = service.request_entry_code(secret, &Office::visitor());
    assert_eq!(sixth.unwrap(), Asked::TooMany);
}

#[test]
fn a_mail_server_that_is_down_loses_nothing_and_gets_nothing_twice() {
    let office = Office::new(false);
    let link = office.mailed().link.id;
    let down = Posted::Postponed("connection refused".to_owned());
    let mut attempts = 0;
    // A day of it, looked at each minute.
    for _ in 0..24 * 60 {
        attempts += usize::from(office.post(&down).is_some());
        office.world.pass(Duration::minutes(1));
    }
    assert!((40..70).contains(&attempts), "{attempts}");
    office.world.pass(Duration::minutes(30));
    let first = office.post(&Posted::Sent).unwrap();
    assert!(first.1.is_some());
    assert!(office.post(&Posted::Sent).is_none());
    assert_eq!(office.states(link), [LetterState::Sent]);
}

#[test]
fn a_link_whose_time_is_over_is_given_up_and_a_refusal_is_told() {
    let office = Office::new(false);
    let link = office.mailed().link.id;
    office.world.pass(Duration::days(7));
    assert!(
        office.post(&Posted::Sent).is_none(),
        "nobody is bothered with it"
    );
    assert_eq!(office.states(link), [LetterState::GivenUp]);
    let link = office.mailed().link.id;
    office.post(&Posted::Refused("550 no such person".to_owned()));
    assert_eq!(office.states(link), [LetterState::Refused]);
    assert_eq!(
        office.world.last_actions(3),
        ["link.not_mailed", "link.created", "link.not_mailed"]
    );
}

#[test]
fn a_link_that_ended_meanwhile_is_not_sent() {
    let office = Office::new(false);
    let link = office.mailed().link.id;
    office.service().revoke_link(&root(), link).unwrap();
    assert!(office.post(&Posted::Sent).is_none(), "nor is anybody asked");
    assert_eq!(office.states(link), [LetterState::Dropped]);

    let link = office.mailed().link.id;
    let service = office.service();
    let sent = service.send_letter(|_, text| {
        service.revoke_link(&root(), link).unwrap();
        assert!(text().is_none(), "it ended while the mail server waited");
        Posted::Dropped
    });
    assert!(sent.unwrap());
    assert_eq!(office.states(link), [LetterState::Dropped]);
}

/// The server dies while it talks to the mail server; `asked` whether the text was asked for.
fn die(office: &Office, asked: bool) -> Option<Letter> {
    let mut letter = None;
    let died = catch_unwind(AssertUnwindSafe(|| {
        let service = office.service();
        drop(service.send_letter(|_, text| {
            if asked {
                letter = text();
            }
            panic!("killed");
        }));
    }));
    assert!(died.is_err());
    letter
}

#[test]
fn whoever_dies_before_the_handing_over_is_followed_by_one_who_sends_once() {
    let office = Office::new(false);
    let link = office.mailed().link.id;
    die(&office, false);
    assert!(office.post(&Posted::Sent).is_none(), "still leased");
    office.world.pass(Duration::minutes(10));
    assert!(office.post(&Posted::Sent).unwrap().1.is_some());
    assert_eq!(office.states(link), [LetterState::Sent]);
}

#[test]
fn after_a_death_amid_the_handing_over_a_link_goes_out_under_the_same_id_and_a_code_does_not() {
    let office = Office::new(false);
    let link = office.mailed().link.id;
    let first = secret(die(&office, true));
    office.world.pass(Duration::minutes(10));
    let (envelope, letter) = office.post(&Posted::Sent).unwrap();
    assert_eq!(
        envelope.message_id,
        office.service().letters_of(&root(), link).unwrap()[0]
            .id
            .to_string()
    );
    let second = secret(letter);
    for opened in [first, second] {
        let asked = office
            .service()
            .request_entry_code(opened, &Office::visitor());
        assert_eq!(asked.unwrap(), Asked::Queued, "both addresses open it");
    }
    die(&office, true);
    office.world.pass(Duration::minutes(10));
    assert!(office.post(&Posted::Sent).is_none());
    let states = office.states(link);
    assert!(states.contains(&LetterState::Unknown), "{states:?}");
}

#[test]
fn two_nodes_are_never_at_one_letter() {
    let office = Office::new(false);
    let (one, other) = (office.mailed().link.id, office.mailed().link.id);
    let mut inner = 0;
    let service = office.service().clone();
    service
        .send_letter(|_, text| {
            // Another node, while this one talks to the mail server.
            while service
                .send_letter(|_, text| {
                    inner += 1;
                    assert!(text().is_some());
                    Posted::Sent
                })
                .unwrap()
            {}
            assert!(text().is_some());
            Posted::Sent
        })
        .unwrap();
    assert_eq!(inner, 1);
    for link in [one, other] {
        assert_eq!(office.states(link), [LetterState::Sent]);
    }
}

#[test]
fn who_cannot_be_mailed_is_told_so_and_no_link_is_made() {
    let office = Office::new(false);
    let made = office.world.push_user(
        &office.client,
        serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "eve",
            "emails": [{"value": "eve@acme.example, x@evil.example", "primary": true}],
        }),
    );
    let made: serde_json::Value = serde_json::from_str(&made.unwrap().body).unwrap();
    let eve = made["id"].as_str().unwrap().to_owned();
    office
        .world
        .group(&office.client, "Initech", std::slice::from_ref(&eve));
    let initech = office.world.vendors(office.client.id)[1].id;
    let tied = office.world.access_group("Linux").id;
    let now = office.service().now();
    office
        .service()
        .change_vendor(&root(), initech, Precondition::NONE, move |settings| {
            settings.access_group = Some(tied);
            settings.start = Some(now);
            settings.status = VendorStatus::Enabled;
            Ok(())
        })
        .unwrap();
    let refused = office.service().create_link(
        &root(),
        eve.parse().unwrap(),
        Wanted::default(),
        Forwarding::Mailed,
    );
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("name@host"), "{refused}");
    let query = LinkQuery::default();
    let links = office.service().list_links(&root(), &query).unwrap();
    assert_eq!(links.items, []);
}

#[test]
fn links_come_with_provisioning_where_the_nearest_setting_says_so() {
    for (system, vendor, comes) in [
        (true, LinkDelivery::Default, true),
        (false, LinkDelivery::Default, false),
        (true, LinkDelivery::No, false),
        (false, LinkDelivery::Yes, true),
    ] {
        let office = Office::new(system);
        if vendor != LinkDelivery::Default {
            office.open(vendor);
        }
        while office.service().give_links().unwrap() > 0 {}
        let query = LinkQuery::default();
        let links = office.service().list_links(&root(), &query).unwrap().items;
        assert_eq!(links.len(), usize::from(comes), "{system} {vendor}");
        if comes {
            assert_eq!(links[0].link.origin.name(), "automatic");
            assert!(office.post(&Posted::Sent).unwrap().1.is_some());
        }
        // Looked at again, nobody gets a second one.
        office.open(vendor);
        while office.service().give_links().unwrap() > 0 {}
        let again = office.service().list_links(&root(), &query).unwrap().items;
        assert_eq!(again.len(), links.len());
    }
}

#[test]
fn after_the_panic_button_only_a_link_made_by_hand_brings_automatic_ones_back() {
    let office = Office::new(true);
    while office.service().give_links().unwrap() > 0 {}
    office.world.pass(Duration::minutes(1));
    let service = office.service();
    service
        .press_panic(&root(), Target::Vendor(office.vendor), "drill")
        .unwrap();
    office.world.pass(Duration::minutes(1));
    let live = || {
        office.open(LinkDelivery::Yes);
        while service.give_links().unwrap() > 0 {}
        let query = LinkQuery {
            state: Some(LinkState::Live),
            ..LinkQuery::default()
        };
        service.list_links(&root(), &query).unwrap().items.len()
    };
    assert_eq!(live(), 0);
    let by_hand = office.mailed().link.id;
    service.revoke_link(&root(), by_hand).unwrap();
    assert_eq!(live(), 1);
}
