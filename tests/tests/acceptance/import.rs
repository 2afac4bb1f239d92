//! Vendors' people whom no product pushes are imported from a table, row by row, and nobody who is there
//! is changed.

mod addresses;
mod stopped;
mod workbooks;

use std::io::{Read, Seek};

use serde_json::{Value, json};
use vestibule_domain::ProviderId;
use vestibule_service::import::{ImportReport, Target};
use vestibule_service::{Error, Role};
use vestibule_testkit::{Engine, Reply, TestApp, both_engines, internal, third_party};

fn post(app: &TestApp, token: &str, query: &str, table: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "text/csv"),
    ];
    app.send_raw(
        "POST",
        &format!("/api/v1/imports/people?{query}"),
        &headers,
        table,
    )
}

fn get(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.send("GET", &format!("/api/v1{path}"), Some(token), None);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

fn count_events(app: &TestApp, token: &str) -> usize {
    let events = get(app, token, "/events?limit=1000");
    events["items"].as_array().unwrap().len()
}

/// What is told of imports, oldest first.
fn imports(app: &TestApp, token: &str) -> Vec<Value> {
    let of = |action: &str| {
        let events = get(app, token, &format!("/events?sort=at&action={action}"));
        events["items"].as_array().unwrap().clone()
    };
    [of("import.begun"), of("import.ended")].concat()
}

/// Line, outcome and whether there is a detail of each row.
fn rows(report: &Value) -> Vec<(u64, &str, bool)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let outcome = row["outcome"].as_str().unwrap();
        (
            row["line"].as_u64().unwrap(),
            outcome,
            row["detail"].is_string(),
        )
    })
    .collect()
}

fn imported(
    app: &TestApp,
    provider: ProviderId,
    file: &mut (impl Read + Seek),
) -> Result<ImportReport, Error> {
    let target = Target::Provider(provider);
    app.service
        .import_people(&app.admin(), target, false, file, |_, _| {})
}

const TABLE: &str = "\
User name,E-Mail,given_name,Vendor
ada,ada@acme.example,Ada,Acme
@ida,ida@acme.example,+1,ACME
mal,mal@acme.example,\"=HYPERLINK(\"\"http://evil.example\"\")\",Acme
grace,grace@beta.example,Grace,Beta
ADA,other@acme.example,,Acme
eve,\"eve@evil.example\r\nBcc: all@acme.example\",,Acme
ida,taken@acme.example,,Acme
,nobody@acme.example,,Acme

joan,joan@acme.example,Joan,
max,Ada@ACME.example,,Acme
";

#[test]
fn rows_are_tried_then_imported_and_nobody_is_changed() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors"));
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "somebody", "emails": [{"value": "taken@acme.example", "primary": true}],
        });
        let pushed = app.send("POST", "/scim/v2/Users", Some(&provider.token), Some(&user));
        assert_eq!(pushed.status, 201, "{}", pushed.text);
        let olga = app.admin_token("olga", Role::Operator);
        let before = count_events(app, &olga);
        let dry = post(
            app,
            &olga,
            &format!("provider={}&dry_run=true", provider.id),
            TABLE,
        );
        assert_eq!(dry.status, 200, "{}", dry.text);
        let dry = dry.json();
        let expected = [
            (2, "created", false),
            (3, "created", false),
            (4, "refused", true),
            (5, "created", false),
            (6, "refused", true),
            (7, "refused", true),
            (9, "refused", true),
            (10, "refused", true),
            (12, "refused", true),
            (13, "refused", true),
        ];
        assert_eq!(rows(&dry), expected, "{dry:#}");
        assert_eq!(
            (count_events(app, &olga), &dry["dry_run"]),
            (before, &json!(true))
        );
        assert!(
            dry["rows"]
                .as_array()
                .unwrap()
                .iter()
                .all(|row| row["user"].is_null())
        );
        let details = dry["rows"].to_string();
        for told in [
            "given_name: must not be a formula",
            "user_name: stands in line 2 already",
            "email: stands in line 2 already",
            "must not hold line breaks",
            "already in use",
            "user_name: must not be empty",
            "vendor: must not be empty",
        ] {
            assert!(details.contains(told), "{told} is not in {details}");
        }

        let done = post(app, &olga, &format!("provider={}", provider.id), TABLE).json();
        assert_eq!(rows(&done), expected);
        assert_eq!((&done["created"], &done["refused"]), (&json!(3), &json!(7)));
        let vendors = get(app, &olga, "/vendors?sort=name");
        let names: Vec<(&Value, &Value)> = vendors["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|vendor| (&vendor["name"], &vendor["status"]))
            .collect();
        let pending = json!("pending");
        assert_eq!(
            names,
            [(&json!("Acme"), &pending), (&json!("Beta"), &pending)]
        );
        let ada = done["rows"][0]["user"].as_str().unwrap().to_owned();
        let placed = get(app, &olga, &format!("/users/{ada}/placement"));
        assert_eq!(placed["placement"]["vendor"], vendors["items"][0]["id"]);
        // Who did it was the administrator.
        let made = get(
            app,
            &olga,
            &format!("/events?subject={ada}&action=user.created"),
        );
        assert_eq!(made["items"][0]["actor"]["kind"], "administrator", "{made}");
        let export = app.send("GET", "/api/v1/users?format=csv", Some(&olga), None);
        assert!(export.text.contains("\"'@ida\""), "{}", export.text);

        import_is_told_of(app, &olga, provider.id, &made["items"][0]);
        import_again(app, &olga, provider.id, &ada);
        import_into_one_vendor(app, &olga, vendors["items"][1]["id"].as_str().unwrap());
    });
}

/// Once, in the request that `row` came in by; trying tells nothing.
fn import_is_told_of(app: &TestApp, olga: &str, provider: ProviderId, row: &Value) {
    let told = imports(app, olga);
    let [begun, ended] = told.as_slice() else {
        panic!("one import, and none for trying: {told:?}");
    };
    assert_eq!(
        begun["payload"]["after"],
        json!({"rows": 10, "vendor": null})
    );
    assert_eq!(
        ended["payload"]["after"],
        json!({"created": 3, "existing": 0, "refused": 7})
    );
    assert_eq!(ended["cause"], begun["id"]);
    for event in [begun, ended] {
        assert_eq!(event["subject"]["id"], json!(provider), "{event}");
        assert_eq!(event["actor"]["kind"], "administrator");
        // Who came in by it is found by its request.
        assert_eq!(event["request_id"], row["request_id"]);
    }
}

/// Once more, with another address and vendor for ada: she is there, and stays as she is.
fn import_again(app: &TestApp, olga: &str, provider: ProviderId, ada: &str) {
    let before = count_events(app, olga);
    let again = TABLE.replace(
        "ada,ada@acme.example,Ada,Acme",
        "ada,new@acme.example,Augusta,Beta",
    );
    let again = post(app, olga, &format!("provider={provider}"), &again).json();
    assert_eq!(
        (&again["created"], &again["existing"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(
        again["rows"][0]["detail"],
        "differs in email, given_name, vendor; was not changed"
    );
    assert_eq!(again["rows"][0]["user"], json!(ada));
    assert_eq!(
        (
            count_events(app, olga),
            again["rows"][3]["detail"].is_null()
        ),
        (before + 2, true),
        "that it was imported is all that happened"
    );
}

fn import_into_one_vendor(app: &TestApp, olga: &str, vendor: &str) {
    let one = post(
        app,
        olga,
        &format!("vendor={vendor}"),
        "userName;email\njoan;joan@x.example\n",
    );
    assert_eq!(one.json()["created"], json!(1), "{}", one.text);
    let people = get(app, olga, &format!("/vendors/{vendor}/people"));
    assert_eq!(people["items"].as_array().unwrap().len(), 2);
}

#[test]
fn a_table_that_is_wrong_as_a_whole_is_refused_precisely() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let provider = app.register(third_party("Small vendors")).id;
    let staff = app.register(internal("Entra")).id;
    let olga = app.admin_token("olga", Role::Operator);
    let query = format!("provider={provider}");
    for (table, told) in [
        (
            "user_name,shoe_size,vendor\n",
            "column 2 is called \\\"shoe_size\\\"",
        ),
        (
            "user_name,vendor,UserName\n",
            "column 3: user_name stands there twice",
        ),
        ("email,vendor\n", "the column user_name is missing"),
        ("user_name\nada\n", "the column vendor is missing"),
        ("user_name,vendor\nada,Acme,x\n", "line 2 has more cells"),
        ("\n\n", "the table is empty"),
        ("PK\u{3}\u{4}and nothing more", "cannot be read"),
    ] {
        let reply = post(&app, &olga, &query, table);
        assert_eq!(
            (reply.status, &reply.json()["field"]),
            (400, &json!("file")),
            "{table}"
        );
        assert!(reply.text.contains(told), "{told} is not in {}", reply.text);
    }
    let table = "user_name,vendor\nada,Acme\n";
    let auditor = app.admin_token("max", Role::Auditor);
    assert_eq!(post(&app, &auditor, &query, table).status, 403);
    assert_eq!(post(&app, "vap_nobody", &query, table).status, 401);
    assert_eq!(post(&app, &olga, "dry_run=true", table).status, 400);
    let refused = post(&app, &olga, &format!("provider={staff}"), table);
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(
        post(&app, &olga, &query, &"x".repeat((8 << 20) + 1)).status,
        413
    );
    assert!(
        get(&app, &olga, "/users")["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

fn sixty() -> String {
    let row = |number| format!("person{number},person{number}@acme.example,Acme\n");
    let rows: String = (0..60).map(row).collect();
    format!("user_name,email,vendor\n{rows}")
}

#[test]
fn progress_is_told_step_by_step() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors")).id;
        let olga = app.admin_token("olga", Role::Operator);
        let query = format!("provider={provider}&progress=true");
        for dry_run in [true, false] {
            let query = format!("{query}&dry_run={dry_run}");
            let reply = post(app, &olga, &query, &sixty());
            assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
            let steps: Vec<Value> = reply
                .text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let done: Vec<(u64, usize)> = steps
                .iter()
                .map(|step| {
                    assert_eq!(
                        (&step["total"], &step["dry_run"]),
                        (&json!(60), &json!(dry_run))
                    );
                    let rows = step["rows"].as_array().unwrap();
                    assert!(rows.iter().all(|row| row["outcome"] == "created"), "{step}");
                    (step["done"].as_u64().unwrap(), rows.len())
                })
                .collect();
            assert_eq!(done, [(25, 25), (50, 25), (60, 10)]);
        }
        let told = imports(app, &olga);
        assert_eq!(told.len(), 2, "{told:?}");
        let counts = json!({"created": 60, "existing": 0, "refused": 0});
        assert_eq!(told[1]["payload"]["after"], counts);
        // What is wrong with the whole is told before anything is sent.
        let wrong = post(app, &olga, &query, "shoe_size\n42\n");
        assert_eq!(wrong.status, 400, "{}", wrong.text);
    });
}

#[test]
fn lines_may_end_with_a_bare_carriage_return() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors"));
        let olga = app.admin_token("olga", Role::Operator);
        let query = format!("provider={}&dry_run=true", provider.id);
        // The comma in a row decides on nothing: the first line is the one with the columns.
        for (lines, more) in [("\r", 0), ("\r\n", 0), ("\n", 0), ("\r", 2)] {
            let table = [
                "user_name;display_name;vendor",
                "ada;\"Lovelace, Ada\";Acme",
                "",
                "grace;\"two\rlines\";Acme",
                "mal;=1+1;Acme",
                "",
            ];
            let table = lines.repeat(more) + &table.join(lines);
            let dry = post(app, &olga, &query, &table);
            assert_eq!(dry.status, 200, "{}", dry.text);
            let more = u64::try_from(more).unwrap();
            let expected = [
                (2 + more, "created", false),
                (4 + more, "refused", true),
                (6 + more, "refused", true),
            ];
            assert_eq!(rows(&dry.json()), expected, "{lines:?} {}", dry.text);
        }
        let wrong = post(app, &olga, &query, "user_name,vendor\rada,Acme\ra,b,c\r");
        assert!(
            wrong.text.contains("line 3 has more cells"),
            "{}",
            wrong.text
        );
    });
}
