//! Slashes that say nothing: several in a row mean one, and those at the end of a path none.

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// Leaves out of a request's path what says nothing. Nearly no path has any such slash, and the look
/// for one is all that this costs them.
pub(crate) fn tidy(request: &mut ServiceRequest) {
    let Some(uri) = tidied(request.uri()) else {
        return;
    };
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
}

/// The address without those slashes; none where it has none.
fn tidied(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if path.len() < 2 || !(path.ends_with('/') || path.contains("//")) {
        return None;
    }
    let mut tidy = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        tidy.push('/');
        tidy.push_str(segment);
    }
    if tidy.is_empty() {
        tidy.push('/');
    }
    if let Some(query) = uri.query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(tidy).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slashes_that_say_nothing_go() {
        for (sent, meant) in [
            ("/scim/v2/Users/", "/scim/v2/Users"),
            (
                "//scim///v2/Users?filter=a//b/",
                "/scim/v2/Users?filter=a//b/",
            ),
            ("/scim/v2/Users//?", "/scim/v2/Users?"),
            ("///", "/"),
            ("/a%2F/b", "/a%2F/b"),
            ("http://h.example//a/", "http://h.example/a"),
        ] {
            let uri: Uri = sent.parse().unwrap();
            let tidy = tidied(&uri).unwrap_or(uri);
            assert_eq!(tidy.to_string(), meant, "{sent}");
        }
        for same in ["/", "/scim/v2/Users/1?a=/", "*", "/a%2F"] {
            let uri: Uri = same.parse().unwrap();
            assert_eq!(tidied(&uri), None, "{same}");
        }
    }
}
