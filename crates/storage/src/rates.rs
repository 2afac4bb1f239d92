//! What each node is asked for by the providers that have a limit, so that the nodes can share it.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use vestibule_domain::ProviderId;

use crate::columns::micros;
use crate::engine::upsert;
use crate::error::Error;
use crate::schema::rate_demand;
use crate::store::Write;

/// What the other nodes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Others {
    pub nodes: i64,
    pub demand: i64,
}

/// Reports what a node was asked for, and answers what others have reported since `since`.
pub fn exchange(
    write: &mut Write<'_>,
    provider: ProviderId,
    node: &str,
    demand: i64,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<Others, Error> {
    let provider = provider.to_string();
    upsert!(
        &mut *write.connection,
        rate_demand::table,
        (
            rate_demand::provider_id.eq(&provider),
            rate_demand::node.eq(node),
            rate_demand::demand.eq(demand),
            rate_demand::reported.eq(micros(now)),
        ),
        (rate_demand::provider_id, rate_demand::node),
        (
            rate_demand::demand.eq(demand),
            rate_demand::reported.eq(micros(now)),
        )
    )?;
    let others: Vec<(i64, i64)> = rate_demand::table
        .filter(rate_demand::provider_id.eq(&provider))
        .filter(rate_demand::node.ne(node))
        .select((rate_demand::demand, rate_demand::reported))
        .load(write.connection)?;
    let gone = micros(now - Duration::hours(1));
    if others.iter().any(|(_, reported)| *reported < gone) {
        diesel::delete(
            rate_demand::table
                .filter(rate_demand::provider_id.eq(&provider))
                .filter(rate_demand::reported.lt(gone)),
        )
        .execute(write.connection)?;
    }
    let present = others
        .iter()
        .filter(|(_, reported)| *reported >= micros(since));
    Ok(present.fold(Others::default(), |sum, (demand, _)| Others {
        nodes: sum.nodes + 1,
        demand: sum.demand.saturating_add(*demand),
    }))
}
