//! What no handler took: other methods on known paths, paths of features that are not offered, and
//! paths nobody knows.

use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_scim::Error;

use super::{ALIAS, MOUNT, answer};

pub(crate) async fn answer(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    let below = path
        .strip_prefix(MOUNT)
        .or_else(|| path.strip_prefix(ALIAS))
        .unwrap_or(path);
    let segments: Vec<&str> = below
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let allowed = match segments.as_slice() {
        ["Users" | "Groups"] => "GET, HEAD, POST, OPTIONS",
        ["Users" | "Groups", _] => "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        ["ServiceProviderConfig" | "ResourceTypes" | "Schemas"]
        | ["ResourceTypes" | "Schemas", _] => "GET, HEAD, OPTIONS",
        ["Me", ..] => {
            let detail =
                "an access token stands for a provider, not for a person, so there is no /Me";
            return answer::refusal(&request, Error::new(501, None, detail));
        }
        [] | ["Bulk" | ".search"] | ["Users" | "Groups", ".search", ..] => {
            let detail = "this operation is not supported; see /ServiceProviderConfig";
            return answer::refusal(&request, Error::new(501, None, detail));
        }
        _ => {
            return answer::refusal(&request, Error::new(404, None, "there is no such endpoint"));
        }
    };
    if request.method() == Method::OPTIONS {
        return HttpResponse::NoContent()
            .insert_header((header::ALLOW, allowed))
            .finish();
    }
    let refused = Error::new(
        StatusCode::METHOD_NOT_ALLOWED.as_u16(),
        None,
        format!("allowed here: {allowed}"),
    );
    let mut response = answer::refusal(&request, refused);
    response
        .headers_mut()
        .insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    response
}
