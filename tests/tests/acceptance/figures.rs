//! The figures of pages, kept by the database and never counted: they equal what there is.

use serde_json::{Value, json};
use vestibule_domain::VendorId;
use vestibule_testkit::{TestApp, both_engines, internal, third_party};

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
            let query = vestibule_service::vendors::VendorQuery::default();
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
        let open = || app.service.overview(&admin).unwrap().in_open_vendors;
        assert_eq!(open(), 0);
        let group = vestibule_domain::access_group::AccessGroupSettings {
            name: "Windows".to_owned(),
            ..Default::default()
        };
        let tied = app.service.create_access_group(&admin, group).unwrap().id;
        let now = app.clock.now();
        app.service
            .change_vendor(&admin, vendor("Acme").0, None, move |settings| {
                settings.access_group = Some(tied);
                settings.start = Some(now);
                settings.end = Some(now + chrono::Duration::days(1));
                settings.status = vestibule_domain::vendor::VendorStatus::Enabled;
                Ok(())
            })
            .unwrap();
        assert_eq!(open(), 1);
        app.clock.advance(chrono::Duration::days(1));
        assert_eq!(open(), 0);

        app.service.delete_provider(&admin, okta.id).unwrap();
        assert_eq!(figures(), (1, 0, 1));
    });
}
