//! Runs the server until it is told to stop.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::rt::System;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use vestibule_delivery::jwks::Keys;
use vestibule_service::Service;
use vestibule_web::{Admission, BodyTime, Draining, Web, WebSettings};

use crate::commands::{CommandError, Context};
use crate::jobs::Jobs;
use crate::output::{self, Answer, View};

/// Seconds that requests in progress have to finish once the server is told to stop.
const SHUTDOWN: u64 = 30;
/// Time a client has for the head of its request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Serves, prints where, and comes back when the process is asked to end.
pub(crate) fn serve(context: &Context) -> Result<(), CommandError> {
    let config = &context.config;
    config.check_server()?;
    let service = context.open(config.storage_options())?;
    System::new().block_on(async {
        // The port is known once it is bound, and the public address may be made of it; the factory
        // below runs after that.
        let shared: Arc<OnceLock<Web>> = Arc::default();
        let factory = {
            let shared = Arc::clone(&shared);
            move || {
                let web = shared
                    .get()
                    .expect("it is set before the server that calls this runs")
                    .clone();
                vestibule_web::application(web)
            }
        };
        let draining = Draining::default();
        let server = HttpServer::new(factory)
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIME)
            .shutdown_timeout(SHUTDOWN)
            .shutdown_signal(asked_to_stop(draining.clone(), config.drain));
        let bound = match &config.tls {
            Some(tls) => {
                let noticing = tls.clone();
                let handshake = tls.config().map_err(io::Error::other)?;
                server
                    .on_connect(move |connection, data| noticing.notice(connection, data))
                    .bind_rustls_0_23(config.listen, handshake)
            }
            None => server.bind(config.listen),
        };
        let mut server = bound.map_err(|cause| CommandError::Listen {
            address: config.listen,
            cause,
        })?;
        if let Some(workers) = config.workers {
            server = server.workers(workers);
        }
        let listen = server.addrs().first().copied().unwrap_or(config.listen);
        let public_url = config.public_url(listen);
        let settings = WebSettings {
            public_url: public_url.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            max_body: config.max_body,
            body_time: BodyTime::default(),
            gateway_url: config.gateway_url.clone(),
            certificates: config.tls.is_some(),
            configured: config.configured(listen),
        };
        let mailer = config.mailer(&public_url)?.map(Arc::new);
        shared.get_or_init(|| Web {
            service: service.clone(),
            settings,
            admission: Admission::new(config.places),
            keys: Keys::new(config.reach),
            mailer,
            openid: config.openid(&public_url),
            draining,
        });
        service.prepare_signing_key()?;
        let jobs = Jobs::start(&service, config.mailer(&public_url)?, config.tls.clone())?;
        announce(context, &service, listen, &public_url)?;
        let ended = server.run().await;
        tracing::info!("the server has stopped");
        jobs.stop();
        Ok(ended?)
    })
}

/// Ready when the process is asked to end, by SIGTERM or by Ctrl-C, and for `drain` was not ready for new
/// clients: so balancers notice before anybody is refused (R-AVL-3). Who asks twice does not wait.
async fn asked_to_stop(draining: Draining, drain: Duration) {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::error!(%error, "the process cannot be stopped by a signal");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    draining.begin();
    if !drain.is_zero() {
        tracing::info!(
            seconds = drain.as_secs(),
            "asked to stop: until then /readyz fails, and everything else is answered"
        );
        tokio::select! {
            () = actix_web::rt::time::sleep(drain) => {}
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    tracing::info!("asked to stop: requests in progress may finish");
}

/// Prints where everything is and, while there is no administrator, the link that makes one.
fn announce(
    context: &Context,
    service: &Service,
    listen: SocketAddr,
    public_url: &str,
) -> Result<(), CommandError> {
    let set_up_link = if service.set_up_link_needed()? {
        let secret = service.new_set_up_link()?;
        Some(format!("{public_url}/flow/setup/{}", secret.expose()))
    } else {
        None
    };
    let value = json!({
        "listen": listen.to_string(),
        "public_url": public_url,
        "scim": format!("{public_url}/iso/scim/v2"),
        "scim_short": format!("{public_url}/scim/v2"),
        "token_url": format!("{public_url}/iso/oauth2/token"),
        "admin_api": format!("{public_url}/api/v1"),
        "openapi": format!("{public_url}/openapi.json"),
        "docs": format!("{public_url}/docs"),
        "database": crate::config::without_password(context.config.database_text()),
        "set_up_link": set_up_link,
    });
    let text = welcome(&value, context.config.service.set_up_link.num_minutes());
    Ok(output::print(
        &Answer::new(value, View::Text(text)).render(context.json),
    )?)
}

fn welcome(value: &Value, minutes: i64) -> String {
    let at = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut text = format!(
        "Vestibule {version} listens on {listen}\n\
         \n  SCIM base       {scim}\n                  {scim_short}\n  Token endpoint  {token}\n  Admin API       {admin}\n  \
         OpenAPI         {openapi}\n  Documentation   {docs}\n  Database        {database}\n\n",
        version = env!("CARGO_PKG_VERSION"),
        listen = at("listen"),
        scim = at("scim"),
        scim_short = at("scim_short"),
        token = at("token_url"),
        admin = at("admin_api"),
        openapi = at("openapi"),
        docs = at("docs"),
        database = at("database"),
    );
    if let Some(link) = value.get("set_up_link").and_then(Value::as_str) {
        let _ = write!(
            text,
            "There is no administrator yet. Open this link to make the first one; it works once, within {minutes} \
             minutes, and\nonly until the next start:\n\n  {link}\n\n"
        );
    }
    text
}

impl From<io::Error> for CommandError {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}
