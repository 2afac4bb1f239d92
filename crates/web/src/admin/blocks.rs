//! Blocks: an administrator's word against a person, which no provider can see or change.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{BlockId, EventId, ProviderId, UserId};
use vestibule_service::blocks as service;

use super::body::{Admin, Body, Id, When};
use super::list::{List, Page, Paging};
use super::problem::{ChangeProblems, Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, create, lift);
}

/// Which blocks to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those on people of this provider.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// Only those whose user name or e-mail contains this, in any case, or whose reason does.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 8] = [
    "/id",
    "/provider",
    "/user_name",
    "/email",
    "/reason",
    "/until",
    "/created",
    "/event",
];

/// A block on a person. It goes by user name and e-mail, and so outlives the person's deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Block {
    #[schema(value_type = Uuid)]
    id: BlockId,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    /// In lower case.
    user_name: String,
    /// In lower case.
    email: Option<String>,
    reason: String,
    /// First instant at which it no longer holds; none = until lifted.
    until: Option<DateTime<Utc>>,
    created: DateTime<Utc>,
    /// The event that set it.
    #[schema(value_type = Uuid)]
    event: EventId,
}

impl From<vestibule_domain::person::Block> for Block {
    fn from(block: vestibule_domain::person::Block) -> Self {
        Self {
            id: block.id,
            provider: block.provider,
            user_name: block.user_name_key,
            email: block.email_key,
            reason: block.reason,
            until: block.until,
            created: block.created,
            event: block.event,
        }
    }
}

/// A block to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "lost laptop", "until": "2027-01-01T00:00:00Z"}))]
struct NewBlock {
    reason: String,
    /// First instant at which it no longer holds; none = until lifted.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    until: Option<When>,
}

/// List blocks
#[utoipa::path(
    get,
    path = "/blocks",
    operation_id = "listBlocks",
    tag = "People",
    params(Choice, Paging, ("sort" = Option<words::BlockSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of blocks.", content((Page<Block> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::BlockSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Block, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::BlockQuery {
                provider: choice.provider,
                search: choice.q,
                page,
            };
            service.list_blocks(call, &query)
        })
        .await
}

/// Block a person
///
/// At once, and whatever the provider says of them from now on.
#[utoipa::path(
    post,
    path = "/users/{id}/blocks",
    operation_id = "blockPerson",
    tag = "People",
    params(("id" = Uuid, Path, description = "Id of the person.")),
    request_body = NewBlock,
    responses((status = 201, description = "The block.", body = Block), ChangeProblems),
)]
async fn create(
    admin: Admin,
    id: Id<UserId>,
    body: Body<NewBlock>,
) -> Result<HttpResponse, Problem> {
    let NewBlock { reason, until } = body.0;
    let block = admin
        .run(move |service, call| service.block_user(call, id.0, &reason, until.map(Into::into)))
        .await?;
    Ok(HttpResponse::Created().json(Block::from(block)))
}

/// Lift a block
#[utoipa::path(
    delete,
    path = "/blocks/{id}",
    operation_id = "liftBlock",
    tag = "People",
    params(("id" = Uuid, Path, description = "Id of the block.")),
    responses((status = 204, description = "Lifted."), ChangeProblems),
)]
async fn lift(admin: Admin, id: Id<BlockId>) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.lift_block(call, id.0))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
