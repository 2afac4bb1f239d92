//! Codings of answers (RFC 9110, section 12.5.3).

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, Encoding, Header, HeaderValue, VARY,
};
use actix_web::middleware::Next;

/// Lets whoever accepts no coding there is have the answer without one, rather than a 406 that is no SCIM,
/// and tells caches what an answer was chosen by, whether or not it came out coded (section 12.5.5).
pub(super) async fn settle<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let known = [Encoding::identity(), Encoding::gzip(), Encoding::deflate()];
    let settled = AcceptEncoding::parse(&request)
        .is_ok_and(|accepted| accepted.negotiate(known.iter()).is_some());
    if !settled {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    let mut answer = next.call(request).await?;
    if answer.headers().contains_key(VARY) {
        let chosen_by = HeaderValue::from_static("Accept, Accept-Encoding");
        answer.headers_mut().insert(VARY, chosen_by);
    }
    Ok(answer)
}
