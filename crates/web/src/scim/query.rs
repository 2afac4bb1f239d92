//! The query of a SCIM request (RFC 7644, sections 3.4.2 and 3.9).

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use vestibule_scim::{Error, ListRequest};

/// The parameters of a request, or what is wrong with them.
#[derive(Debug, Clone)]
pub(crate) struct Query(Result<ListRequest, Error>);

impl Query {
    pub(crate) fn list(&self) -> Result<ListRequest, Error> {
        self.0.clone()
    }

    /// Whether the client says which attributes it wants back.
    pub(crate) fn projects(&self) -> bool {
        self.0.as_ref().is_ok_and(|request| {
            request.attributes.is_some() || request.excluded_attributes.is_some()
        })
    }

    fn parse(text: &str) -> Result<ListRequest, Error> {
        let mut request = ListRequest::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            request.set(&name, value.into_owned())?;
        }
        Ok(request)
    }
}

impl FromRequest for Query {
    type Error = Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Self::parse(request.query_string()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_of_a_space_are_read() {
        for text in [
            "filter=userName+eq+%22a%22",
            "filter=userName%20eq%20%22a%22",
            "FILTER=userName%20eq%20%22a%22",
        ] {
            assert_eq!(
                Query::parse(text).unwrap().filter.as_deref(),
                Some("userName eq \"a\"")
            );
        }
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        assert!(
            Query::parse("count=1&count=2")
                .unwrap_err()
                .detail
                .contains("`count`")
        );
    }
}
