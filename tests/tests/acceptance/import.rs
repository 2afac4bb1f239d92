//! Vendors' people whom no product pushes are imported from a table, row by row, and nobody who is there
//! is changed.

mod addresses;

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write as _};

use serde_json::{Value, json};
use vestibule_domain::ProviderId;
use vestibule_domain::import::RowOutcome;
use vestibule_service::import::{ImportReport, Target};
use vestibule_service::{Error, Precondition, Role};
use vestibule_testkit::{Engine, Reply, TestApp, both_engines, internal, third_party};
use zip::write::SimpleFileOptions;

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
fn what_stops_an_import_on_its_way_loses_no_report() {
    both_engines(stopped);
}

fn stopped(app: &TestApp) {
    let provider = app.register(third_party("Small vendors")).id;
    let call = app.admin();
    let mut file = Cursor::new(sixty());
    let target = Target::Provider(provider);
    let mut import = app
        .service
        .open_import(&call, target, false, &mut file)
        .unwrap();
    let first = app.service.import_step(&call, &mut import).unwrap();
    assert_eq!(first.len(), 25);
    app.service
        .delete_provider(&call, provider, Precondition::NONE)
        .unwrap();
    let rest = app.service.import_step(&call, &mut import).unwrap();
    assert_eq!((rest.len(), import.done()), (35, 60));
    for row in rest {
        assert_eq!(row.outcome, RowOutcome::Refused);
        assert!(row.detail.unwrap().starts_with("not tried"));
    }
    let told = imports(app, &app.admin_token("olga", Role::Auditor));
    let ended = &told[1];
    assert_eq!(
        ended["payload"]["after"],
        json!({"created": 25, "existing": 0, "refused": 35})
    );
    let why = ended["payload"]["why"].as_str().unwrap();
    assert!(why.starts_with("not tried"), "{why}");
    assert_eq!(ended["actor"]["kind"], "system");
    assert_eq!(ended["cause"], told[0]["id"]);
}

/// Two million rows that nobody keeps.
#[derive(Default)]
struct Endless {
    sent: u64,
    rest: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let text = match self.sent {
                0 => "user_name,vendor\n".to_owned(),
                1..=2_000_000 => format!("user{},Acme\n", self.sent),
                _ => return Ok(0),
            };
            self.sent += 1;
            self.rest = text.into_bytes();
        }
        let length = buffer.len().min(self.rest.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Ok(length)
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        *self = Self::default();
        Ok(0)
    }
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

#[test]
fn two_million_rows_are_refused_and_not_kept() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let provider = app.register(third_party("Small vendors")).id;
    let mut file = Endless::default();
    let refused = imported(&app, provider, &mut file).unwrap_err().to_string();
    assert!(refused.contains("more than 10000 people"), "{refused}");
    // No more than the largest file there may be is ever held.
    assert!(file.sent < 1_000_000, "{} rows were read", file.sent);
}

/// A workbook with one sheet.
fn workbook(sheet: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        (
            "xl/styles.xml",
            // Styles 1 to 4: a date, a time of day, both, hours beyond a day.
            r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/><xf numFmtId="22"/><xf numFmtId="46"/></cellXfs></styleSheet>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        archive
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
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

#[test]
fn dates_of_a_workbook_are_read_as_dates() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors"));
        let text = |place: &str, text: &str| {
            format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        let (names, vendor, external) = (
            text("A1", "user_name"),
            text("B1", "vendor"),
            text("C1", "external_id"),
        );
        let cells = [
            ("ada", 1, "45943", "2025-10-13"),
            ("bob", 2, "0.5", "12:00:00"),
            ("cyd", 3, "45943.541", "2025-10-13T12:59:02.400"),
            ("dan", 3, "45943.25", "2025-10-13T06:00:00"),
            ("eve", 4, "1.5", "PT129600S"),
            ("fay", 0, "45943", "45943"),
            ("gus", 1, "-1", "-1"),
        ];
        let mut rows = vec![format!(r#"<row r="1">{names}{vendor}{external}</row>"#)];
        for (row, (name, style, value, _)) in (2..).zip(cells) {
            let (name, vendor) = (
                text(&format!("A{row}"), name),
                text(&format!("B{row}"), "Acme"),
            );
            rows.push(format!(
                r#"<row r="{row}">{name}{vendor}<c r="C{row}" s="{style}"><v>{value}</v></c></row>"#
            ));
        }
        let rows = rows.concat();
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        let report = imported(app, provider.id, &mut Cursor::new(workbook(&sheet))).unwrap();
        assert_eq!(report.rows.len(), cells.len());
        let people = app.send("GET", "/scim/v2/Users", Some(&provider.token), None);
        let people = people.json()["Resources"].as_array().unwrap().clone();
        for (name, _, _, told) in cells {
            let person = people.iter().find(|person| person["userName"] == name);
            assert_eq!(person.unwrap()["externalId"], told, "{name}");
        }
    });
}

#[test]
fn a_workbook_is_imported_and_a_bomb_is_not() {
    both_engines(|app| {
        let provider = app.register(third_party("Small vendors")).id;
        let text = |place: &str, text: &str| {
            format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{}{}{}</row><row r="3">{}{}<c r="C3"><f>1+1</f><v>2</v></c></row><row r="4"><c r="A4"><v>4711</v></c>{}</row></sheetData></worksheet>"#,
            text("A1", "User Name"),
            text("B1", "vendor"),
            text("C1", "Display Name"),
            text("A3", "ada"),
            text("B3", "Acme"),
            text("B4", "Acme"),
        );
        let report = imported(app, provider, &mut Cursor::new(workbook(&sheet))).unwrap();
        let rows: Vec<(u64, &str)> = report
            .rows
            .iter()
            .map(|row| (row.line, row.user_name.as_str()))
            .collect();
        assert_eq!(rows, [(3, "ada"), (4, "4711")]);
        let formula = report.rows[0].detail.as_deref().unwrap();
        assert!(
            formula.starts_with("display_name: must not be a formula"),
            "{formula}"
        );
        assert_eq!(report.rows[1].outcome, RowOutcome::Created);
    });
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let provider = app.register(third_party("Small vendors")).id;
    let bomb = workbook(&" ".repeat(65 << 20));
    assert!(bomb.len() < 1 << 20);
    let refused = imported(&app, provider, &mut Cursor::new(bomb)).unwrap_err();
    assert!(
        refused.to_string().contains("more than 67108864 bytes"),
        "{refused}"
    );
}
