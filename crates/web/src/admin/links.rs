//! Access links, entry codes and the panic button.

mod panic;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_domain::link::{LinkEnd, LinkOrigin, LinkState, Wanted};
use vestibule_domain::mail::{LetterKind, LetterState};
use vestibule_domain::{AccessGroupId, LinkId, ProviderId, UserId, VendorId};
use vestibule_service::links::{self as service, Forwarding};
use vestibule_service::mail::{LetterSort, QueuedLetter};

use super::body::{Admin, Body, Id, When};
use super::list::{List, Nothing, Page, Paging};
use super::problem::{ChangeProblems, Problem, Problems};
use super::{MOUNT, words};
use crate::enter;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, create, read, revoke, again, letters, show_code);
    panic::configure(routes);
}

/// Which links to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those of this person.
    #[param(value_type = Option<Uuid>)]
    user: Option<UserId>,
    /// Only those of people of this provider.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// Only those made for this vendor.
    #[param(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// Only those that are this now.
    #[param(value_type = Option<words::LinkState>)]
    state: Option<LinkState>,
}

/// The columns of the export.
const COLUMNS: [&str; 13] = [
    "/id",
    "/user",
    "/user_name",
    "/provider",
    "/vendor",
    "/access_group",
    "/origin",
    "/state",
    "/start",
    "/end",
    "/created",
    "/ended",
    "/end_reason",
];

/// A personal, expiring, revocable way in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessLink {
    #[schema(value_type = Uuid)]
    id: LinkId,
    #[schema(value_type = Uuid)]
    user: UserId,
    /// The person's user name when the link was made.
    user_name: String,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    /// The vendor it was made for; none for staff.
    #[schema(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// The access group by which its person got in when it was made; none where that is not known.
    #[schema(value_type = Option<Uuid>)]
    access_group: Option<AccessGroupId>,
    #[schema(value_type = words::LinkOrigin)]
    origin: LinkOrigin,
    #[schema(value_type = words::LinkState)]
    state: LinkState,
    /// First instant at which it works.
    start: DateTime<Utc>,
    /// First instant at which it no longer does.
    end: DateTime<Utc>,
    created: DateTime<Utc>,
    /// When it was ended before its time. It stays ended.
    ended: Option<DateTime<Utc>>,
    #[schema(value_type = Option<words::LinkEnd>)]
    end_reason: Option<LinkEnd>,
}

impl From<service::LinkDetails> for AccessLink {
    fn from(service::LinkDetails { link, state }: service::LinkDetails) -> Self {
        Self {
            id: link.id,
            user: link.user,
            user_name: link.user_name,
            provider: link.provider,
            vendor: link.vendor,
            access_group: link.access_group,
            origin: link.origin,
            state,
            start: link.start,
            end: link.end,
            created: link.created,
            ended: link.ended.map(|ended| ended.at),
            end_reason: link.ended.map(|ended| ended.reason),
        }
    }
}

/// A link to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"start": "2027-01-01T08:00:00Z", "duration_minutes": 480}))]
struct NewAccessLink {
    /// First instant at which it works; none = as soon as the vendor has started.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    start: Option<When>,
    /// How long it works; none = as long as configured, or until the vendor ends if that is earlier.
    #[serde(default)]
    #[schema(minimum = 1)]
    duration_minutes: Option<i64>,
    /// How it gets to the person.
    #[serde(default)]
    forwarding: LinkForwarding,
}

/// How a link gets to its person: its address is shown to you this once, or mailed to them and
/// shown to nobody else.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum LinkForwarding {
    #[default]
    Shown,
    Mailed,
}

impl From<LinkForwarding> for Forwarding {
    fn from(forwarding: LinkForwarding) -> Self {
        match forwarding {
            LinkForwarding::Shown => Self::Shown,
            LinkForwarding::Mailed => Self::Mailed,
        }
    }
}

/// A link to be given out again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"forwarding": "mailed"}))]
struct LinkOnceMore {
    /// How it gets to the person.
    #[serde(default)]
    forwarding: LinkForwarding,
}

/// A link just made, or given out again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeAccessLink {
    link: AccessLink,
    /// Its address, to be forwarded to the person. Shown this once; null when it is mailed.
    #[schema(example = "https://vestibule.example/enter/val_...")]
    url: Option<String>,
}

impl MadeAccessLink {
    pub(super) fn new(made: service::NewLink, public_url: &str) -> Self {
        let url = made
            .secret
            .map(|secret| enter::address(public_url, &secret));
        let link = service::LinkDetails {
            link: made.link,
            state: made.state,
        };
        Self {
            link: link.into(),
            url,
        }
    }
}

/// A code to be told to the person, apart from the link. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct EntryCode {
    /// Eight digits, for one attempt.
    #[schema(example = "04711815")]
    code: String,
    /// First instant at which it no longer works.
    expires: DateTime<Utc>,
}

/// List access links
#[utoipa::path(
    get,
    path = "/links",
    operation_id = "listLinks",
    tag = "Links",
    params(Choice, Paging, ("sort" = Option<words::LinkSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of links.", content((Page<AccessLink> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::LinkSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, AccessLink, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::LinkQuery {
                user: choice.user,
                provider: choice.provider,
                vendor: choice.vendor,
                state: choice.state,
                page,
            };
            service.list_links(call, &query)
        })
        .await
}

/// Give a person an access link
///
/// Only somebody who may get in when it starts, and never past the end of their vendor.
#[utoipa::path(
    post,
    path = "/users/{id}/links",
    operation_id = "createLink",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the person.")),
    request_body = NewAccessLink,
    responses(
        (status = 201, description = "The link, with its address.", body = MadeAccessLink, headers(
            ("Location" = String, description = "Where the link is found, without its address."),
        )),
        ChangeProblems,
    ),
)]
async fn create(
    admin: Admin,
    id: Id<UserId>,
    body: Body<NewAccessLink>,
) -> Result<HttpResponse, Problem> {
    let NewAccessLink {
        start,
        duration_minutes,
        forwarding,
    } = body.0;
    let wanted = Wanted {
        start: start.map(Into::into),
        // Longer than any number of minutes is longer than the longest, too.
        duration: duration_minutes
            .map(|minutes| Duration::try_minutes(minutes).unwrap_or(Duration::MAX)),
    };
    let made = admin
        .run(move |service, call| service.create_link(call, id.0, wanted, forwarding.into()))
        .await?;
    let public_url = &admin.settings().public_url;
    let location = format!("{public_url}{MOUNT}/links/{}", made.link.id);
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(MadeAccessLink::new(made, public_url)))
}

/// Show an access link
///
/// Not its address: that was shown once.
#[utoipa::path(
    get,
    path = "/links/{id}",
    operation_id = "getLink",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the link.")),
    responses((status = 200, description = "The link.", body = AccessLink), Problems),
)]
async fn read(admin: Admin, id: Id<LinkId>) -> Result<HttpResponse, Problem> {
    let found = admin
        .run(move |service, call| service.find_link(call, id.0))
        .await?;
    Ok(HttpResponse::Ok().json(AccessLink::from(found)))
}

/// End an access link
///
/// At once and for good.
#[utoipa::path(
    delete,
    path = "/links/{id}",
    operation_id = "revokeLink",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the link.")),
    responses((status = 200, description = "As it is now.", body = AccessLink), ChangeProblems),
)]
async fn revoke(admin: Admin, id: Id<LinkId>) -> Result<HttpResponse, Problem> {
    let ended = admin
        .run(move |service, call| service.revoke_link(call, id.0))
        .await?;
    Ok(HttpResponse::Ok().json(AccessLink::from(ended)))
}

/// Give an access link out again
///
/// One that stands: mailed once more, or shown under another address, which is recorded. The addresses
/// given out before open it too, until it ends.
#[utoipa::path(
    post,
    path = "/links/{id}/again",
    operation_id = "giveLinkAgain",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the link.")),
    request_body = LinkOnceMore,
    responses((status = 200, description = "The link, with its other address.", body = MadeAccessLink), ChangeProblems),
)]
async fn again(
    admin: Admin,
    id: Id<LinkId>,
    body: Body<LinkOnceMore>,
) -> Result<HttpResponse, Problem> {
    let forwarding = body.0.forwarding.into();
    let given = admin
        .run(move |service, call| service.give_link_again(call, id.0, forwarding))
        .await?;
    let public_url = &admin.settings().public_url;
    Ok(HttpResponse::Ok().json(MadeAccessLink::new(given, public_url)))
}

/// A mail about a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkLetter {
    /// The first part of its `Message-ID`, the same each time it is sent.
    id: Uuid,
    #[schema(value_type = words::LetterKind)]
    kind: LetterKind,
    to: String,
    #[schema(value_type = words::LetterState)]
    state: LetterState,
    /// How often it was tried.
    attempts: i64,
    /// When it is tried next, while it waits.
    due: Option<DateTime<Utc>>,
    /// What the mail server said last when it was not sent.
    last_error: Option<String>,
    created: DateTime<Utc>,
    /// When it was sent, or will not be any more.
    finished: Option<DateTime<Utc>>,
}

impl From<QueuedLetter> for LinkLetter {
    fn from(letter: QueuedLetter) -> Self {
        Self {
            id: letter.id.as_uuid(),
            kind: letter.kind,
            to: letter.recipient,
            state: letter.state,
            attempts: letter.attempts,
            due: letter.finished.is_none().then_some(letter.due),
            last_error: letter.last_error,
            created: letter.created,
            finished: letter.finished,
        }
    }
}

/// The columns of the export of letters.
const LETTER_COLUMNS: [&str; 9] = [
    "/id",
    "/kind",
    "/to",
    "/state",
    "/attempts",
    "/due",
    "/last_error",
    "/created",
    "/finished",
];

/// List the letters about a link
///
/// Where the link and its entry codes were mailed to, and how far each mail got. Never what it says.
#[utoipa::path(
    get,
    path = "/links/{id}/letters",
    operation_id = "listLinkLetters",
    tag = "Links",
    params(
        ("id" = Uuid, Path, description = "Id of the link."),
        Paging,
        ("sort" = Option<words::LetterSort>, Query, description = "Without it, `created`."),
    ),
    responses((status = 200, description = "A page of the letters, oldest first.", content((Page<LinkLetter> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn letters(
    admin: Admin,
    id: Id<LinkId>,
    wanted: List<Nothing, LetterSort>,
) -> Result<HttpResponse, Problem> {
    let link = id.0;
    wanted
        .answer::<_, LinkLetter, _>(&admin, &LETTER_COLUMNS, move |service, call, _, page| {
            service.list_letters(call, link, &page)
        })
        .await
}

/// Show an entry code
///
/// A new one, which takes the place of any other of this link. That it was shown is recorded.
#[utoipa::path(
    post,
    path = "/links/{id}/codes",
    operation_id = "showEntryCode",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the link.")),
    responses((status = 201, description = "The code.", body = EntryCode), ChangeProblems),
)]
async fn show_code(admin: Admin, id: Id<LinkId>) -> Result<HttpResponse, Problem> {
    let shown = admin
        .run(move |service, call| service.show_entry_code(call, id.0))
        .await?;
    Ok(HttpResponse::Created().json(EntryCode {
        code: shown.code,
        expires: shown.expires,
    }))
}
