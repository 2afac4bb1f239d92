//! The story of the guides, from first to last: register a provider, get a token, push users and a
//! group, link the vendor, ask the gate, deactivate, ask again.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// An administrator at the API.
struct Admin<'a> {
    app: &'a TestApp,
    token: String,
}

impl Admin<'_> {
    fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = (!body.is_null()).then_some(body);
        self.app
            .send(method, &format!("/api/v1{path}"), Some(&self.token), body)
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, &Value::Null);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    fn verdict(&self, user: &str) -> (String, Vec<String>) {
        let decision = self.get(&format!("/users/{user}/access"));
        let flip = decision["flip"]
            .as_array()
            .expect("a decision lists what would flip it");
        let flip = flip.iter().map(|change| text(&change["change"])).collect();
        (text(&decision["verdict"]), flip)
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, read from top to bottom")]
fn from_registration_to_the_gate_and_out_again() {
    both_engines(|app| {
        let admin = Admin {
            app,
            token: app.admin_token("ada", Role::Administrator),
        };

        // An administrator registers the product and notes its credentials, shown once.
        let registered = admin.send(
            "POST",
            "/providers",
            &json!({"name": "Okta", "user_type": "third_party", "allowed_addresses": ["*"]}),
        );
        assert_eq!(registered.status, 201, "{}", registered.text);
        let registered = registered.json();

        // The product fetches a token.
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&ttl=30",
            text(&registered["client_id"]),
            text(&registered["client_secret"])
        );
        let content = [("Content-Type", "application/x-www-form-urlencoded")];
        let granted = app.send_raw("POST", "/iso/oauth2/token", &content, &form);
        assert_eq!(granted.status, 200, "{}", granted.text);
        assert_eq!(granted.json()["expires_in"], 1_800);
        let token = text(&granted.json()["access_token"]);
        let scim = |method: &str, path: &str, body: Value| {
            app.send(
                method,
                &format!("/iso/scim/v2{path}"),
                Some(&token),
                (!body.is_null()).then_some(&body),
            )
        };

        // It pushes two people, with the attributes of this market, and a group of them.
        let push = |name: &str| {
            let reply = scim(
                "POST",
                "/Users",
                json!({
                    "schemas": [USER], "userName": format!("{name}@vendor.example"), "NameFormatted": name,
                    "emails": [{"value": format!("{name}@vendor.example"), "type": "work", "primary": true}],
                    "customCode": "c-1", "customCodes": ["a", "b"], "active": true,
                    GROUP: {"thirdPartyVendor": "1"},
                }),
            );
            assert_eq!(reply.status, 201, "{}", reply.text);
            assert_eq!(reply.json()[GROUP]["thirdPartyVendor"], true);
            text(&reply.json()["id"])
        };
        let (bob, eve) = (push("bob"), push("eve"));
        let group = scim(
            "POST",
            "/Groups",
            json!({"schemas": [GROUP], "displayName": "Acme", "members": [{"value": bob}, {"value": eve}]}),
        );
        assert_eq!(group.status, 201, "{}", group.text);
        let group = text(&group.json()["id"]);

        // The group has become a vendor, but nobody gets in yet.
        let vendors = admin.get("/vendors");
        let vendor = &vendors["items"][0];
        assert_eq!(
            (text(&vendor["name"]), text(&vendor["status"])),
            ("Acme".to_owned(), "pending".to_owned())
        );
        let vendor = text(&vendor["id"]);
        let (verdict, flip) = admin.verdict(&bob);
        assert_eq!(verdict, "refused");
        assert!(flip.contains(&"enable_vendor".to_owned()), "{flip:?}");

        // The administrator ties the vendor to an access group from now on.
        let policy = admin.send(
            "POST",
            "/access-groups",
            &json!({"name": "Remote maintenance"}),
        );
        assert_eq!(policy.status, 201, "{}", policy.text);
        let start = app.clock.clock().now();
        let tied = admin.send(
            "PATCH",
            &format!("/vendors/{vendor}"),
            &json!({
                "access_group": text(&policy.json()["id"]), "start": start, "end": start + Duration::days(90),
                "status": "enabled",
            }),
        );
        assert_eq!(tied.status, 200, "{}", tied.text);
        assert_eq!(admin.verdict(&bob), ("allowed".to_owned(), vec![]));
        let later = (start + Duration::days(90)).format("%Y-%m-%dT%H:%M:%SZ");
        assert_eq!(
            admin.get(&format!("/users/{bob}/access?at={later}"))["verdict"],
            "refused"
        );

        // An administrator blocks one of them; the product neither sees nor changes it.
        let block = admin.send(
            "POST",
            &format!("/users/{eve}/blocks"),
            &json!({"reason": "lost badge"}),
        );
        assert_eq!(block.status, 201, "{}", block.text);
        assert_eq!(
            admin.verdict(&eve),
            ("refused".to_owned(), vec!["lift_block".to_owned()])
        );

        // The product deactivates the other.
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"active": false}}],
        });
        assert_eq!(scim("PATCH", &format!("/Users/{bob}"), patch).status, 200);
        assert_eq!(
            admin.verdict(&bob),
            ("refused".to_owned(), vec!["activate_person".to_owned()])
        );

        // The group goes and with it the vendor; the same name again is another, pending one.
        assert_eq!(
            scim("DELETE", &format!("/Groups/{group}"), Value::Null).status,
            204
        );
        assert_eq!(
            admin.get(&format!("/vendors/{vendor}"))["vendor"]["status"],
            "closed"
        );
        assert_eq!(
            scim(
                "POST",
                "/Groups",
                json!({"schemas": [GROUP], "displayName": "Acme"})
            )
            .status,
            201
        );
        assert_eq!(
            admin.get("/vendors?status=pending")["items"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );

        // Every change has left its event, and the chain holds.
        app.service.seal_events().expect("events can be sealed");
        let verification = admin.get("/audit/verification");
        assert_eq!(verification["intact"], true, "{verification}");
        assert_eq!(verification["unsealed"], 0, "{verification}");
        let actions: Vec<String> = admin.get("/events?limit=100")["items"]
            .as_array()
            .expect("events are a list")
            .iter()
            .map(|event| text(&event["action"]))
            .collect();
        for action in [
            "provider.created",
            "token.issued",
            "user.created",
            "group.created",
            "members.changed",
            "vendor.created",
            "placement.changed",
            "access_group.created",
            "vendor.changed",
            "block.set",
            "user.changed",
            "group.deleted",
            "vendor.closed",
        ] {
            assert!(
                actions.contains(&action.to_owned()),
                "no event {action} among {actions:?}"
            );
        }
    });
}
