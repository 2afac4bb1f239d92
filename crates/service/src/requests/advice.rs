//! What to do about a refused request.

use vestibule_storage::requests::Refused;

/// Said to whoever set up the provider.
pub(super) fn advice(refused: &Refused) -> &'static str {
    match (refused.status, refused.code.as_deref()) {
        (_, Some("invalid_client")) => {
            "Compare client id and secret in the product with the provider's page; if the secret is lost, rotate it. \
             The provider must be neither disabled nor past its validity."
        }
        (_, Some("unauthorized_client")) => {
            "Add the address or referrer that the request came from to the provider's allow-lists, if it is the \
             product's own."
        }
        (_, Some("invalid_scope")) => {
            "Let the product ask for a scope that the provider allows, or for none; or allow it in the provider's \
             settings."
        }
        (_, Some("unsupported_grant_type")) => {
            "Set the product to the grant type client_credentials; no other is offered."
        }
        (_, Some("invalid_request")) => {
            "Look at how the product builds its token request: the reason names the parameter."
        }
        (401, _) => {
            "Let the product fetch a new token. If it uses a pasted token, issue a new activation token and paste that. \
             The provider must be neither disabled nor past its validity."
        }
        (403, _) if refused.reason.contains("scope") => {
            "Issue the token with a scope that reaches, or allow the scope in the provider's settings."
        }
        (403, _) => {
            "Add the address or referrer that the request came from to the provider's allow-lists, if it is the \
             product's own."
        }
        (404, _) if refused.target.contains("/Users/") || refused.target.contains("/Groups/") => {
            "The product knows an id that this provider does not have (any more): let it import anew, so that it \
             finds the resource by name or creates it."
        }
        (404, _) => "Compare the base URL in the product with the one on the provider's page.",
        (_, Some("uniqueness")) => {
            "The name or e-mail is taken: free it at its present owner, or correct it at the source."
        }
        (_, Some("invalidFilter")) => {
            "Correct the filter in the product's mapping: the reason says where it breaks off."
        }
        (_, Some("invalidPath" | "noTarget")) => {
            "Correct the attribute mapping in the product: the reason names the path."
        }
        (_, Some("mutability")) => {
            "Take the attribute out of the product's mapping: it cannot be written."
        }
        (409 | 412, _) => {
            "Nothing, if the product tries again with what it reads now; somebody else changed it first."
        }
        (413 | 408, _) => {
            "Let the product send smaller requests, or raise max_body_bytes; a slow network shows as 408."
        }
        (415, _) => "Let the product send application/scim+json.",
        (405 | 501, _) => {
            "Switch the feature off in the product: this server does not offer it there."
        }
        (429, _) => {
            "Nothing, if the product obeys Retry-After; else slow it down, or raise the provider's rate limit."
        }
        (503, _) if refused.reason.contains("paused") => {
            "Resume the provider when it may go on; until then the product is asked to come again."
        }
        (503, _) => {
            "Nothing, if it stays an exception: the product tries again. Else look at the database and the load."
        }
        (500.., _) => "Search the server's log for the trace id and report what it says.",
        (400, _) => {
            "Correct the attribute mapping in the product: the reason names what is wrong and where."
        }
        _ => "Look at the reason.",
    }
}
