//! The query of a SCIM request (RFC 7644, sections 3.4.2 and 3.9).

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;
use vestibule_scim::{Error, ListRequest, ScimType};
use vestibule_service::Wanted;

/// The parameters of a request, or what is wrong with them.
#[derive(Debug, Clone)]
pub(crate) struct Query(Result<ListRequest, Error>);

impl Query {
    pub(crate) fn list(&self) -> Result<ListRequest, Error> {
        self.0.clone()
    }

    /// Which attributes the client wants back.
    pub(crate) fn wanted(&self) -> Result<Wanted, Error> {
        let request = self.0.clone()?;
        Ok(Wanted {
            attributes: request.attributes,
            excluded_attributes: request.excluded_attributes,
        })
    }

    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(Self::parse(request.query_string()))
    }

    /// Whether there is a filter, however the rest may read.
    pub(crate) fn has_filter(request: &HttpRequest) -> bool {
        url::form_urlencoded::parse(request.query_string().as_bytes())
            .any(|(name, _)| name.eq_ignore_ascii_case("filter"))
    }

    fn parse(text: &str) -> Result<ListRequest, Error> {
        if percent_decode_str(text).decode_utf8().is_err() {
            let detail = "the query is not UTF-8 once its percent-encodings are read";
            return Err(Error::bad_request(ScimType::InvalidSyntax, detail));
        }
        let mut request = ListRequest::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            request.set(&name, value.into_owned())?;
        }
        Ok(request)
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
    fn what_is_not_text_is_refused() {
        let error = Query::parse("filter=userName%20eq%20%22%ff%22").unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax));
        assert!(Query::parse("filter=userName%20eq%20%22%C3%A9%22&x=100%").is_ok());
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
