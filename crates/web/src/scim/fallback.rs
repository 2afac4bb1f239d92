//! What no handler took: resources of the types that administrators define, other methods on known
//! paths, and paths nobody knows.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode, header};
use vestibule_scim::Error;

use super::answer;
use super::body::Body;
use super::request::Scim;
use crate::routes::{Methods, read};

/// What may be asked of the resources of a defined type, of one of them, and of their search.
const MANY: &str = "GET, HEAD, POST, OPTIONS";
const ONE: &str = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";
const POST: &str = "POST, OPTIONS";

/// No id, wherever it stands for one.
const SEARCH: &str = ".search";

/// What no administrator can define.
const FIXED: [&str; 7] = [
    "Users",
    "Groups",
    "ServiceProviderConfig",
    "ResourceTypes",
    "Schemas",
    "Bulk",
    SEARCH,
];

pub(crate) async fn answer(scim: Scim, body: Body) -> HttpResponse {
    if let Some(methods) = Methods::of(&scim.request) {
        return other_method(&scim, &methods.listed());
    }
    let below = scim.request.match_info().unprocessed();
    let segments: Vec<String> = below
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(read)
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["Me", ..] => {
            let detail =
                "an access token stands for a provider, not for a person, so there is no /Me";
            answer::refusal(&scim.request, Error::new(501, None, detail))
        }
        [endpoint, rest @ ..] if !FIXED.contains(endpoint) && rest.len() < 2 => {
            defined(scim, endpoint, rest.first().copied(), body).await
        }
        _ => answer::refusal(&scim.request, Error::new(404, None, NOTHING)),
    }
}

const NOTHING: &str = "there is no such endpoint";

/// Resources of a type that an administrator defined, if there is such a type.
async fn defined(scim: Scim, endpoint: &str, id: Option<&str>, body: Body) -> HttpResponse {
    let method = scim.request.method().clone();
    let own = id.map(str::to_owned);
    match (method, own) {
        (Method::GET, None) => scim.list(Some(endpoint)).await,
        (Method::POST, None) => scim.create(endpoint, body).await,
        (Method::POST, Some(id)) if id == SEARCH => scim.search(Some(endpoint), body).await,
        (Method::GET, Some(id)) if id != SEARCH => scim.read(endpoint, id).await,
        (Method::PUT, Some(id)) if id != SEARCH => scim.replace(endpoint, id, body).await,
        (Method::PATCH, Some(id)) if id != SEARCH => scim.patch(endpoint, id, body).await,
        (Method::DELETE, Some(id)) if id != SEARCH => scim.delete(endpoint, id).await,
        (_, id) => {
            let (service, call) = (scim.web.service.clone(), scim.call.clone());
            let types = scim.web.read(move || service.read_types(&call)).await;
            match types {
                Err(error) => answer::error(&scim.request, &error),
                Ok(types) => match (types.at(endpoint), id.as_deref()) {
                    (Err(error), _) => answer::refusal(&scim.request, error),
                    (Ok(_), None) => other_method(&scim, MANY),
                    (Ok(_), Some(SEARCH)) => other_method(&scim, POST),
                    (Ok(_), Some(_)) => other_method(&scim, ONE),
                },
            }
        }
    }
}

/// Which methods there are: the answer to OPTIONS, or 405.
fn other_method(scim: &Scim, allowed: &str) -> HttpResponse {
    if scim.request.method() == Method::OPTIONS {
        return HttpResponse::NoContent()
            .insert_header((header::ALLOW, allowed))
            .finish();
    }
    let refused = Error::new(
        StatusCode::METHOD_NOT_ALLOWED.as_u16(),
        None,
        format!("allowed here: {allowed}"),
    );
    let mut response = answer::refusal(&scim.request, refused);
    if let Ok(allowed) = header::HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}
