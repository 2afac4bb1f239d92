//! A product that speaks SCIM.

use serde_json::Value;
use vestibule_scim::Dialect;
use vestibule_testkit::{Reply, TestApp, internal};

/// A provider and its token.
pub(crate) struct Client<'a> {
    pub(crate) app: &'a TestApp,
    pub(crate) token: String,
}

impl<'a> Client<'a> {
    pub(crate) fn new(app: &'a TestApp, name: &str) -> Self {
        Self::speaking(app, name, Dialect::Tolerant)
    }

    pub(crate) fn speaking(app: &'a TestApp, name: &str, dialect: Dialect) -> Self {
        let mut settings = internal(name);
        settings.dialect = dialect;
        Self {
            app,
            token: app.register(settings).token,
        }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/scim/v2{path}");
        self.app.send(method, &path, Some(&self.token), body)
    }
}
