//! What a provider pushes in the hope that somebody takes it for more than a label.

use vestibule_service::Role;
use vestibule_testkit::third_party;

use super::*;

/// What the decision on a person says.
fn admitted(app: &TestApp, root: &str, user: &str) -> Value {
    let path = format!("/api/v1/users/{user}/access");
    let reply = app.send("GET", &path, Some(root), None);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// R-ISO-5: an `externalId` that is somebody's id, name or `externalId`, here or at another provider, leads to
/// nobody but who has it as that.
#[test]
fn r_iso_5_an_external_id_that_is_anothers_id_leads_to_its_own_person_alone() {
    both_engines(|app| {
        let [mine, theirs] = ["Mine", "Theirs"].map(|name| Tenant::new(app, internal(name)));
        let [their_user, their_group] = theirs.pushes("them");
        let [my_user, my_group] = mine.pushes("us");
        let before = theirs.read(&format!("Users/{their_user}"));
        let labels = [&their_user, &their_group, &my_user, &my_group, "them", "us"];
        for (number, label) in labels.iter().enumerate() {
            // "us" is an externalId of this provider: labels are not unique, and this is the second one.
            let body =
                json!({"schemas": [USER], "userName": format!("n{number}"), "externalId": label});
            let made = mine.send("POST", "Users", &body);
            assert_eq!(made.status, 201, "{label}: {}", made.text);
            let id = made.json()["id"].as_str().unwrap().to_owned();
            assert_ne!(&id, label);
            let found = |filter: String| -> Vec<Value> {
                let body = json!({"schemas": [SEARCH], "filter": filter});
                let page = mine.send("POST", "Users/.search", &body).json();
                let found = page["Resources"].as_array().unwrap().iter();
                found.map(|user| user["id"].clone()).collect()
            };
            assert!(found(format!("externalId eq \"{label}\"")).contains(&json!(id)));
            assert!(!found(format!("id eq \"{label}\"")).contains(&json!(id)));
            // By the label nobody is reached who has another id.
            let by_label = mine.send("GET", &format!("Users/{label}"), &Value::Null);
            if *label == my_user.as_str() {
                assert_eq!(by_label.json()["userName"], "us");
            } else {
                assert_eq!(by_label.status, 404, "{label}: {}", by_label.text);
            }
            let member = json!({"schemas": [GROUP], "displayName": format!("g{number}"),
                "members": [{"value": label}]});
            let grouped = mine.send("POST", "Groups", &member);
            let known = [my_user.as_str(), my_group.as_str()].contains(label);
            assert_eq!(
                grouped.status,
                if known { 201 } else { 400 },
                "{}",
                grouped.text
            );
            if known {
                assert_eq!(grouped.json()["members"][0]["value"], **label);
            }
        }
        let count = |tenant: &Tenant<'_>| tenant.read("Users")["totalResults"].clone();
        assert_eq!((count(&theirs), count(&mine)), (json!(1), json!(7)));
        assert_eq!(theirs.read(&format!("Users/{their_user}")), before);
        assert_eq!(
            mine.send("DELETE", &format!("Users/{my_user}"), &Value::Null)
                .status,
            204
        );
        assert_eq!(count(&mine), json!(6));
    });
}

/// R-ISO-6: a person who is pushed under an administrator's name, whether before or after there is that
/// administrator, is nobody but a person, and what becomes of them is nothing to the administrator.
#[test]
fn r_iso_6_a_person_with_an_administrators_name_is_nobody_but_a_person() {
    both_engines(|app| {
        let product = Tenant::new(app, internal("Product"));
        let push = |name: &str| {
            let body = json!({"schemas": [USER], "userName": name, "password": "guess what it is",
                "roles": [{"value": "administrator", "primary": true}]});
            product.send("POST", "Users", &body)
        };
        let early = push("late");
        assert_eq!(early.status, 201, "{}", early.text);
        let late = app.admin_token("late", Role::Administrator);
        let root = app.admin_token("root", Role::Administrator);
        let administrators = || {
            let path = "/api/v1/administrators";
            app.send("GET", path, Some(&root), None).json()["items"].clone()
        };
        let before = administrators();
        let body = json!({"schemas": [SEARCH], "filter": "userName eq \"root\""});
        assert_eq!(
            product.send("POST", "Users/.search", &body).json()["totalResults"],
            0
        );
        let pushed = push("root");
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        for user in [&early, &pushed] {
            let path = format!("Users/{}", user.json()["id"].as_str().unwrap());
            let operation = json!([{"op": "replace", "path": "active", "value": false}]);
            let message = json!({"schemas": [PATCH], "Operations": operation});
            assert_eq!(product.send("PATCH", &path, &message).status, 200);
            assert_eq!(product.send("DELETE", &path, &Value::Null).status, 204);
        }
        for (name, token) in [("late", &late), ("root", &root)] {
            let me = app.send("GET", "/api/v1/me", Some(token), None);
            assert_eq!(
                (me.status, &me.json()["name"]),
                (200, &json!(name)),
                "{}",
                me.text
            );
        }
        assert_eq!(administrators(), before);
        let form = "name=root&password=guess+what+it+is";
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let guess = app.send_raw("POST", "/console/sign-in", &headers, form);
        // Whatever is set opens nothing.
        let cookie = guess.header("set-cookie").unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap();
        let home = app.send_raw("GET", "/console", &[("Cookie", cookie)], "");
        assert_eq!(home.status, 303, "{}", home.text);
    });
}

/// R-ISO-7: the refusal of an address that somebody active has elsewhere is one text, whoever that is, and names
/// nothing of them.
#[test]
fn r_iso_7_the_refusal_of_a_taken_address_tells_nothing_of_its_owner() {
    both_engines(|app| {
        let product = Tenant::new(app, internal("Product"));
        let mut refusals = BTreeSet::new();
        for settings in [
            internal("Secretive Ltd"),
            third_party("Other Firm"),
            internal("Product B"),
        ] {
            let name = settings.name.clone();
            let owner = Tenant::new(app, settings);
            let address = "taken@firm.example";
            let body = json!({"schemas": [USER], "userName": format!("owner of {name}"),
                "displayName": "Olga Owner", "externalId": "hr-4711", "emails": [{"value": address}]});
            let made = owner.send("POST", "Users", &body).json();
            let id = made["id"].as_str().unwrap();
            let body =
                json!({"schemas": [USER], "userName": "mine", "emails": [{"value": address}]});
            let refused = product.send("POST", "Users", &body);
            let error = refused.json();
            assert_eq!(
                (refused.status, &error["scimType"]),
                (409, &json!("uniqueness"))
            );
            let text = refused.text.to_lowercase();
            for secret in [id, &name, "owner of", "olga", "4711", &owner.token] {
                assert!(!text.contains(&secret.to_lowercase()), "{secret}: {text}");
            }
            refusals.insert(told(&refused, id));
            assert_eq!(
                owner
                    .send("DELETE", &format!("Users/{id}"), &Value::Null)
                    .status,
                204
            );
        }
        assert_eq!(refusals.len(), 1, "{refusals:?}");
    });
}

/// R-ISO-8: roles and entitlements that ask for rights are kept as they were sent, and the decision on their person
/// is the one on a person without.
#[test]
fn r_iso_8_roles_and_entitlements_that_ask_for_rights_grant_none() {
    both_engines(|app| {
        let root = app.admin_token("root", Role::Administrator);
        let ids = regex::Regex::new(r#""event":"[^"]*""#).unwrap();
        for settings in [internal("Staff"), third_party("Vendors")] {
            let product = Tenant::new(app, settings);
            let [plain, _] = product.pushes("plain");
            let asked = json!([{"value": "administrator", "type": "vestibule", "primary": true},
                {"value": "may_start_sessions"}, {"value": "*"}]);
            let body = json!({"schemas": [USER], "userName": "asks", "externalId": "plain",
                "userType": "administrator", "roles": asked, "entitlements": asked});
            let made = product.send("POST", "Users", &body);
            assert_eq!(made.status, 201, "{}", made.text);
            let made = made.json();
            for attribute in ["roles", "entitlements"] {
                assert_eq!(made[attribute].as_array().unwrap().len(), 3, "{made}");
            }
            let asks = made["id"].as_str().unwrap();
            let decided = |id: &str| {
                let decided = admitted(app, &root, id).to_string();
                let decided = decided
                    .replace(id, "ID")
                    .replace("plain", "NAME")
                    .replace("asks", "NAME");
                ids.replace_all(&decided, "").into_owned()
            };
            assert!(
                decided(asks).contains(r#""verdict":"refused""#),
                "{}",
                decided(asks)
            );
            assert_eq!(decided(asks), decided(&plain));
        }
    });
}

/// R-ISO-9: a `thirdPartyVendor` that contradicts the provider's user type is kept, warned of, and makes a vendor or
/// an internal group of nothing that the user type does not.
#[test]
fn r_iso_9_the_user_type_decides_whatever_third_party_vendor_says() {
    both_engines(|app| {
        let root = app.admin_token("root", Role::Administrator);
        for (settings, says, there, nowhere) in [
            (internal("Staff"), true, "groups", "vendors"),
            (third_party("Vendors"), false, "vendors", "groups"),
        ] {
            let registered = app.register(settings);
            let product = Tenant {
                app,
                token: registered.token.clone(),
            };
            let name = format!("Crew of {there}");
            let body = json!({"schemas": [GROUP], "displayName": name, "thirdPartyVendor": says});
            let made = product.send("POST", "Groups", &body);
            assert_eq!(made.status, 201, "{}", made.text);
            assert_eq!(made.json()["thirdPartyVendor"], says);
            let listed = |list: &str| {
                let path = format!("/api/v1/{list}");
                let items = app.send("GET", &path, Some(&root), None).json();
                items["items"].to_string().contains(&name)
            };
            assert_eq!((listed(there), listed(nowhere)), (true, false), "{name}");
            let warnings = format!("/api/v1/providers/{}/warnings", registered.id);
            let warnings = app.send("GET", &warnings, Some(&root), None);
            assert!(
                warnings.text.contains("third_party_vendor"),
                "{}",
                warnings.text
            );
        }
    });
}
