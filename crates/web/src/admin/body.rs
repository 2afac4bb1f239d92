//! What an administrative request carries: bodies, parameters and ids, read strictly.
//!
//! Whoever is not authenticated is told that and nothing else, so a mistake is answered only after
//! the sender is known.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, Utc};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::{Map, Value};
use vestibule_domain::instant;
use vestibule_service::{AdminCall, Error, Precondition, Service};

use super::problem::{Kind, Problem};
use crate::admission::FULL;
use crate::blocking::blocking;
use crate::reading::{self, BodyError};
use crate::request::{self, Sender};
use crate::routes;
use crate::{Web, WebSettings};

/// Largest body in bytes: room for a thousand approvers of the greatest length.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// Characters of a parser's message that are passed on.
const MAX_MESSAGE: usize = 300;

pub(super) type Later<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// An administrative request: who sent it and what answers it.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    web: Web,
    pub(crate) call: AdminCall,
    pub(crate) request_id: String,
    /// What `If-Match` wants to be true.
    pub(crate) expected: Precondition,
}

/// What a request may say beside its body.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(
    dead_code,
    reason = "this type describes the wire; `expected` reads it"
)]
pub(super) struct IfMatch {
    /// Change only this version of it.
    // No `Option`, which would let it be null: a header that is absent is not.
    #[param(rename = "If-Match", required = false, example = "W/\"3\"")]
    version: String,
}

impl Admin {
    /// Runs one operation off the worker thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Service, &AdminCall) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let (service, call) = (self.web.service.clone(), self.call.clone());
        let answer = blocking(move || operation(&service, &call)).await;
        answer.map_err(|error| Problem::from_error(error, &self.request_id))
    }

    /// Runs a short indexed read; see [`Web::read`].
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Service, &AdminCall) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let (service, call) = (self.web.service.clone(), self.call.clone());
        let answer = self.web.read(move || operation(&service, &call)).await;
        answer.map_err(|error| Problem::from_error(error, &self.request_id))
    }

    pub(crate) fn settings(&self) -> &WebSettings {
        &self.web.settings
    }

    /// The problem with the request, unless its sender is not even known.
    pub(super) async fn answer(&self, problem: Problem) -> Problem {
        match self.run(Service::identify).await {
            Ok(_) => problem,
            Err(unauthenticated) => unauthenticated,
        }
    }

    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let request_id = request::request_id(request);
        let broken = || Problem::new(Kind::Internal, "the server made a mistake", &request_id);
        let web = request.app_data::<web::Data<Web>>().ok_or_else(broken)?;
        let sender = Sender::from_request(request, &mut Payload::None)
            .into_inner()
            .map_err(|_| broken())?;
        Ok(Self {
            web: web.get_ref().clone(),
            call: sender.admin_call(),
            expected: expected(request),
            request_id,
        })
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// The versions in `If-Match` (RFC 9110, section 13.1.1). A tag that this server never gave matches no
/// version, so that nothing is changed by mistake.
fn expected(request: &HttpRequest) -> Precondition {
    let lines = request.headers().get_all(IF_MATCH);
    let lines: Vec<&str> = lines
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    Precondition::parse(
        (!lines.is_empty()).then(|| lines.join(",")).as_deref(),
        None,
    )
}

/// The JSON body, strictly as described: no unknown or repeated field, no wrong type, no U+0000. An
/// empty body is read as `{}`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let admin = Admin::of(&request)?;
            match read(&request, payload, &admin.request_id).await {
                Ok(value) => Ok(Self(value)),
                Err(problem) => Err(admin.answer(problem).await),
            }
        })
    }
}

/// That there is no body: what would be passed over silently is refused.
#[derive(Debug)]
pub(super) struct NoBody;

impl FromRequest for NoBody {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let admin = Admin::of(&request)?;
            let problem = match whole(&request, &mut payload, MAX_BODY, &admin.request_id).await {
                Ok(body) if body.is_empty() => return Ok(Self),
                Ok(_) => Problem::new(
                    Kind::Invalid,
                    "the address says all there is to say: send no body",
                    &admin.request_id,
                ),
                Err(problem) => problem,
            };
            Err(admin.answer(problem).await)
        })
    }
}

async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    mut payload: Payload,
    id: &str,
) -> Result<T, Problem> {
    let body = whole(request, &mut payload, MAX_BODY, id).await?;
    if body.is_empty() {
        return parse(b"{}", id);
    }
    if !is_json(request) {
        return Err(Problem::new(
            Kind::UnsupportedMediaType,
            "send Content-Type: application/json",
            id,
        ));
    }
    parse(&body, id)
}

/// The body as it is, of at most `limit` bytes.
pub(super) async fn uploaded(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
    id: &str,
) -> Result<web::Bytes, Problem> {
    whole(request, &mut payload.into_inner(), limit, id).await
}

async fn whole(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
    id: &str,
) -> Result<web::Bytes, Problem> {
    reading::body(request, payload, limit)
        .await
        .map_err(|error| match error {
            BodyError::TooLarge { limit } => Problem::new(
                Kind::TooLarge,
                format!("the body has more than {limit} bytes"),
                id,
            ),
            BodyError::TooSlow => {
                Problem::new(Kind::TooSlow, "the body took too long to arrive", id)
            }
            BodyError::Full => Problem::from_error(FULL, id),
            BodyError::Broken => Problem::new(Kind::Invalid, "the body did not arrive whole", id),
        })
}

fn is_json(request: &HttpRequest) -> bool {
    let Some(value) = request.headers().get(CONTENT_TYPE) else {
        return true;
    };
    let essence = request::media_type(value);
    ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|json| essence.eq_ignore_ascii_case(json))
}

fn parse<T: DeserializeOwned>(body: &[u8], id: &str) -> Result<T, Problem> {
    if holds_nul(body) {
        return Err(Problem::new(
            Kind::Invalid,
            "the body holds the character U+0000",
            id,
        ));
    }
    // Else an array would be read as the fields in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(
            Kind::Invalid,
            "the body is not a JSON object",
            id,
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let broken = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err();
        if broken {
            return Problem::new(Kind::Invalid, format!("the body is not JSON: {error}"), id);
        }
        // The field says where; what a body of one line has no use for is left out.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = match message.strip_suffix(&place).unwrap_or(&message) {
            // What is not one of several words.
            "expected value" => "a value of another kind is wanted",
            message => message,
        };
        at_field(&path, message, id)
    })?;
    json.end().map_err(|error| {
        Problem::new(Kind::Invalid, format!("the body is not JSON: {error}"), id)
    })?;
    Ok(value)
}

/// Whether an escape in the JSON text stands for U+0000. Plain, JSON does not have it in strings.
fn holds_nul(json: &[u8]) -> bool {
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'\\' && bytes.next() == Some(&b'u') && bytes.as_slice().starts_with(b"0000") {
            return true;
        }
    }
    false
}

/// The problem with a field: serde puts the name of a missing, unknown or repeated one into its
/// message only.
fn at_field(path: &str, message: &str, id: &str) -> Problem {
    let message: String = message.chars().take(MAX_MESSAGE).collect();
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split('`').next());
    let path = if path == "." { "" } else { path };
    let field = match named {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path != name && !path.ends_with(&format!(".{name}")) => {
            format!("{path}.{name}")
        }
        _ => path.to_owned(),
    };
    if field.is_empty() {
        return Problem::new(Kind::Invalid, message, id);
    }
    Problem::invalid(field.clone(), format!("{field}: {message}"), id)
}

/// The query parameters, strictly as described.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let admin = Admin::of(&request)?;
            match understood(request.query_string(), &admin.request_id) {
                Ok(value) => Ok(Self(value)),
                Err(problem) => Err(admin.answer(problem).await),
            }
        })
    }
}

fn understood<T: DeserializeOwned>(query: &str, id: &str) -> Result<T, Problem> {
    as_described(parameters(query, id)?, id)
}

/// Parameters as what they are described to be.
pub(super) fn as_described<T: DeserializeOwned>(
    parameters: Map<String, Value>,
    id: &str,
) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Object(parameters))
        .map_err(|error| at_field(&error.path().to_string(), &error.inner().to_string(), id))
}

/// The parameters of a query, each given once.
pub(super) fn parameters(query: &str, id: &str) -> Result<Map<String, Value>, Problem> {
    let mut map = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let name: String = name.chars().take(64).collect();
        if value.contains('\0') {
            return Err(Problem::invalid(
                name,
                "the parameter holds the character U+0000",
                id,
            ));
        }
        if map
            .insert(name.clone(), Value::String(value.into_owned()))
            .is_some()
        {
            return Err(Problem::invalid(name, "the parameter is given twice", id));
        }
    }
    Ok(map)
}

/// The id in the path. What is no id at all is the id of nothing.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

/// Both ids in the path.
#[derive(Debug)]
pub(crate) struct Ids<A, B>(pub(crate) A, pub(crate) B);

impl<T: FromStr + 'static> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match segment(&request, 0) {
                Some(id) => Ok(Self(id)),
                None => Err(unknown(&request).await),
            }
        })
    }
}

impl<A: FromStr + 'static, B: FromStr + 'static> FromRequest for Ids<A, B> {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match (segment(&request, 0), segment(&request, 1)) {
                (Some(first), Some(second)) => Ok(Self(first, second)),
                _ => Err(unknown(&request).await),
            }
        })
    }
}

/// The name in the path.
#[derive(Debug)]
pub(crate) struct Name(pub(crate) String);

impl FromRequest for Name {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match segment(&request, 0) {
                Some(name) => Ok(Self(name)),
                None => Err(unknown(&request).await),
            }
        })
    }
}

/// What stands in the path at `index`, if it can be read so.
fn segment<T: FromStr>(request: &HttpRequest, index: usize) -> Option<T> {
    let text = routes::segment(request, index).filter(|text| !text.contains('\0'))?;
    text.parse().ok()
}

async fn unknown(request: &HttpRequest) -> Problem {
    match Admin::of(request) {
        Ok(admin) => {
            admin
                .answer(Problem::new(
                    Kind::NotFound,
                    "nothing has this id",
                    &admin.request_id,
                ))
                .await
        }
        Err(problem) => problem,
    }
}

/// An instant (RFC 3339), or a date, which stands for its first moment in UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When(DateTime<Utc>);

impl From<When> for DateTime<Utc> {
    fn from(when: When) -> Self {
        when.0
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        instant::parse(&text).map(Self).ok_or_else(|| {
            // Where a `+` of a query was not escaped.
            D::Error::custom(if text.contains(' ') {
                "use an instant such as 2026-03-01T22:00:00Z; in a query, + is written %2B"
            } else {
                "use an instant such as 2026-03-01T22:00:00Z or a date such as 2026-03-01"
            })
        })
    }
}

/// A field of a merge of settings (RFC 7396): left out, it stays what it is. Null only where `T` has
/// a place for it.
#[derive(Debug, Clone)]
pub(crate) struct Given<T>(Option<T>);

impl<T> Given<T> {
    /// Puts what was given in the place of what was there.
    pub(crate) fn put(self, place: &mut T) {
        if let Some(value) = self.0 {
            *place = value;
        }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Given<U> {
        Given(self.0.map(change))
    }
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

/// The text of a resource's `ETag`.
pub(crate) fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}
