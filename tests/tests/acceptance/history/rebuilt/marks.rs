//! By what people are held after a panic button.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vestibule_domain::mail;
use vestibule_scim::fold::fold;

use super::{Row, object};

/// Every mark with whose it is, by both.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) rows: BTreeMap<String, Row>,
}

/// What somebody is known by.
pub(super) struct Known {
    user: String,
    /// Their id first.
    marks: Vec<String>,
    primary: Option<String>,
    written: Value,
}

impl Known {
    pub(super) fn of(person: &Row) -> Self {
        let text = |name: &str| person[name].as_str();
        let (user, provider) = (text("id").unwrap(), text("provider_id").unwrap());
        let name = text("user_name").unwrap();
        let document = &person["document"];
        let emails = document["emails"].as_array().into_iter().flatten();
        let emails: Vec<&str> = emails.filter_map(|email| email["value"].as_str()).collect();
        let external = document["externalId"].as_str();
        let addresses = emails.iter().copied();
        let addresses = addresses.chain(Some(name).filter(|name| name.contains('@')));
        let own = [
            format!("user:{user}"),
            format!("name:{provider}/{}", fold(name)),
        ];
        let marks = own
            .into_iter()
            .chain(addresses.map(address))
            .chain(external.map(|id| format!("external:{provider}/{id}")));
        Self {
            user: user.to_owned(),
            marks: marks.collect(),
            primary: text("email").map(address),
            written: json!([name, emails, text("email"), external]),
        }
    }
}

fn address(written: &str) -> String {
    format!("email:{}", mail::key(written))
}

impl Marks {
    /// That the panic button was pressed on somebody.
    pub(super) fn held(&mut self, person: &Known, at: i64) {
        for mark in &person.marks {
            self.put(mark, &person.user, at);
        }
    }

    /// Whoever is known by what holds somebody is held by all that they are known by.
    pub(super) fn arrived(&mut self, person: &Known) {
        if let Some(at) = self.latest(&person.marks) {
            self.held(person, at);
        }
    }

    /// What somebody is held by is their own once an administrator has given them a link.
    pub(super) fn kept(&mut self, person: &Known) {
        for mark in &person.marks {
            let there = self.rows.contains_key(&key(mark, &person.user));
            if let Some(at) = self.latest([mark]).filter(|_| !there) {
                self.put(mark, &person.user, at);
            }
        }
    }

    /// Whoever is held is held as they are known from now on. `given`: when an administrator last gave them
    /// a link.
    pub(super) fn changed(&mut self, before: &Known, after: &Known, given: Option<i64>, now: i64) {
        if before.written == after.written {
            return;
        }
        let mut gained: Vec<&String> = after.marks.iter().collect();
        gained.retain(|mark| !before.marks.contains(mark));
        if after.primary != before.primary {
            gained.extend(&after.primary);
        }
        let (own, foreign): (Vec<&String>, Vec<&String>) = gained
            .into_iter()
            .partition(|mark| self.rows.contains_key(&key(mark, &after.user)));
        let regained = self.latest(own).filter(|at| given <= Some(*at));
        let taken = self.latest(foreign).max(regained);
        if let Some(at) = self.latest(&before.marks[1..]).max(taken) {
            self.kept(before);
            self.held(after, at);
        }
        if taken.is_some() {
            self.put(&after.marks[0], &after.user, now);
        }
    }

    fn latest<'a>(&self, marks: impl IntoIterator<Item = &'a String>) -> Option<i64> {
        let marks: Vec<&String> = marks.into_iter().collect();
        let rows = self.rows.values();
        rows.filter(|row| marks.iter().any(|mark| row["mark"] == **mark))
            .map(|row| row["at"].as_i64().unwrap())
            .max()
    }

    fn put(&mut self, mark: &str, user: &str, at: i64) {
        let key = key(mark, user);
        let latest = self.rows.get(&key).map(|row| row["at"].as_i64().unwrap());
        let at = latest.map_or(at, |latest| latest.max(at));
        let row = json!({"mark": mark, "user_id": user, "at": at});
        self.rows.insert(key, object(row));
    }
}

fn key(mark: &str, user: &str) -> String {
    format!("{mark}\n{user}")
}
