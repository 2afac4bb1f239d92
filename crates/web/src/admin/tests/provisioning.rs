//! What the API says about people and groups that a provider has pushed over SCIM.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::world::World;

async fn push(world: &World, token: &str, kind: &str, body: Value) -> String {
    let created = world
        .scim("POST", &format!("/{kind}"), token, body)
        .await
        .expect(201);
    created["id"].as_str().unwrap().to_owned()
}

async fn push_person(world: &World, token: &str) -> String {
    let emails = json!([{"value": "ann@acme.example", "primary": true}]);
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Ann", "emails": emails});
    push(world, token, "Users", body).await
}

async fn push_group(world: &World, token: &str, member: &str) -> String {
    let schemas = json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]);
    let body = json!({"schemas": schemas, "displayName": "Acme", "members": [{"value": member}]});
    push(world, token, "Groups", body).await
}

#[actix_web::test]
async fn a_vendors_people_get_in_when_it_is_enabled_and_no_longer_when_blocked() {
    let world = World::new().await;
    let (provider, token) = world.provider("third_party").await;
    let person = push_person(&world, &token).await;
    let group = push_group(&world, &token, &person).await;

    let vendors = world
        .get(&format!(
            "/vendors?provider={provider}&status=pending&name=ACME"
        ))
        .await
        .expect(200);
    let vendor = vendors["items"][0].clone();
    assert_eq!(
        (&vendor["name"], &vendor["group"]),
        (&json!("Acme"), &json!(group))
    );
    let path = format!("/vendors/{}", vendor["id"].as_str().unwrap());
    let people = world.get(&format!("{path}/people")).await.expect(200);
    assert_eq!(people["items"], json!([{"id": person, "user_name": "Ann"}]));
    let placement = world
        .get(&format!("/users/{person}/placement"))
        .await
        .expect(200)["placement"]
        .clone();
    assert_eq!(
        (&placement["vendor"], &placement["rule"]),
        (&vendor["id"], &json!("last_group_wins"))
    );

    let access = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(
        (&access["verdict"], &access["until"]),
        (&json!("refused"), &Value::Null)
    );
    assert_eq!(
        access["chain"][0],
        json!({"check": "not_blocked", "holds": true, "detail": access["chain"][0]["detail"], "event": null})
    );
    let flips: Vec<&Value> = access["flip"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flip| &flip["change"])
        .collect();
    assert!(flips.contains(&&json!("enable_vendor")), "{access}");

    assert_eq!(
        world
            .patch(&path, json!({"status": "enabled"}))
            .await
            .problem(400)["field"],
        "status"
    );
    let tied = world
        .post("/access-groups", json!({"name": "Plant"}))
        .await
        .expect(201);
    let body = json!({
        "access_group": tied["id"], "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z",
        "status": "enabled", "contract_number": "C-1", "document_id": "D-1", "link_delivery": "yes",
    });
    let enabled = world.patch(&path, body.clone()).await.expect(200);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&enabled[field], value, "{field}");
    }
    let details = world.get(&path).await.expect(200);
    assert_eq!(
        (&details["people"], &details["access_group_name"]),
        (&json!(1), &json!("Plant"))
    );
    let now = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(
        (&now["verdict"], &now["until"]),
        (&json!("allowed"), &json!("2028-01-01T00:00:00Z"))
    );
    let later = world
        .get(&format!(
            "/users/{person}/access?at=2029-01-01T00:00:00%2B01:00"
        ))
        .await
        .expect(200);
    assert_eq!(
        (&later["verdict"], &later["at"]),
        (&json!("refused"), &json!("2028-12-31T23:00:00Z"))
    );
    assert_eq!(later["flip"][0]["change"], "extend_end");
    assert_eq!(later["flip"][0]["vendor"], vendor["id"]);
    let in_use = format!("/access-groups/{}", tied["id"].as_str().unwrap());
    world.delete(&in_use).await.problem(409);

    let block = world
        .post(
            &format!("/users/{person}/blocks"),
            json!({"reason": "lost laptop"}),
        )
        .await
        .expect(201);
    let blocked = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(blocked["verdict"], "refused");
    assert_eq!(blocked["flip"][0]["block"], block["id"]);
    assert_eq!(
        world.get("/blocks").await.expect(200)["items"],
        json!([block])
    );
    let details = world.get(&format!("/users/{person}")).await.expect(200);
    assert_eq!(details["blocks"][0]["reason"], "lost laptop");
    assert_eq!(
        details["groups"][0],
        json!({"id": group, "name": "Acme", "direct": true})
    );
    assert_eq!(details["resource"]["userName"], "Ann");
    world
        .delete(&format!("/blocks/{}", block["id"].as_str().unwrap()))
        .await
        .expect(204);
    let lifted = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(lifted["verdict"], "allowed");
    world.seconds.fetch_add(400 * 24 * 3600, Ordering::SeqCst);
    // The pasted token has ended by then, but so has the contract.
    let ended = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(ended["verdict"], "refused");
}

#[actix_web::test]
async fn a_closed_vendor_is_reattached() {
    let world = World::new().await;
    let (_, token) = world.provider("third_party").await;
    let person = push_person(&world, &token).await;
    let group = push_group(&world, &token, &person).await;
    let old = world.get("/vendors").await.expect(200)["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .post(&format!("/vendors/{old}/reattach"), json!({"group": group}))
        .await
        .problem(409);
    let deleted = world
        .scim("DELETE", &format!("/Groups/{group}"), &token, Value::Null)
        .await;
    assert_eq!(deleted.status, 204);
    let again = push_group(&world, &token, &person).await;
    let attached = world
        .post(&format!("/vendors/{old}/reattach"), json!({"group": again}))
        .await
        .expect(200);
    assert_eq!(
        (&attached["id"], &attached["group"]),
        (&json!(old), &json!(again))
    );
    let placement = world
        .get(&format!("/users/{person}/placement"))
        .await
        .expect(200);
    assert_eq!(placement["placement"]["vendor"], old);
}

#[actix_web::test]
async fn staff_get_in_through_a_group_that_is_tied() {
    let world = World::new().await;
    let (provider, token) = world.provider("internal").await;
    let person = push_person(&world, &token).await;
    let group = push_group(&world, &token, &person).await;
    let listed = world
        .get(&format!("/groups?provider={provider}"))
        .await
        .expect(200);
    assert_eq!(listed["items"][0]["id"], group);
    assert_eq!(
        world.get(&format!("/groups/{group}")).await.expect(200),
        listed["items"][0]
    );
    let found = world
        .get(&format!("/users?provider={provider}&user_name=ANN"))
        .await
        .expect(200);
    assert_eq!(
        (&found["items"][0]["id"], &found["items"][0]["email"]),
        (&json!(person), &json!("ann@acme.example"))
    );

    let tied = world
        .post("/access-groups", json!({"name": "Office"}))
        .await
        .expect(201);
    let body = json!({"access_group": tied["id"], "link_delivery": "no"});
    let changed = world
        .patch(&format!("/groups/{group}"), body)
        .await
        .expect(200);
    assert_eq!(
        (&changed["access_group"], &changed["enabled"]),
        (&tied["id"], &json!(true))
    );
    let access = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(access["verdict"], "allowed", "{access}");
    world
        .patch(&format!("/groups/{group}"), json!({"enabled": false}))
        .await
        .expect(200);
    let access = world
        .get(&format!("/users/{person}/access"))
        .await
        .expect(200);
    assert_eq!(
        access["flip"][0]["change"], "enable_internal_group",
        "{access}"
    );
    assert_eq!(access["flip"][0]["group"], group);
    let untied = world
        .patch(&format!("/groups/{group}"), json!({"access_group": null}))
        .await
        .expect(200);
    assert_eq!(untied["access_group"], Value::Null);
}
