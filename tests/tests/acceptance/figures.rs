//! The figures of pages, kept by the database and never counted: they equal what there is.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{AccessGroupId, GroupId, UserId, VendorId};
use vestibule_service::Precondition;
use vestibule_service::people::PeopleQuery;
use vestibule_service::vendors::VendorQuery;
use vestibule_testkit::{TestApp, TestProvider, both_engines, internal, third_party};

struct Product<'a> {
    app: &'a TestApp,
    token: String,
}

impl Product<'_> {
    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/scim/v2{path}");
        let reply = self.app.send(method, &path, Some(&self.token), Some(body));
        assert!(reply.status < 300, "{}", reply.text);
        if reply.text.is_empty() {
            Value::Null
        } else {
            reply.json()
        }
    }

    fn user(&self, name: &str, active: bool) -> String {
        let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
        let user = json!({"schemas": [schema], "userName": name, "active": active});
        let made = self.send("POST", "/Users", &user);
        made["id"].as_str().unwrap().to_owned()
    }

    fn group(&self, name: &str, members: &[&String]) -> String {
        let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
        let group = json!({"schemas": [schema], "displayName": name, "members": members});
        let made = self.send("POST", "/Groups", &group);
        made["id"].as_str().unwrap().to_owned()
    }

    fn patch(&self, path: &str, operation: &Value) {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": [operation]});
        self.send("PATCH", path, &body);
    }
}

#[test]
fn figures_equal_what_there_is_after_every_kind_of_change() {
    both_engines(|app| {
        let (okta, entra) = (
            app.register(third_party("Okta")),
            app.register(internal("Entra")),
        );
        let product = |token: &str| Product {
            app,
            token: token.to_owned(),
        };
        let (outside, inside) = (product(&okta.token), product(&entra.token));
        let admin = app.admin();
        // Active, inactive, internal and active; placed of the provider.
        let figures = || {
            let overview = app.service.overview(&admin).unwrap();
            (overview.active, overview.inactive, overview.internal)
        };
        let holdings = || app.service.find_provider(&admin, okta.id).unwrap().holdings;
        assert_eq!(figures(), (0, 0, 0));

        let [ada, bea, cy] = ["ada", "bea", "cy"].map(|name| outside.user(name, true));
        outside.user("dora", false);
        inside.user("eve", true);
        assert_eq!(figures(), (4, 1, 1));
        let acme = outside.group("Acme", &[&ada, &bea]);
        let zeta = outside.group("Zeta", &[&bea, &cy]);
        let vendor = |name: &str| -> (VendorId, i64) {
            let query = VendorQuery::default();
            let found = app.service.list_vendors(&admin, &query).unwrap().items;
            let id = found.iter().find(|one| one.name == name).unwrap().id;
            (id, app.service.find_vendor(&admin, id).unwrap().people)
        };
        assert_eq!((vendor("Acme").1, vendor("Zeta").1), (1, 2));
        let held = holdings();
        assert_eq!((held.users, held.groups, held.placements), (4, 2, 3));

        // Turned off and on, and again to what it is already.
        for (active, expected) in [(false, (3, 2, 1)), (false, (3, 2, 1)), (true, (4, 1, 1))] {
            let turn = json!({"op": "replace", "path": "active", "value": active});
            outside.patch(&format!("/Users/{ada}"), &turn);
            assert_eq!(figures(), expected);
        }
        // Out of one vendor, and so into the other; out of both; gone.
        let leave = |group: &str, user: &str| {
            let path = format!("members[value eq \"{user}\"]");
            let remove = json!({"op": "remove", "path": path});
            outside.patch(&format!("/Groups/{group}"), &remove);
        };
        leave(&zeta, &bea);
        assert_eq!((vendor("Acme").1, vendor("Zeta").1), (2, 1));
        leave(&acme, &bea);
        assert_eq!((vendor("Acme").1, holdings().placements), (1, 2));
        outside.send("DELETE", &format!("/Users/{cy}"), &Value::Null);
        assert_eq!((vendor("Zeta").1, holdings().users), (0, 3));
        assert_eq!(figures(), (3, 1, 1));

        // Only who is in a vendor that is open now counts among those who can get in.
        let open = || {
            let counted = app.service.overview(&admin).unwrap().admitted.unwrap();
            counted.people.third_party
        };
        assert_eq!(open(), 0);
        let group = AccessGroupSettings {
            name: "Windows".to_owned(),
            ..Default::default()
        };
        let tied = app.service.create_access_group(&admin, group).unwrap().id;
        let now = app.clock.now();
        app.service
            .change_vendor(
                &admin,
                vendor("Acme").0,
                Precondition::NONE,
                move |settings| {
                    settings.access_group = Some(tied);
                    settings.start = Some(now);
                    settings.end = Some(now + Duration::days(1));
                    settings.status = VendorStatus::Enabled;
                    Ok(())
                },
            )
            .unwrap();
        assert_eq!(open(), 1);
        app.clock.advance(Duration::days(1));
        assert_eq!(open(), 0);

        app.service
            .delete_provider(&admin, okta.id, Precondition::NONE)
            .unwrap();
        assert_eq!(figures(), (1, 0, 1));
    });
}

/// Numbers that look thrown, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn some<'a, T>(&mut self, of: &'a [T]) -> Vec<&'a T> {
        of.iter().filter(|_| self.below(3) == 0).collect()
    }
}

/// People of three providers in vendors, nested groups and access groups of every state.
fn throw(app: &TestApp, seed: u64) {
    let mut dice = Dice(seed);
    let admin = app.admin();
    let access_groups: Vec<AccessGroupId> = (0..4)
        .map(|number| {
            let settings = AccessGroupSettings {
                name: format!("Access {number}"),
                enabled: number != 0,
                ..AccessGroupSettings::default()
            };
            app.service
                .create_access_group(&admin, settings)
                .unwrap()
                .id
        })
        .collect();
    let by_default = |tied| {
        let mut settings = internal("Ping");
        settings.default_access_group = Some(tied);
        settings
    };
    let providers = [
        app.register(third_party("Okta")),
        app.register(internal("Entra")),
        app.register(by_default(access_groups[dice.below(2)])),
    ];
    for provider in &providers {
        let product = Product {
            app,
            token: provider.token.clone(),
        };
        let people: Vec<String> = (0..8)
            .map(|number| product.user(&format!("u{number}-{}", provider.id), dice.below(5) > 0))
            .collect();
        let mut groups: Vec<String> = Vec::new();
        for number in 0..5 {
            let mut members = dice.some(&people);
            // Earlier groups in later ones, so that there is no cycle.
            members.extend(dice.some(&groups));
            let made = product.group(&format!("g{number}-{}", provider.id), &members);
            groups.push(made);
        }
        block_some(app, &product, &people, &mut dice);
        decide_on(app, provider, &groups, &access_groups, &mut dice);
    }
}

/// Some for good, some for a while, some lifted; and an address that goes from who is blocked to
/// somebody else.
fn block_some(app: &TestApp, product: &Product<'_>, people: &[String], dice: &mut Dice) {
    let admin = app.admin();
    let address = |user: &str, address: &str| {
        let emails = json!([{"value": address, "primary": true}]);
        let set = json!({"op": "replace", "path": "emails", "value": emails});
        product.patch(&format!("/Users/{user}"), &set);
    };
    let shared = format!("{}@acme.example", people[0]);
    address(&people[0], &shared);
    for (number, user) in people.iter().enumerate() {
        let id: UserId = user.parse().unwrap();
        let until = app.clock.now() + Duration::hours(2);
        let block = |until| {
            app.service
                .block_user(&admin, id, "Lost laptop", until)
                .unwrap()
        };
        match (number, dice.below(6)) {
            (0, _) => drop(block(None)),
            (_, 0) => drop(block(Some(until))),
            (_, 1) => app
                .service
                .lift_block(&admin, block(None).id)
                .map(drop)
                .unwrap(),
            _ => {}
        }
    }
    address(&people[0], &format!("other-{shared}"));
    address(&people[1], &shared);
}

fn decide_on(
    app: &TestApp,
    provider: &TestProvider,
    groups: &[String],
    access_groups: &[AccessGroupId],
    dice: &mut Dice,
) {
    let admin = app.admin();
    let now = app.clock.now();
    let tied = |dice: &mut Dice| access_groups.get(dice.below(6)).copied();
    let details = app.service.find_provider(&admin, provider.id).unwrap();
    if details.provider.settings.user_type == UserType::Internal {
        for group in groups {
            let group: GroupId = group.parse().unwrap();
            let (enabled, tied) = (dice.below(3) > 0, tied(dice));
            app.service
                .change_internal_group(&admin, group, Precondition::NONE, move |settings| {
                    settings.enabled = enabled;
                    settings.access_group = tied;
                    Ok(())
                })
                .unwrap();
        }
        return;
    }
    let found = app.service.list_vendors(&admin, &VendorQuery::default());
    for vendor in found.unwrap().items {
        let (start, lasts) = (dice.below(3), dice.below(4));
        let (group, enabled) = (access_groups[dice.below(4)], dice.below(4) > 0);
        if dice.below(6) == 0 {
            continue;
        }
        app.service
            .change_vendor(&admin, vendor.id, Precondition::NONE, move |settings| {
                let start = now + Duration::hours(i64::try_from(start).unwrap());
                settings.start = Some(start);
                let lasts = Duration::hours(i64::try_from(lasts).unwrap());
                settings.end = (!lasts.is_zero()).then_some(start + lasts);
                settings.access_group = Some(group);
                settings.status = if enabled {
                    VendorStatus::Enabled
                } else {
                    VendorStatus::Disabled
                };
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn those_counted_are_those_whom_the_decision_lets_in() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 1..=6 {
        let counts = std::cell::RefCell::new(Vec::new());
        both_engines(|app| {
            throw(app, seed);
            let admin = app.admin();
            let people = app.service.list_people(&admin, &PeopleQuery::default());
            let people: Vec<UserId> = people.unwrap().items.iter().map(|one| one.id).collect();
            assert_eq!(people.len(), 24);
            for _ in 0..6 {
                let counted = app.service.overview(&admin).unwrap().admitted.unwrap();
                assert_eq!(counted.at, app.clock.now());
                let decided = app.service.decide_all(&admin, &people, None).unwrap();
                let mut allowed = (0, 0);
                for decision in decided.into_iter().filter_map(|(_, decision)| decision) {
                    let outside = decision.chain.iter().any(|step| {
                        use vestibule_domain::access::Check;
                        matches!(step.check, Check::Placed)
                    });
                    let of_its_kind = if outside {
                        &mut allowed.0
                    } else {
                        &mut allowed.1
                    };
                    *of_its_kind += i64::from(decision.allowed());
                }
                let told = (counted.people.third_party, counted.people.internal);
                assert_eq!(told, allowed, "seed {seed}");
                counts.borrow_mut().push(told);
                app.clock.advance(Duration::hours(1));
            }
        });
        seen.extend(counts.into_inner());
    }
    // Else it would prove little.
    assert!(seen.len() > 8, "{seen:?}");
}
