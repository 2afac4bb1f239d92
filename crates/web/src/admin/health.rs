//! Whether the server keeps up with what it does in the background.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_domain::hexadecimal;
use vestibule_service::{Service, health as service};

use super::body::Admin;
use super::problem::{Problem, Problems};
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; read);
}

/// How one running server and its database are.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// By the server's clock.
    at: DateTime<Utc>,
    /// How often the clock of the node that answers jumped by more than five seconds, since it started.
    clock_jumps: u64,
    /// The newest of these jumps.
    last_clock_jump: Option<ClockJump>,
    /// Of the server.
    version: &'static str,
    #[schema(value_type = String, example = "PostgreSQL")]
    database: &'static str,
    /// By which this process is told from others over the same database.
    node: String,
    /// Version of the migration that was applied last.
    migration: Option<String>,
    /// How many migrations were applied.
    migrations: usize,
    /// Number of the last sealed event; 0 before the first.
    sealed_events: i64,
    /// Its hash in hexadecimal digits, to be kept elsewhere: whoever changes the past cannot match it.
    head: Option<String>,
    /// Events that wait to be sealed.
    unsealed_events: i64,
    /// Letters that wait to be sent.
    letters_waiting: i64,
    /// Why one of them could not be sent yet: what the mail server says, or that it is not reached.
    letter_error: Option<String>,
    /// Why nobody can be handed over to the gateway: nothing can be signed, though there is a key, or a gateway
    /// is configured.
    signing_error: Option<String>,
    /// People who are looked at soon for a link.
    people_waiting: i64,
    /// Refused requests that came too fast to be kept, ever.
    dropped_requests: i64,
}

/// That a clock was set, or its machine slept.
#[derive(Debug, Serialize, ToSchema)]
struct ClockJump {
    /// When it was noticed, by the clock after the jump.
    at: DateTime<Utc>,
    /// By how many seconds; negative when it was set back.
    seconds: i64,
}

impl From<service::Health> for Health {
    fn from(health: service::Health) -> Self {
        Self {
            at: health.at,
            clock_jumps: health.clock.count,
            last_clock_jump: health.clock.last.map(|jump| ClockJump {
                at: jump.at,
                seconds: jump.seconds,
            }),
            version: env!("CARGO_PKG_VERSION"),
            database: health.engine,
            migrations: health.migrations.len(),
            sealed_events: health.sealed,
            head: health.head.as_deref().map(hexadecimal),
            unsealed_events: health.unsealed,
            letters_waiting: health.letters_waiting,
            letter_error: health.letter_error,
            signing_error: health.signing_error.map(|said| said.to_string()),
            people_waiting: health.people_waiting,
            dropped_requests: health.dropped_requests,
            migration: health.migrations.into_iter().next_back(),
            node: health.node,
        }
    }
}

/// Read how the server is
///
/// Whether what runs in the background keeps up, and where the chain of events stands. `/healthz` and
/// `/readyz` answer whether it lives and can serve, without a token.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "readHealth",
    tag = "Health",
    responses((status = 200, description = "How it is.", body = Health), Problems),
)]
async fn read(admin: Admin) -> Result<HttpResponse, Problem> {
    let health = admin.run(Service::health).await?;
    Ok(HttpResponse::Ok().json(Health::from(health)))
}
