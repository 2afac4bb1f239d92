//! Two worlds: in one a provider is alone, in the other two more push beside it, names and ids of its people
//! among what they send. It asks the same in both; the ids that it names of others are in the first nobody's.

use std::collections::HashMap;

use chrono::Duration;
use regex::Regex;
use serde_json::{Value, json};
use vestibule_testkit::{Engine, Setup, TestApp, TestProvider, internal, third_party};

use super::{BULK, ENTERPRISE, GROUP, NOBODY, PATCH, SEARCH, USER};
use crate::history::Dice;

/// Requests of the one that asks in both worlds.
const STEPS: usize = 200;

/// A request, with `<own 3>` where the sender's fourth resource is meant and `<other 3>` for somebody else's.
struct Request {
    method: &'static str,
    path: String,
    body: Value,
}

/// A provider in a world.
struct Sender {
    provider: TestProvider,
    /// Ids of what it made, in the order it did.
    own: Vec<String>,
    /// The number that an id has in what is compared.
    numbers: HashMap<String, usize>,
}

impl Sender {
    fn new(provider: TestProvider) -> Self {
        Self {
            provider,
            own: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// What it is answered. A made resource is its own from now on.
    fn send(
        &mut self,
        app: &TestApp,
        request: &Request,
        others: &[String],
    ) -> (u16, String, Value) {
        let filled = |text: &str| {
            let mut text = text.to_owned();
            for (index, id) in self.own.iter().enumerate() {
                text = text.replace(&format!("<own {index}>"), id);
            }
            for index in 0..9 {
                let id = others.get(index).map_or(NOBODY, String::as_str);
                text = text.replace(&format!("<other {index}>"), id);
            }
            text
        };
        let bearer = format!("Bearer {}", self.provider.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        let mut body = String::new();
        if !request.body.is_null() {
            headers.push(("Content-Type", "application/scim+json"));
            body = filled(&request.body.to_string());
        }
        let path = format!("/scim/v2{}", filled(&request.path).replace(' ', "%20"));
        let reply = app.send_raw(request.method, &path.replace('"', "%22"), &headers, &body);
        assert!(reply.status < 500, "{path} {body}: {}", reply.text);
        let read = reply.json();
        if reply.status == 201 {
            self.own.push(read["id"].as_str().unwrap().to_owned());
        }
        let mut lines: Vec<String> = reply
            .headers
            .iter()
            .filter(|(name, _)| {
                !["date", "x-request-id", "content-length"].contains(&name.as_str())
            })
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        lines.sort();
        let said = format!("{}\n{}\n{}", reply.status, lines.join("\n"), reply.text);
        (reply.status, self.shown(app, &said), read)
    }

    /// Ids by the order in which they were first met; cursors not at all, as their pages are compared.
    fn shown(&mut self, app: &TestApp, text: &str) -> String {
        let cursor = Regex::new(r#"(next|previous)Cursor":"[^"]*""#).unwrap();
        // An entity tag names the groups of its person by a digest, which differs as their ids do.
        let id = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\.[0-9a-f]{8}\b";
        let id = Regex::new(id).unwrap();
        let text = text.replace(&app.url(), "URL");
        let text = cursor.replace_all(&text, r#"${1}Cursor":""#);
        let text = id.replace_all(&text, |found: &regex::Captures<'_>| {
            let next = self.numbers.len();
            let number = self.numbers.entry(found[0].to_owned()).or_insert(next);
            format!("<id {number}>")
        });
        text.into_owned()
    }
}

/// Makes up requests.
struct Chance {
    dice: Dice,
    /// Where its addresses are: the one thing that providers share is whose an address is (DOMAIN, rule 6).
    domain: &'static str,
}

impl Chance {
    /// Mostly one's own, else another's.
    fn id(&mut self, own: usize) -> String {
        if own > 0 && self.dice.roll(4) > 0 {
            format!("<own {}>", self.dice.roll(own))
        } else {
            format!("<other {}>", self.dice.roll(9))
        }
    }

    fn user(&mut self, own: usize) -> Value {
        let number = self.dice.roll(20);
        json!({
            "schemas": [USER, ENTERPRISE],
            "userName": format!("User{}", self.dice.roll(20)),
            "externalId": self.id(own),
            "displayName": format!("Person {number}"),
            "active": self.dice.yes(),
            "emails": [{"value": format!("mail{number}@{}", self.domain)}],
            ENTERPRISE: {"manager": {"value": self.id(own)}},
        })
    }

    fn group(&mut self, own: usize) -> Value {
        let members: Vec<Value> = (0..self.dice.roll(3))
            .map(|_| json!({"value": self.id(own)}))
            .collect();
        json!({"schemas": [GROUP], "displayName": format!("Group{}", self.dice.roll(8)),
            "externalId": self.id(own), "members": members})
    }

    fn filter(&mut self, own: usize) -> String {
        let number = self.dice.roll(20);
        let id = self.id(own);
        match self.dice.roll(9) {
            0 => format!("userName eq \"user{number}\""),
            1 => "userName sw \"user1\"".to_owned(),
            2 => format!("externalId eq \"{id}\""),
            3 => format!("id eq \"{id}\""),
            4 => format!("groups.value eq \"{id}\""),
            5 => format!("emails.value sw \"mail{number}@\""),
            6 => format!("{ENTERPRISE}:manager.value eq \"{id}\""),
            7 => "active eq true".to_owned(),
            _ => format!("not (displayName co \"{number}\")"),
        }
    }

    fn request(&mut self, own: usize) -> Request {
        let id = self.id(own);
        let endpoint = *self.dice.one(&["Users", "Groups"]).unwrap();
        let resource = if endpoint == "Users" {
            self.user(own)
        } else {
            self.group(own)
        };
        let at = |id: &str| format!("/{endpoint}/{id}");
        let send = |method, path: String, body| Request { method, path, body };
        match self.dice.roll(12) {
            0..=2 => send("POST", format!("/{endpoint}"), resource),
            3 => send("PUT", at(&id), resource),
            4 => {
                let field = if endpoint == "Users" {
                    "userName"
                } else {
                    "members"
                };
                let value = resource[field].clone();
                let op = if self.dice.yes() { "add" } else { "replace" };
                let operation = json!({"op": op, "path": field, "value": value});
                send(
                    "PATCH",
                    at(&id),
                    json!({"schemas": [PATCH], "Operations": [operation]}),
                )
            }
            5 => {
                let path = format!("members[value eq \"{}\"]", self.id(own));
                let operation = json!({"op": "remove", "path": path});
                let body = json!({"schemas": [PATCH], "Operations": [operation]});
                send("PATCH", at(&id), body)
            }
            6 => send("DELETE", at(&id), Value::Null),
            7 => send("GET", at(&id), Value::Null),
            8 => {
                let operations = json!([
                    {"method": "PUT", "path": at(&id), "data": resource},
                    {"method": "DELETE", "path": at(&self.id(own))},
                ]);
                send(
                    "POST",
                    "/Bulk".to_owned(),
                    json!({"schemas": [BULK], "Operations": operations}),
                )
            }
            9 => {
                let body = json!({"schemas": [SEARCH], "filter": self.filter(own), "count": self.dice.roll(4)});
                send("POST", "/.search".to_owned(), body)
            }
            _ => {
                let (from, count) = (self.dice.roll(6), self.dice.roll(5));
                let order = *self.dice.one(&["ascending", "descending"]).unwrap();
                let mut path =
                    format!("/{endpoint}?startIndex={from}&count={count}&sortOrder={order}");
                if self.dice.yes() {
                    path += "&sortBy=displayName";
                }
                if self.dice.yes() && endpoint == "Users" {
                    path = format!("{path}&filter={}", self.filter(own));
                }
                send("GET", path, Value::Null)
            }
        }
    }
}

/// R-ISO-1, R-ISO-3: whatever a provider asks (resources, lists, their totals, filters, orders, cursors, versions,
/// bulk), it is answered the same whether others push beside it or not, and whether an id that it names is
/// somebody's or nobody's.
#[test]
fn r_iso_1_a_provider_is_answered_as_if_it_were_alone() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        // The worlds share no ids, so that what is somebody's in the one is nobody's in the other.
        let seeded = |seed| {
            TestApp::start_with(
                engine,
                Setup {
                    seed,
                    ..Setup::default()
                },
            )
        };
        let (Some(alone), Some(shared)) = (seeded(1), seeded(2)) else {
            continue;
        };
        let register = |app: &TestApp| {
            [internal("Asks"), internal("North"), third_party("South")]
                .map(|settings| Sender::new(app.register(settings)))
        };
        let ([mut one, ..], [mut same, mut north, mut south]) =
            (register(&alone), register(&shared));
        let mut asks = Chance {
            dice: Dice(0x150_1a7e),
            domain: "asks.example",
        };
        let mut beside = Chance {
            dice: Dice(0x5eed_0f07),
            domain: "others.example",
        };
        let mut statuses: HashMap<u16, usize> = HashMap::new();
        let mut disturb = |others: &[String]| -> Vec<String> {
            for sender in [&mut north, &mut south] {
                for _ in 0..2 {
                    let request = beside.request(sender.own.len());
                    let (status, ..) = sender.send(&shared, &request, others);
                    *statuses.entry(status).or_default() += 1;
                }
            }
            // The newest are least likely to be gone.
            let newest = north
                .own
                .iter()
                .rev()
                .take(5)
                .chain(south.own.iter().rev().take(4));
            newest.cloned().collect()
        };
        let mut answered: HashMap<u16, usize> = HashMap::new();
        let mut others = Vec::new();
        for step in 0..STEPS {
            for app in [&alone, &shared] {
                // What is made at one instant has no order that both worlds have.
                app.clock.advance(Duration::seconds(1));
            }
            others = disturb(&same.own.iter().rev().take(9).cloned().collect::<Vec<_>>());
            let request = asks.request(one.own.len());
            let (status, expected, _) = one.send(&alone, &request, &others);
            let (_, told, _) = same.send(&shared, &request, &others);
            let Request { method, path, body } = &request;
            assert_eq!(told, expected, "{step}: {method} {path} {body}");
            *answered.entry(status).or_default() += 1;
        }
        let mut pages = 0;
        for list in [
            "/Users?count=3",
            "/Groups?count=2&sortBy=displayName",
            "/?count=4",
        ] {
            let mut cursors = Some((String::new(), String::new()));
            while let Some((left, right)) = cursors {
                others = disturb(&others);
                let at = |cursor: &str| Request {
                    method: "GET",
                    path: format!("{list}&cursor={cursor}"),
                    body: Value::Null,
                };
                let (_, expected, left) = one.send(&alone, &at(&left), &others);
                let (_, told, right) = same.send(&shared, &at(&right), &others);
                assert_eq!(told, expected, "{list}");
                let next = |page: &Value| page["nextCursor"].as_str().map(str::to_owned);
                cursors = next(&left).zip(next(&right));
                pages += 1;
            }
        }
        assert!(pages > 6, "{pages}");
        // It was asked for and refused in every way, and the others had something to leak.
        for status in [200, 201, 204, 400, 404, 409] {
            assert!(answered.contains_key(&status), "{answered:?}");
        }
        assert!(statuses[&201] > 50, "{statuses:?}");
    }
}
