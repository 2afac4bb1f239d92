//! Access requests and the votes on them.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Row, Told, micros, object};

#[derive(Debug, Default)]
pub(super) struct Requests {
    pub(super) rows: BTreeMap<String, Row>,
    pub(super) votes: BTreeMap<String, Row>,
    /// The internal groups of those that wait.
    pub(super) groups: BTreeMap<String, Row>,
}

impl Requests {
    pub(super) fn apply(&mut self, event: &Told) {
        let Some(word) = event.action.strip_prefix("access_request.") else {
            return;
        };
        if word == "made" {
            self.made(event);
            return;
        }
        let row = self.rows.get_mut(&event.subject).unwrap();
        let version = row["version"].as_i64().unwrap();
        match word {
            "approved" | "disapproved" => {
                row.insert("version".to_owned(), (version + 1).into());
                self.voted(event);
            }
            // Follows from the last vote, which has counted already.
            "granted" | "cancelled" => {
                assert_eq!(event.before["state"], row["state"]);
                row.insert("state".to_owned(), event.after["state"].clone());
                row.insert("decided".to_owned(), event.at.into());
                row.insert("link_id".to_owned(), event.after["link"].clone());
            }
            "withdrawn" => {
                assert_eq!(event.before["state"], row["state"]);
                row.insert("version".to_owned(), (version + 1).into());
                row.insert("state".to_owned(), event.after["state"].clone());
                row.insert("decided".to_owned(), event.at.into());
            }
            "expired" => {
                row.insert("version".to_owned(), (version + 1).into());
                row.insert("state".to_owned(), word.into());
                row.insert("decided".to_owned(), event.at.into());
            }
            other => panic!("{other} is nothing that happens to an access request"),
        }
        if self.rows[&event.subject]["state"] != "pending" {
            self.groups
                .retain(|_, row| row["request_id"] != event.subject);
        }
    }

    fn made(&mut self, event: &Told) {
        let made = &event.after;
        let row = json!({
            "id": event.subject, "user_id": made["user"], "provider_id": made["provider"],
            "user_name": made["user_name"], "vendor_id": made["vendor"],
            "access_group_id": made["access_group"],
            "requester_id": made["requester"]["administrator"],
            "requester_name": made["requester"]["name"], "asked": made["asked"],
            "state": made["state"], "created": micros(&made["created"]),
            "expires": micros(&made["expires"]), "decided": micros(&made["decided"]),
            "link_id": made["link"], "version": made["version"],
        });
        self.rows.insert(event.subject.clone(), object(row));
        for group in made["internal_groups"].as_array().unwrap() {
            let of_request = format!("{} {}", event.subject, group.as_str().unwrap());
            let row = json!({"request_id": event.subject, "group_id": group});
            self.groups.insert(of_request, object(row));
        }
    }

    fn voted(&mut self, event: &Told) {
        let vote = &event.after;
        // The command line has no id.
        let voice = vote["by"]["administrator"].as_str().unwrap_or_default();
        let row = json!({
            "request_id": event.subject, "voice": voice, "name": vote["by"]["name"],
            "approves": i64::from(vote["approves"].as_bool().unwrap()), "level": vote["level"],
            "comment": event.why, "at": event.at, "event_id": event.id,
        });
        let of_request = format!("{} {voice}", event.subject);
        self.votes.insert(of_request, object(row));
    }
}
