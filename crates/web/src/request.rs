//! What a request tells of its sender.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use vestibule_domain::network::client_address;
use vestibule_oauth::{Bearer, ClientCertificate, SecretKind};
use vestibule_service::{AdminCall, AdminCredential, Presented};

use crate::Web;

/// Under which a request is found again: in the answer's `X-Request-Id`, in events, in the log.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Where a request came from and what it shows.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) authorization: Vec<Vec<u8>>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) referers: Vec<String>,
    /// What it presented in the TLS handshake.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
    pub(crate) request_id: String,
}

impl Sender {
    /// As the sender of a SCIM request.
    pub(crate) fn presented(self) -> Presented {
        let values: Vec<&[u8]> = self.authorization.iter().map(Vec::as_slice).collect();
        Presented {
            token: Bearer::from_header(&values).map(|secret| secret.digest()),
            address: self.address,
            referers: self.referers,
            certificate: self.certificate.map(|certificate| certificate.thumbprint),
            request_id: self.request_id,
        }
    }

    /// As the sender of an administrative request.
    pub(crate) fn admin_call(self) -> AdminCall {
        let values: Vec<&[u8]> = self.authorization.iter().map(Vec::as_slice).collect();
        let token = Bearer::of_kind(SecretKind::AdminToken, &values).map(|secret| secret.digest());
        AdminCall {
            credential: AdminCredential::Token(token),
            address: self.address,
            request_id: Some(self.request_id),
        }
    }
}

impl FromRequest for Sender {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let referers = lines(headers, &header::REFERER);
        let address = request
            .app_data::<Data<Web>>()
            .zip(request.peer_addr())
            .and_then(|(web, peer)| {
                let forwarded = lines(headers, &header::X_FORWARDED_FOR);
                let forwarded: Vec<&str> = forwarded.iter().map(String::as_str).collect();
                client_address(peer.ip(), &forwarded, &web.settings.trusted_proxies)
            });
        ready(Ok(Self {
            authorization: headers
                .get_all(header::AUTHORIZATION)
                .map(|value| value.as_bytes().to_vec())
                .collect(),
            address,
            referers,
            certificate: request.conn_data().cloned(),
            request_id: request_id(request),
        }))
    }
}

/// The id of a request.
pub(crate) fn request_id(request: &HttpRequest) -> String {
    request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default()
}

/// The values of every line of a header. What is no text stays there as something no rule accepts,
/// so that it cannot slip past one.
fn lines(headers: &HeaderMap, name: &header::HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

/// The name in a `Content-Type`, without its parameters. What is no text has none.
pub(crate) fn media_type(value: &HeaderValue) -> &str {
    let text = value.to_str().unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim()
}
