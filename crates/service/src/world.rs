//! A service over a database of its own, for tests: the clock stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration};
use futures_executor::block_on;
use serde_json::{Value, json};
use vestibule_domain::access_group::{AccessGroup, AccessGroupSettings};
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, ProviderState, UserType};
use vestibule_domain::vendor::Vendor;
use vestibule_domain::{GroupId, ProviderId, UserId};
use vestibule_oauth::{
    ClientAuthentication, ClientId, ClientSecret, Methods, Proof, Scopes, Secret, TokenRequest,
    TokenResponse,
};
use vestibule_scim::Dialect;
use vestibule_storage::{DatabaseUrl, Options, Store};

use crate::events::{EventQuery, EventRecord};
use crate::pages::PageQuery;
use crate::providers::{NewCredentials, ProviderQuery, RegisteredProvider};
use crate::vendors::{Choice, VendorQuery};
use crate::{
    AdminCall, AdminCredential, Call, Clock, Contact, Entropy, Error, Precondition, Presented,
    Representation, Role, Service, Settings, Submitted, Wanted,
};

const START: i64 = 1_800_000_000;

/// A service with nothing in it.
pub(crate) struct World {
    pub(crate) service: Service,
    seconds: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// A provider whose product has fetched a token.
pub(crate) struct Client {
    pub(crate) id: ProviderId,
    pub(crate) credentials: NewCredentials,
    pub(crate) call: Call,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vestibule.db");
        let url = DatabaseUrl::parse(&format!("sqlite:{}", path.display())).unwrap();
        let store = Store::open(&url, Options::default()).unwrap();
        let seconds = Arc::new(AtomicI64::new(START));
        let hand = seconds.clone();
        let clock =
            Clock::new(move || DateTime::from_timestamp(hand.load(Ordering::SeqCst), 0).unwrap());
        let service = Service::new(store, clock, Entropy::seeded(1), settings);
        Self {
            service,
            seconds,
            _folder: folder,
        }
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.seconds.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    /// An administrator of that role, calling with a token.
    pub(crate) fn admin(&self, name: &str, role: Role) -> AdminCall {
        let root = AdminCall::command_line();
        self.service
            .create_administrator(&root, name, role, "correct horse battery")
            .unwrap();
        let issued = self
            .service
            .issue_admin_token(&root, name, "test", None)
            .unwrap();
        AdminCall {
            credential: AdminCredential::Token(Ok(issued.secret.digest())),
            address: None,
            request_id: Some("request-1".to_owned()),
        }
    }

    pub(crate) fn register(&self, settings: ProviderSettings) -> NewCredentials {
        self.service
            .register_provider(&root(), settings, ProviderState::Active)
            .unwrap()
    }

    /// Registers a provider and fetches a token for it.
    pub(crate) fn client(&self, user_type: UserType) -> Client {
        let others = self.providers().len();
        let credentials = self.register(provider(&format!("Okta {others}"), user_type));
        let response = self
            .grant(&request(&credentials, &credentials.client_secret))
            .unwrap();
        Client {
            id: credentials.provider.provider.id,
            credentials,
            call: scim(&response.access_token),
        }
    }

    pub(crate) fn grant(&self, request: &TokenRequest) -> Result<TokenResponse, Error> {
        block_on(self.service.grant_token(Ok(request.clone()), &contact()))
    }

    pub(crate) fn user(&self, client: &Client, name: &str) -> UserId {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "emails": [{"value": format!("{name}@acme.example"), "primary": true}],
        });
        id(&self.push_user(client, body).unwrap())
    }

    pub(crate) fn push_user(&self, client: &Client, body: Value) -> Result<Representation, Error> {
        let submitted = submitted(body);
        self.service.create(client.call.clone(), "Users", submitted)
    }

    pub(crate) fn group(&self, client: &Client, name: &str, members: &[String]) -> GroupId {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": members,
        });
        let made = self
            .service
            .create(client.call.clone(), "Groups", submitted(body))
            .unwrap();
        id(&made)
    }

    pub(crate) fn delete_user(&self, client: &Client, user: UserId) {
        let call = client.call.clone();
        self.service
            .delete(call, "Users", &user.to_string(), Precondition::NONE)
            .unwrap();
    }

    pub(crate) fn delete_group(&self, client: &Client, group: GroupId) {
        let call = client.call.clone();
        self.service
            .delete(call, "Groups", &group.to_string(), Precondition::NONE)
            .unwrap();
    }

    pub(crate) fn access_group(&self, name: &str) -> AccessGroup {
        let settings = AccessGroupSettings {
            name: name.to_owned(),
            ..AccessGroupSettings::default()
        };
        self.service.create_access_group(&root(), settings).unwrap()
    }

    /// The vendors of a provider, oldest first.
    pub(crate) fn vendors(&self, provider: ProviderId) -> Vec<Vendor> {
        let query = VendorQuery {
            choice: Choice {
                provider: Some(provider),
                ..Choice::default()
            },
            ..VendorQuery::default()
        };
        self.service.list_vendors(&root(), &query).unwrap().items
    }

    /// Every event, newest first.
    pub(crate) fn events(&self) -> Vec<EventRecord> {
        let query = EventQuery {
            page: PageQuery::first(1_000),
            ..EventQuery::default()
        };
        self.service.list_events(&root(), &query).unwrap().items
    }

    /// Every provider, oldest first.
    pub(crate) fn providers(&self) -> Vec<RegisteredProvider> {
        let query = ProviderQuery::default();
        self.service.list_providers(&root(), &query).unwrap().items
    }

    /// The words of the newest events, oldest of them first.
    pub(crate) fn last_actions(&self, count: usize) -> Vec<String> {
        let mut words: Vec<String> = self
            .events()
            .into_iter()
            .take(count)
            .map(|event| event.action)
            .collect();
        words.reverse();
        words
    }
}

pub(crate) fn root() -> AdminCall {
    AdminCall::command_line()
}

/// Settings under which everything is allowed.
pub(crate) fn provider(name: &str, user_type: UserType) -> ProviderSettings {
    ProviderSettings {
        name: name.to_owned(),
        user_type,
        description: None,
        tags: Vec::new(),
        valid_until: None,
        allowed_addresses: AllowedAddresses::Any,
        allowed_referrers: AllowedReferrers::default(),
        authentication: Methods::default(),
        scopes: Scopes::ALL,
        dialect: Dialect::Tolerant,
        put_keeps_members: false,
        default_access_group: None,
        link_delivery: LinkDelivery::Default,
        rate_limit: None,
    }
}

/// A token request with one of a provider's secrets.
pub(crate) fn request(client: &NewCredentials, secret: &Secret) -> TokenRequest {
    TokenRequest {
        client: authentication(client, secret),
        ttl: Ok(None),
        scope: Ok(None),
    }
}

/// A client authenticating with one of its secrets.
pub(crate) fn authentication(client: &NewCredentials, secret: &Secret) -> ClientAuthentication {
    ClientAuthentication {
        client_id: ClientId::new(client.provider.client_id.clone()),
        proof: Proof::Secret {
            secret: ClientSecret::new(secret.expose().to_owned()),
            basic: false,
        },
    }
}

/// The same client with a secret that is none of its own.
pub(crate) fn wrong(client: &ClientAuthentication) -> ClientAuthentication {
    ClientAuthentication {
        proof: Proof::Secret {
            secret: ClientSecret::new("wrong".to_owned()),
            basic: false,
        },
        ..client.clone()
    }
}

/// From where every test calls.
pub(crate) fn contact() -> Contact {
    Contact {
        address: "192.0.2.1".parse().ok(),
        referers: Vec::new(),
        request_id: "request-2".to_owned(),
        issuer: "https://vestibule.example/iso/oauth2".to_owned(),
        keys: None,
    }
}

/// A SCIM call with a token.
pub(crate) fn scim(token: &Secret) -> Call {
    Call {
        presented: Presented {
            token: Ok(token.digest()),
            address: "192.0.2.1".parse().ok(),
            referers: Vec::new(),
            certificate: None,
            request_id: "request-3".to_owned(),
        },
        base: "https://vestibule.example/scim/v2".to_owned(),
    }
}

pub(crate) fn submitted(body: Value) -> Submitted {
    Submitted {
        base: "https://vestibule.example/scim/v2".to_owned(),
        body: Ok(body),
        wanted: Ok(Wanted::default()),
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(made: &Representation) -> T {
    let body: Value = serde_json::from_str(&made.body).unwrap();
    body["id"].as_str().unwrap().parse().unwrap()
}
