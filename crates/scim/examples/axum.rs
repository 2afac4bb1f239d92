//! SCIM from axum handlers: users in a map in memory, with lists, `.search`, PATCH and discovery.
//!
//! `cargo run -p vestibule-scim --example axum`, then
//! `curl -H 'Authorization: Bearer example' 'http://127.0.0.1:3000/Users?filter=userName%20sw%20%22b%22'`.
//!
//! Whoever has the one fixed [`TOKEN`] may do everything. A server for more than oneself gives tokens out that
//! end, keeps no more than their digests, and compares these in constant time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json as object};
use vestibule_scim::filter::{match_document, matches};
use vestibule_scim::{
    AuthenticationScheme, Capabilities, Definitions, Error, Limits, ListQuery, ListRequest,
    PageLimits, PageMark, Patch, Projection, Registry, Resource, ResourceType, ScimType,
    Tolerances, discovery, json, list_response, patch,
};

const BASE: &str = "http://127.0.0.1:3000";
/// What the client shows as `Authorization: Bearer example`.
pub(crate) const TOKEN: &str = "example";

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, router()).await
}

/// All of it, to be mounted anywhere.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/ServiceProviderConfig", get(service_provider_config))
        .route("/ResourceTypes", get(resource_types))
        .route("/ResourceTypes/{id}", get(resource_type))
        .route("/Schemas", get(schemas))
        .route("/Schemas/{id}", get(schema))
        .route("/Users", get(list).post(create))
        .route("/Users/.search", post(search))
        .route(
            "/Users/{id}",
            get(read).put(replace).patch(modify).delete(delete),
        )
        .layer(from_fn(admit))
        .with_state(Arc::new(Server {
            // User and Group as RFC 7643 has them.
            registry: Registry::plain(&Definitions::default()).expect("nothing is defined wrongly"),
            users: Mutex::default(),
            ids: AtomicU64::default(),
        }))
}

struct Server {
    registry: Registry,
    users: Mutex<BTreeMap<String, Resource>>,
    /// How many ids were given out. None is given twice (RFC 7643, section 3.1).
    ids: AtomicU64,
}

type Shared = State<Arc<Server>>;

/// A refusal as RFC 7644, section 3.12 has it.
struct Refusal(Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, scim(Json(self.0).into_response())).into_response()
    }
}

fn scim(mut response: Response) -> Response {
    let media_type = header::HeaderValue::from_static("application/scim+json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response
}

/// RFC 7644, section 2: who is not known is answered 401 and told what to show.
async fn admit(request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION);
    let token = shown.and_then(|shown| {
        let (scheme, token) = shown.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    if token == Some(TOKEN) {
        return next.run(request).await;
    }
    let refusal = Refusal(Error::new(401, None, "show the bearer token"));
    ([(header::WWW_AUTHENTICATE, "Bearer")], refusal).into_response()
}

fn not_found(id: &str) -> Refusal {
    Refusal(Error::new(404, None, format!("there is no {id:?} here")))
}

impl Server {
    fn user_type(&self) -> &ResourceType {
        self.registry.by_name("User").expect("it is built in")
    }

    /// Runs a change of the users; nothing is kept of one that fails.
    fn users<T>(&self, run: impl FnOnce(&mut BTreeMap<String, Resource>) -> T) -> T {
        run(&mut self.users.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn parse(&self, body: &[u8]) -> Result<Resource, Error> {
        let limits = Limits::default();
        let body = json::parse(body, &limits)?;
        Resource::parse(self.user_type(), body, &limits, &mut Tolerances::default())
    }

    /// What the client wants back (RFC 7644, section 3.9).
    fn wanted(&self, query: Option<String>) -> Result<Projection, Error> {
        let request = asked(query)?;
        let (attributes, excluded) = (&request.attributes, &request.excluded_attributes);
        Projection::parse(
            self.user_type(),
            attributes.as_deref(),
            excluded.as_deref(),
            &Limits::default(),
            &mut Tolerances::default(),
        )
    }

    fn answer(
        &self,
        status: StatusCode,
        id: &str,
        user: &Resource,
        wanted: &Projection,
    ) -> Response {
        let location = format!("{BASE}/Users/{id}");
        let shown = wanted.apply(self.user_type(), represent(id, user));
        let body = scim(Json(shown).into_response());
        (status, [(header::LOCATION, location)], body).into_response()
    }

    /// RFC 7644, section 3.3: one `userName` stands for one user.
    fn check_unique(
        &self,
        users: &BTreeMap<String, Resource>,
        id: &str,
        new: &Resource,
    ) -> Result<(), Error> {
        let values = new.unique_values(self.user_type());
        let taken = users.iter().any(|(other, user)| {
            other != id
                && user
                    .unique_values(self.user_type())
                    .iter()
                    .any(|value| values.contains(value))
        });
        if taken {
            let detail = "userName: another user has it";
            return Err(Error::new(409, Some(ScimType::Uniqueness), detail));
        }
        Ok(())
    }

    fn page(&self, request: &ListRequest) -> Result<Response, Error> {
        let users = self.user_type();
        let query = ListQuery::parse(
            users,
            request,
            &Limits::default(),
            PageLimits::default(),
            &mut Tolerances::default(),
        )?;
        let found: Vec<Map<String, Value>> = self.users(|all| {
            all.iter()
                .map(|(id, user)| represent(id, user))
                .filter(|user| {
                    let condition = query.filter.as_ref();
                    condition
                        .is_none_or(|condition| matches(condition, &match_document(users, user)))
                })
                .collect()
        });
        let start = query.page.start_index();
        let skip = usize::try_from(start - 1).unwrap_or(usize::MAX);
        let take = usize::try_from(query.count).unwrap_or(usize::MAX);
        let page: Vec<String> = found
            .iter()
            .skip(skip)
            .take(take)
            .map(|user| Value::Object(query.projection.apply(users, user.clone())).to_string())
            .collect();
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let body = list_response(total, &PageMark::Index(start), &page);
        Ok(scim(body.into_response()))
    }
}

/// What goes out: what the client owns, and what the server knows besides.
fn represent(id: &str, user: &Resource) -> Map<String, Value> {
    let mut user = user.0.clone();
    let location = format!("{BASE}/Users/{id}");
    user.insert("id".to_owned(), object!(id));
    let meta = object!({"resourceType": "User", "location": location});
    user.insert("meta".to_owned(), meta);
    user
}

/// The parameters of a query.
fn asked(query: Option<String>) -> Result<ListRequest, Error> {
    let mut request = ListRequest::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        request.set(&name, value.into_owned())?;
    }
    Ok(request)
}

async fn create(
    State(server): Shared,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wanted = server.wanted(query)?;
    let user = server.parse(&body)?;
    server.users(|users| {
        let id = format!("{:08}", server.ids.fetch_add(1, Ordering::Relaxed) + 1);
        server.check_unique(users, &id, &user)?;
        let created = server.answer(StatusCode::CREATED, &id, &user, &wanted);
        users.insert(id, user);
        Ok(created)
    })
}

async fn read(
    State(server): Shared,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let wanted = server.wanted(query)?;
    server.users(|users| match users.get(&id) {
        Some(user) => Ok(server.answer(StatusCode::OK, &id, user, &wanted)),
        None => Err(not_found(&id)),
    })
}

async fn replace(
    State(server): Shared,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wanted = server.wanted(query)?;
    let user = server.parse(&body)?;
    server.users(|users| {
        let current = users.get(&id).ok_or_else(|| not_found(&id))?;
        let user = user.replacing(server.user_type(), current)?;
        server.check_unique(users, &id, &user)?;
        let replaced = server.answer(StatusCode::OK, &id, &user, &wanted);
        users.insert(id, user);
        Ok(replaced)
    })
}

async fn modify(
    State(server): Shared,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let wanted = server.wanted(query)?;
    let limits = Limits::default();
    let mut tolerances = Tolerances::default();
    let message = Patch::parse(json::parse(&body, &limits)?, &limits, &mut tolerances)?;
    server.users(|users| {
        let current = users.get(&id).ok_or_else(|| not_found(&id))?;
        let users_type = server.user_type();
        let user = patch::apply(&message, users_type, current, &limits, &mut tolerances)?;
        server.check_unique(users, &id, &user)?;
        let patched = server.answer(StatusCode::OK, &id, &user, &wanted);
        users.insert(id, user);
        Ok(patched)
    })
}

async fn delete(State(server): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    server
        .users(|users| users.remove(&id))
        .map(|_| StatusCode::NO_CONTENT)
        .ok_or_else(|| not_found(&id))
}

async fn list(State(server): Shared, RawQuery(query): RawQuery) -> Result<Response, Refusal> {
    Ok(server.page(&asked(query)?)?)
}

async fn search(State(server): Shared, body: Bytes) -> Result<Response, Refusal> {
    let limits = Limits::default();
    let body = json::parse(&body, &limits)?;
    let request = ListRequest::parse(body, &limits, &mut Tolerances::default())?;
    Ok(server.page(&request)?)
}

async fn service_provider_config() -> Response {
    let schemes = vec![AuthenticationScheme::BEARER_TOKEN];
    let capabilities = Capabilities::new(PageLimits::default().max, schemes);
    let location = format!("{BASE}/ServiceProviderConfig");
    let config = discovery::service_provider_config(&capabilities, &location);
    scim(Json(config).into_response())
}

async fn resource_types(State(server): Shared) -> Response {
    all(&discovery::resource_types(&[server.user_type()], BASE))
}

async fn schemas(State(server): Shared) -> Response {
    all(&discovery::schemas(&[server.user_type()], BASE))
}

async fn resource_type(State(server): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    one(&discovery::resource_types(&[server.user_type()], BASE), &id)
}

async fn schema(State(server): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    one(&discovery::schemas(&[server.user_type()], BASE), &id)
}

fn one(documents: &[Value], id: &str) -> Result<Response, Refusal> {
    documents
        .iter()
        .find(|document| document["id"] == id)
        .map(|document| scim(Json(document).into_response()))
        .ok_or_else(|| not_found(id))
}

fn all(documents: &[Value]) -> Response {
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    let total = u64::try_from(texts.len()).unwrap_or(u64::MAX);
    scim(list_response(total, &PageMark::Index(1), &texts).into_response())
}
