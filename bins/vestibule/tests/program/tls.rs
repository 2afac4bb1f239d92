//! Providers that authenticate by certificates, over real TLS, against the program itself (RFC 8705).

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::server::{Server, program};

/// A certificate with its key, both in PEM.
struct Identity {
    certificate: String,
    key: String,
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn signs(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

fn self_signed(name: &str) -> Identity {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    Identity {
        certificate: made.cert.pem(),
        key: made.signing_key.serialize_pem(),
    }
}

/// A server in which TLS ends.
struct TlsServer {
    server: Server,
    roots: String,
}

impl TlsServer {
    fn start(folder: &Path, authority: &Authority) -> Self {
        let own = authority.signs("127.0.0.1");
        let roots = authority.0.pem();
        for (name, text) in [
            ("server.pem", &own.certificate),
            ("server.key", &own.key),
            ("clients.pem", &roots),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let options = [
            ["--tls-certificate", "server.pem"],
            ["--tls-key", "server.key"],
            ["--tls-client-authorities", "clients.pem"],
        ];
        Self {
            server: Server::start(folder, options.as_flattened()),
            roots,
        }
    }

    /// A connection of its own with this certificate, or with none.
    fn agent(&self, identity: Option<&Identity>) -> Agent {
        let root = Certificate::from_pem(self.roots.as_bytes()).unwrap();
        let own = identity.map(|identity| {
            let chain = [Certificate::from_pem(identity.certificate.as_bytes()).unwrap()];
            let key = PrivateKey::from_pem(identity.key.as_bytes()).unwrap();
            ClientCert::new_with_certs(&chain, key)
        });
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(vec![root])))
            .client_cert(own)
            .build();
        Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(tls)
            .build()
            .into()
    }

    fn post(&self, agent: &Agent, endpoint: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/iso/oauth2/{endpoint}", self.server.url);
        let mut reply = agent.post(url).send_form(form.iter().copied()).unwrap();
        let body = reply.body_mut().read_to_string().unwrap();
        (
            reply.status().as_u16(),
            serde_json::from_str(&body).unwrap_or_default(),
        )
    }

    fn token(&self, agent: &Agent, client: &str) -> (u16, Value) {
        let form = [("grant_type", "client_credentials"), ("client_id", client)];
        self.post(agent, "token", &form)
    }

    fn users(&self, agent: &Agent, token: &str) -> u16 {
        let request = agent
            .get(format!("{}/scim/v2/Users?count=0", self.server.url))
            .header("Authorization", format!("Bearer {token}"));
        request.call().unwrap().status().as_u16()
    }
}

/// Registers a provider and answers its client id.
fn register(folder: &Path, name: &str, methods: &Value) -> String {
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, methods.to_string()).unwrap();
    let output = program(folder)
        .args(["provider", "add", "--json", "--allow-ip", "*"])
        .args([
            "--user-type",
            "internal",
            "--name",
            name,
            "--authentication",
        ])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let registered: Value = serde_json::from_slice(&output.stdout).unwrap();
    registered["client_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_got_by_a_certificate_works_with_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let iga = authority.signs("iga.example");
    let own = self_signed("whoever.example");
    let thumbprint = {
        let der = Certificate::from_pem(own.certificate.as_bytes()).unwrap();
        vestibule_oauth::Thumbprint::of(der.der()).to_string()
    };
    let secrets = json!({"client_secret_basic": false, "client_secret_post": false});
    let with = |more: Value| {
        let mut methods = secrets.clone();
        methods
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        methods
    };
    let named = register(
        folder.path(),
        "named",
        &with(json!({"tls_client_auth": {"san_dns": "iga.example"}})),
    );
    let pinned = register(
        folder.path(),
        "pinned",
        &with(json!({"self_signed_tls_client_auth": {"thumbprints": [thumbprint]}})),
    );
    let server = TlsServer::start(folder.path(), &authority);
    assert!(
        server.server.url.starts_with("https://"),
        "{}",
        server.server.url
    );

    let (nobody, iga_agent) = (server.agent(None), server.agent(Some(&iga)));
    let own_agent = server.agent(Some(&own));
    for (agent, client) in [(&iga_agent, &named), (&own_agent, &pinned)] {
        let (status, granted) = server.token(agent, client);
        assert_eq!(status, 200, "{granted}");
        let token = granted["access_token"].as_str().unwrap();
        assert_eq!(server.users(agent, token), 200);
        // Stolen, it is worth nothing: without a certificate, or with another.
        assert_eq!(server.users(&nobody, token), 401);
        let other = if client == &named {
            &own_agent
        } else {
            &iga_agent
        };
        assert_eq!(server.users(other, token), 401);

        let form = [("client_id", client.as_str()), ("token", token)];
        let (status, told) = server.post(agent, "introspect", &form);
        assert_eq!((status, &told["active"]), (200, &json!(true)), "{told}");
        assert!(told["cnf"]["x5t#S256"].is_string(), "{told}");
        assert_eq!(server.post(agent, "revoke", &form).0, 200);
        assert_eq!(server.users(agent, token), 401);
    }

    // A name that an authority nobody trusts has vouched for, the other's certificate, and none.
    let forged = server.agent(Some(&Authority::new().signs("iga.example")));
    for (agent, client) in [
        (&forged, &named),
        (&own_agent, &named),
        (&iga_agent, &pinned),
        (&nobody, &named),
        (&nobody, &pinned),
    ] {
        let (status, refused) = server.token(agent, client);
        assert_eq!(
            (status, &refused["error"]),
            (401, &json!("invalid_client")),
            "{refused}"
        );
    }

    let mut metadata = nobody
        .get(format!(
            "{}/.well-known/oauth-authorization-server/iso/oauth2",
            server.server.url
        ))
        .call()
        .unwrap();
    let told: Value = serde_json::from_str(&metadata.body_mut().read_to_string().unwrap()).unwrap();
    let methods = told["token_endpoint_auth_methods_supported"]
        .as_array()
        .unwrap();
    for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
        assert!(methods.contains(&json!(method)), "{told}");
    }
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
}
