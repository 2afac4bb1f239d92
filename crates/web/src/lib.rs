//! SCIM, OAuth and the admin API over actix-web, described in one OpenAPI document.
//!
//! [`configure`] mounts everything into any actix application; [`application`] is
//! that with everything it should be wrapped in. A handler extracts, calls one function of the service, and
//! responds.

#![forbid(unsafe_code)]

mod admission;
mod blocking;
mod bounds;
mod entrance;
mod health;
mod reading;
mod refusals;
mod request;
mod routes;
mod slashes;
mod spreadsheet;

pub mod admin;
mod configured;
pub mod console;
pub mod docs;
pub mod enter;
pub mod oauth;
pub mod openapi;
pub mod scim;
pub mod tls;

use std::sync::Arc;

use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig};
use vestibule_delivery::Mailer;
use vestibule_delivery::jwks::Keys;
use vestibule_delivery::openid::OpenId;
use vestibule_domain::network::TrustedProxies;
use vestibule_service::Service;

use crate::routes::{Routes, Table};

pub use admission::Admission;
pub use configured::{Configured, Source};
pub use entrance::entrance;
pub use health::Draining;
pub use reading::BodyTime;

/// What the embedder decides about the web side.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// Where clients find this server: scheme, host, maybe a port and a path, no slash at the end.
    /// Every absolute address in an answer begins with it, whatever a request claims.
    pub public_url: String,
    /// Peers whose `X-Forwarded-For` counts.
    pub trusted_proxies: TrustedProxies,
    /// Bytes of a SCIM or admin body at most.
    pub max_body: usize,
    /// How long any body may take to arrive.
    pub body_time: BodyTime,
    /// Where people are taken who entered by an access link; none = nobody can enter.
    pub gateway_url: Option<String>,
    /// Whether TLS ends in this server by [`tls::Tls`], so that it sees certificates of clients.
    pub certificates: bool,
    /// Every setting of the server, to be read by administrators.
    pub configured: Vec<Configured>,
}

/// What every handler works with.
#[derive(Debug, Clone)]
pub struct Web {
    pub service: Service,
    pub settings: WebSettings,
    /// Places for requests.
    pub admission: Admission,
    /// Keys of clients that sign, from where they publish them.
    pub keys: Keys,
    /// Takes a letter that an administrator tries the mail server with; none = no mail.
    pub mailer: Option<Arc<Mailer>>,
    /// Who signs administrators in besides the server itself.
    pub openid: Option<OpenId>,
    /// Whether the server is about to stop.
    pub draining: Draining,
}

/// The whole application, as the binary serves it: every route behind the [`entrance`].
pub fn application(
    web: Web,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new().configure(configure(web)).wrap(from_fn(entrance))
}

/// Mounts every route. To be used as `App::new().configure(configure(web))`.
pub fn configure(web: Web) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(Data::new(web));
        let mut table = Table::default();
        scim::configure_alias(&mut table);
        describable(&mut Routes::Served(&mut table));
        health::configure(&mut table);
        docs::configure(&mut table);
        console::configure(&mut table);
        table.serve(config, actix_web::web::to(refusals::astray));
    }
}

/// The routes that the OpenAPI document describes.
pub(crate) fn describable(routes: &mut Routes<'_>) {
    scim::configure(routes);
    enter::configure(routes);
    oauth::configure(routes);
    console::set_up::configure(routes);
    admin::configure(routes);
}
