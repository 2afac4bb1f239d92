//! The running application.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use serde_json::Value;
use vestibule_delivery::jwks::Keys;
use vestibule_delivery::openid::{OpenId, OpenIdSettings};
use vestibule_delivery::reach::Reach;
use vestibule_domain::network::TrustedProxies;
use vestibule_domain::provider::{ProviderSettings, ProviderState};
use vestibule_service::storage::Engine;
use vestibule_service::{AdminCall, Entropy, LinkSettings, Role, Service, Settings};
use vestibule_web::{Admission, BodyTime, Configured, Draining, Web, WebSettings, console};

use crate::http::{self, Reply};
use crate::{Database, TestClock, TestProvider};

/// A server on a free port of 127.0.0.1, over the real router, on a database of its own. It ends
/// when it is dropped.
#[derive(Debug)]
pub struct TestApp {
    /// What the server works with, to look behind it.
    pub service: Service,
    /// The service's clock; moved by hand.
    pub clock: TestClock,
    address: SocketAddr,
    server: Option<(ServerHandle, JoinHandle<()>)>,
    // Last, so that it goes after all who use it.
    database: Arc<Database>,
}

/// What a test may want other than usual.
#[derive(Debug, Clone)]
pub struct Setup {
    pub settings: Settings,
    pub trusted_proxies: TrustedProxies,
    /// Bytes of a JSON body.
    pub max_body: usize,
    /// How long a body may take to arrive.
    pub body_time: BodyTime,
    /// Requests of providers at once.
    pub places: usize,
    /// Where the service's randomness begins.
    pub seed: u64,
    /// What administrators read of the configuration.
    pub configured: Vec<Configured>,
    /// Where people are taken who entered by an access link.
    pub gateway_url: Option<String>,
    /// Who signs administrators in besides; where they come back to is filled in.
    pub openid: Option<OpenIdSettings>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            trusted_proxies: TrustedProxies::default(),
            max_body: 8 << 20,
            body_time: BodyTime::default(),
            places: 1_024,
            seed: 1,
            configured: Vec::new(),
            gateway_url: None,
            openid: None,
        }
    }
}

impl TestApp {
    /// Starts on an empty database; `None` where the engine is not at hand, see [`Database::new`].
    pub fn start(engine: Engine) -> Option<Self> {
        Self::start_with(engine, Setup::default())
    }

    /// Starts with other settings than usual.
    pub fn start_with(engine: Engine, setup: Setup) -> Option<Self> {
        let database = Arc::new(Database::new(engine)?);
        Some(Self::node(database, TestClock::default(), setup))
    }

    /// Starts another server over the same database, with the same clock, as a cluster has them.
    #[must_use]
    pub fn another_node(&self) -> Self {
        let setup = Setup {
            // Nodes share no randomness.
            seed: Setup::default().seed + 1,
            ..Setup::default()
        };
        Self::node(Arc::clone(&self.database), self.clock.clone(), setup)
    }

    fn node(database: Arc<Database>, clock: TestClock, setup: Setup) -> Self {
        let service = Service::new(
            database.open(),
            clock.clock(),
            Entropy::seeded(setup.seed),
            Settings {
                private_calls: true,
                links: LinkSettings {
                    gateway: setup.gateway_url.is_some(),
                    ..setup.settings.links
                },
                ..setup.settings
            },
        );
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("the machine has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let web = Web {
            admission: Admission::new(setup.places),
            // What a test serves it serves on this machine.
            keys: Keys::new(Reach::Private),
            mailer: None,
            draining: Draining::default(),
            openid: setup.openid.map(|openid| {
                let redirect = format!("http://{address}{}", console::OPENID_CALLBACK);
                OpenId::new(OpenIdSettings { redirect, ..openid }, Reach::Private)
            }),
            service: service.clone(),
            settings: WebSettings {
                public_url: format!("http://{address}"),
                trusted_proxies: setup.trusted_proxies,
                max_body: setup.max_body,
                body_time: setup.body_time,
                gateway_url: setup.gateway_url,
                certificates: false,
                configured: setup.configured,
            },
        };
        Self {
            service,
            clock,
            address,
            server: Some(serve(web, listener)),
            database,
        }
    }

    /// The database behind the server.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// `http://127.0.0.1:PORT`, also the public address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The caller that may do everything.
    pub fn admin(&self) -> AdminCall {
        AdminCall::command_line()
    }

    /// Registers a provider and issues a token for it.
    ///
    /// # Panics
    ///
    /// When the settings are refused.
    pub fn register(&self, settings: ProviderSettings) -> TestProvider {
        let admin = self.admin();
        let new = self
            .service
            .register_provider(&admin, settings, ProviderState::Active)
            .expect("a test registers what is allowed");
        let id = new.provider.provider.id;
        let token = self
            .service
            .issue_activation_token(&admin, id, "test", None, None)
            .expect("a new provider can have a token");
        TestProvider {
            id,
            client_id: new.provider.client_id,
            client_secret: new.client_secret.expose().to_owned(),
            token: token.access_token.expose().to_owned(),
        }
    }

    /// Creates an administrator of that role and issues a token of the admin API.
    ///
    /// # Panics
    ///
    /// When the name is taken.
    pub fn admin_token(&self, name: &str, role: Role) -> String {
        let admin = self.admin();
        self.service
            .create_administrator(&admin, name, role, "correct horse battery")
            .expect("a test gives every administrator a name of their own");
        let issued = self.service.issue_admin_token(&admin, name, "test", None);
        issued
            .expect("an administrator can have a token")
            .secret
            .expose()
            .to_owned()
    }

    /// Sends a request with a bearer token and a JSON body, both if given. The content type is
    /// `application/scim+json` below a SCIM mount.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Reply {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let json = if path.contains("/scim/") {
            "application/scim+json"
        } else {
            "application/json"
        };
        let mut headers = Vec::new();
        if let Some(bearer) = &bearer {
            headers.push(("Authorization", bearer.as_str()));
        }
        if body.is_some() {
            headers.push(("Content-Type", json));
        }
        self.send_raw(
            method,
            path,
            &headers,
            &body.map(Value::to_string).unwrap_or_default(),
        )
    }

    /// Sends a request as it is given.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    pub fn send_raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        http::send(method, &format!("{}{path}", self.url()), headers, body)
    }
}

/// Serves on a thread with an event loop of its own.
fn serve(web: Web, listener: TcpListener) -> (ServerHandle, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || vestibule_web::application(web.clone()))
                .workers(2)
                .disable_signals()
                .listen(listener)
                .expect("a bound listener can be listened on")
                .run();
            sender
                .send(server.handle())
                .expect("who started this thread waits for it");
            server
                .await
                .expect("a server that was started runs until it is stopped");
        });
    });
    let handle = receiver
        .recv()
        .expect("the server starts, or its thread has said why not");
    (handle, thread)
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some((handle, thread)) = self.server.take() {
            // The command is sent at once; that it was obeyed shows in the end of the thread.
            drop(handle.stop(false));
            // A thread that panicked has already failed the request that met it.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::json;
    use vestibule_service::providers::ProviderQuery;

    use super::*;
    use crate::{both_engines, third_party};

    #[test]
    fn a_provider_pushes_a_user_on_both_engines() {
        both_engines(|app| {
            let okta = app.register(third_party("Okta"));
            let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "alice"});
            let created = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
            assert_eq!(created.status, 201, "{}", created.text);
            let location = created.json()["meta"]["location"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(location.starts_with(&app.url()), "{location}");
            assert_eq!(created.header("location"), Some(location.as_str()));
            assert_eq!(
                created.json()["meta"]["created"],
                "2026-01-01T00:00:00.000000Z",
                "{}",
                created.text
            );
        });
    }

    #[test]
    fn the_clock_ends_a_token() {
        let app = TestApp::start(Engine::Sqlite).unwrap();
        let okta = app.register(third_party("Okta"));
        let status = || {
            app.send("GET", "/scim/v2/Users", Some(&okta.token), None)
                .status
        };
        assert_eq!(status(), 200);
        app.clock.advance(Duration::days(366));
        assert_eq!(status(), 401);
    }

    #[test]
    fn two_applications_share_nothing() {
        let (one, other) = (
            TestApp::start(Engine::Sqlite).unwrap(),
            TestApp::start(Engine::Sqlite).unwrap(),
        );
        let okta = one.register(third_party("Okta"));
        assert_eq!(
            other
                .send("GET", "/scim/v2/Users", Some(&okta.token), None)
                .status,
            401
        );
        assert!(
            other
                .service
                .list_providers(&other.admin(), &ProviderQuery::default())
                .unwrap()
                .items
                .is_empty()
        );
    }
}
