//! A server with one administrator of each role.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use chrono::DateTime;
use serde_json::Value;
use vestibule_domain::network::TrustedProxies;
use vestibule_service::storage::{DatabaseUrl, Options, Store};
use vestibule_service::{AdminCall, Clock, Entropy, Role, Service, Settings};

use crate::{Web, WebSettings, configure, entrance};

pub(super) const PUBLIC: &str = "https://vestibule.example";

type Answering = Pin<Box<dyn Future<Output = Answer>>>;

pub(super) struct World {
    pub(super) service: Service,
    pub(super) seconds: Arc<AtomicI64>,
    /// The API token of an administrator.
    pub(super) token: String,
    call: Box<dyn Fn(TestRequest) -> Answering>,
    _folder: tempfile::TempDir,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The body, if the status is as expected.
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The fields of a problem, if it is one.
    pub(super) fn problem(self, status: u16) -> Value {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.body
        );
        let id = self.header("x-request-id").to_owned();
        let problem = self.expect(status);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], id.as_str());
        assert!(!id.is_empty());
        problem
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let mut world = Self::without_administrators().await;
        world.token = world.administrator("root", Role::Administrator);
        world
    }

    pub(super) async fn without_administrators() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::parse(&format!("sqlite:{}", folder.path().join("v.db").display()))
            .unwrap();
        let store = Store::open(&url, Options::default()).unwrap();
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let hand = seconds.clone();
        let clock =
            Clock::new(move || DateTime::from_timestamp(hand.load(Ordering::SeqCst), 0).unwrap());
        let service = Service::new(store, clock, Entropy::seeded(1), Settings::default());
        let settings = WebSettings {
            public_url: PUBLIC.to_owned(),
            trusted_proxies: TrustedProxies::default(),
            max_body: 8 * 1024 * 1024,
            body_time: crate::BodyTime::default(),
            gateway_url: None,
            certificates: false,
            configured: Vec::new(),
        };
        let web = Web {
            admission: crate::Admission::new(64),
            keys: vestibule_delivery::jwks::Keys::new(vestibule_delivery::reach::Reach::Public),
            mailer: None,
            draining: crate::Draining::default(),
            openid: None,
            service: service.clone(),
            settings,
        };
        let app = App::new().wrap(from_fn(entrance)).configure(configure(web));
        let app = std::rc::Rc::new(init_service(app).await);
        let call = Box::new(move |request: TestRequest| -> Answering {
            let app = app.clone();
            Box::pin(async move {
                let response = call_service(&*app, request.to_request()).await;
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let body = read_body(response).await;
                Answer {
                    status,
                    headers,
                    body: String::from_utf8(body.to_vec()).unwrap(),
                }
            })
        });
        Self {
            service,
            seconds,
            token: String::new(),
            call,
            _folder: folder,
        }
    }

    /// An API token of a new administrator of that role.
    pub(super) fn administrator(&self, name: &str, role: Role) -> String {
        let root = AdminCall::command_line();
        self.service
            .create_administrator(&root, name, role, "correct horse battery")
            .unwrap();
        let issued = self
            .service
            .issue_admin_token(&root, name, "test", None)
            .unwrap();
        issued.secret.expose().to_owned()
    }

    pub(super) async fn send(&self, request: TestRequest) -> Answer {
        (self.call)(request.peer_addr("192.0.2.1:5000".parse().unwrap())).await
    }

    #[expect(
        clippy::unused_self,
        reason = "it reads as what it is: a request to this world"
    )]
    pub(super) fn request(&self, method: &str, path: &str, token: &str) -> TestRequest {
        let request = TestRequest::default()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(&format!("/api/v1{path}"));
        if token.is_empty() {
            request
        } else {
            request.insert_header(("Authorization", format!("Bearer {token}")))
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path, &self.token)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path, &self.token)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request("POST", path, &self.token).set_json(body))
            .await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request("PATCH", path, &self.token).set_json(body))
            .await
    }

    /// A request over SCIM.
    pub(super) async fn scim(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        let request = TestRequest::default()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(&format!("/iso/scim/v2{path}"))
            .insert_header(("Authorization", format!("Bearer {token}")))
            .insert_header(("Content-Type", "application/scim+json"))
            .set_payload(body.to_string());
        self.send(request).await
    }

    /// Registers a provider and issues a token to it: id and token.
    pub(super) async fn provider(&self, user_type: &str) -> (String, String) {
        let body =
            serde_json::json!({"name": "Okta", "user_type": user_type, "allowed_addresses": ["*"]});
        let id = self.post("/providers", body).await.expect(201)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = serde_json::json!({"name": "pasted"});
        let issued = self
            .post(&format!("/providers/{id}/tokens"), body)
            .await
            .expect(201);
        (id, issued["access_token"].as_str().unwrap().to_owned())
    }
}
