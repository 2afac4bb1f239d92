//! Providers, credentials and administrators. What is secret by nature is in no event and not rebuilt:
//! the digests of secrets and tokens, the sealed half of a signing key, the hash of a password, and the
//! key and the last step of a second factor. Nor are the tokens that a provider fetched: nearly every one
//! ends by time alone, and of those that give way to newer ones nothing is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule_scim::fold::fold;

use super::{Row, Told, merged, micros, object, touched};

#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) providers: BTreeMap<String, Row>,
    pub(super) secrets: BTreeMap<String, Row>,
    /// Activation tokens.
    pub(super) tokens: BTreeMap<String, Row>,
    pub(super) keys: BTreeMap<String, Row>,
    pub(super) administrators: BTreeMap<String, Row>,
    pub(super) admin_tokens: BTreeMap<String, Row>,
    /// Activation tokens whose time is over.
    pub(super) expired: BTreeSet<String>,
}

impl Registry {
    pub(super) fn apply(&mut self, event: &Told) {
        let id = &event.subject;
        match event.action.as_str() {
            "provider.created" => self.registered(event),
            "provider.changed" => {
                let row = self.providers.get_mut(id).unwrap();
                let settings = merged(&row["settings"], event);
                row.insert("settings".to_owned(), Value::Object(settings));
                let default = "default_access_group";
                if event.before.get(default) != event.after.get(default) {
                    row.insert(format!("{default}_event"), event.id.clone().into());
                }
                derived(row);
                touched(row, event);
            }
            "provider.paused" | "provider.resumed" | "provider.disabled" | "provider.enabled" => {
                let row = self.providers.get_mut(id).unwrap();
                assert_eq!(event.before["state"], row["state"]);
                row.insert("state".to_owned(), event.after["state"].clone());
                touched(row, event);
                // When it is about to be deleted.
                self.revoked(&event.before);
            }
            "provider.deleted" => {
                self.providers.remove(id).unwrap();
                self.secrets.retain(|_, row| row["provider_id"] != *id);
                // Those that time had not ended did when the deletion began.
                self.tokens.retain(|token, row| {
                    let stays = row["provider_id"] != *id;
                    assert!(stays || self.expired.contains(token), "{token} did not end");
                    stays
                });
            }
            "secret.issued" => self.secret(event),
            "secret.revoked" => drop(self.secrets.remove(id).unwrap()),
            "activation_token.issued" => {
                let made = &event.after;
                let row = json!({
                    "id": id, "provider_id": event.provider, "name": made["name"],
                    "activation": i64::from(made["activation"].as_bool().unwrap()),
                    "scopes": made["scope"], "issued": event.at, "expires": micros(&made["expires"]),
                    "certificate": null,
                });
                self.tokens.insert(id.clone(), object(row));
            }
            "activation_token.revoked" => drop(self.tokens.remove(id).unwrap()),
            "activation_token.expired" => drop(self.expired.insert(id.clone())),
            "token.revoked" => {
                self.revoked(&event.before);
                if let Some(epoch) = micros(&event.before["issued_before"]).as_i64() {
                    let row = self.providers.get_mut(id).unwrap();
                    // An epoch never goes back.
                    let epoch = row["epoch"].as_i64().unwrap_or(epoch).max(epoch);
                    row.insert("epoch".to_owned(), epoch.into());
                }
            }
            "signing_key.made" => {
                let made = &event.after;
                let row = json!({
                    "id": id, "public": bytes(&made["public"]), "created": event.at,
                    "active_from": micros(&made["active_from"]),
                });
                self.keys.insert(id.clone(), object(row));
            }
            _ => self.administered(event),
        }
    }

    fn registered(&mut self, event: &Told) {
        let mut settings = event.after.as_object().unwrap().clone();
        let (client_id, state) = (settings.remove("client_id"), settings.remove("state"));
        let mut row = object(json!({
            "id": event.subject, "client_id": client_id, "state": state, "settings": settings,
            "created": event.at, "modified": event.at, "version": 0, "epoch": null,
            "default_access_group_event": event.id,
        }));
        derived(&mut row);
        touched(&mut row, event);
        self.providers.insert(event.subject.clone(), row);
    }

    fn secret(&mut self, event: &Told) {
        let made = &event.after;
        let row = json!({
            "id": event.subject, "provider_id": event.provider, "created": event.at,
            "expires": micros(&made["expires"]),
        });
        self.secrets.insert(event.subject.clone(), object(row));
        let previous = made.get("previous").filter(|previous| previous.is_object());
        if let Some(previous) = previous {
            let row = self.secrets.get_mut(previous["id"].as_str().unwrap());
            let row = row.unwrap();
            let expires = |part: &str| micros(&previous[part]["expires"]);
            assert_eq!(expires("before"), row["expires"]);
            row.insert("expires".to_owned(), expires("after"));
        }
        let forgotten = event.before.get("forgotten").and_then(Value::as_array);
        for secret in forgotten.into_iter().flatten() {
            self.secrets.remove(secret["id"].as_str().unwrap()).unwrap();
        }
    }

    /// All at once.
    fn revoked(&mut self, before: &Value) {
        let tokens = before.get("activation_tokens").and_then(Value::as_array);
        for token in tokens.into_iter().flatten() {
            self.tokens.remove(token["id"].as_str().unwrap()).unwrap();
        }
    }

    fn administered(&mut self, event: &Told) {
        let (id, after) = (&event.subject, &event.after);
        match event.action.as_str() {
            "administrator.created" => {
                let row = object(json!({ "id": id, "created": event.at }));
                self.administrators.insert(id.clone(), row);
                administrator(self.administrators.get_mut(id).unwrap(), after);
            }
            "administrator.changed" => {
                administrator(self.administrators.get_mut(id).unwrap(), after);
            }
            "administrator.deleted" => {
                self.administrators.remove(id).unwrap();
                self.admin_tokens
                    .retain(|_, row| row["administrator_id"] != *id);
            }
            "admin_token.issued" => {
                let row = json!({
                    "id": id, "administrator_id": after["administrator"], "name": after["name"],
                    "created": event.at, "expires": micros(&after["expires"]),
                });
                self.admin_tokens.insert(id.clone(), object(row));
            }
            "admin_token.revoked" => drop(self.admin_tokens.remove(id).unwrap()),
            _ => {}
        }
    }
}

/// The columns that repeat a setting.
fn derived(row: &mut Row) {
    let settings = row["settings"].clone();
    let name = settings["name"].as_str().unwrap();
    row.insert("name_key".to_owned(), fold(name).into());
    row.insert("user_type".to_owned(), settings["user_type"].clone());
    row.insert("valid_until".to_owned(), micros(&settings["valid_until"]));
}

/// A change of a password tells nothing of these.
fn administrator(row: &mut Row, after: &Value) {
    if let Some(name) = after["name"].as_str() {
        row.insert("name".to_owned(), name.into());
        row.insert("name_key".to_owned(), fold(name).into());
        row.insert("role".to_owned(), after["role"].clone());
        let enabled = after["enabled"].as_bool().unwrap();
        row.insert("enabled".to_owned(), i64::from(enabled).into());
    }
}

/// As the test's database spells them.
fn bytes(text: &Value) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
    bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
