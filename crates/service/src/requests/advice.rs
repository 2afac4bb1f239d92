//! What to do about a refused request.

use super::RefusedRequest;

vestibule_domain::sentences! {
    /// Said to whoever set up the provider.
    pub enum Advice {
        CompareSecret = "compare_secret"
            "Compare client id and secret in the product with the provider's page; if the secret is lost, rotate it. The provider must be neither disabled nor past its validity.",
        AllowMethod = "allow_method"
            "Set the product to one of the ways of authenticating on the provider's page, or allow there the one it uses.",
        CompareAssertion = "compare_assertion"
            "Compare issuer, subject, audience and keys on the provider's page with what the product's token says; clocks may differ by a minute.",
        ReachKeys = "reach_keys"
            "Compare the address of the keys on the provider's page with the product's, and see that this server reaches it; an address inside the network takes call_private_addresses.",
        RenewCertificate = "renew_certificate"
            "Renew the product's certificate, or set the clock right that is wrong.",
        CompareCertificate = "compare_certificate"
            "Compare the certificate on the provider's page with the one the product presents; it may have been renewed.",
        Allow = "allow"
            "Add the address or referrer that the request came from to the provider's allow-lists, if it is the product's own.",
        AskedScope = "asked_scope"
            "Let the product ask for a scope that the provider allows, or for none; or allow it in the provider's settings.",
        GrantType = "grant_type"
            "Set the product to the grant type client_credentials; no other is offered.",
        TokenRequest = "token_request"
            "Look at how the product builds its token request: the reason names the parameter.",
        NewToken = "new_token"
            "Let the product fetch a new token. If it uses a pasted token, issue a new activation token and paste that. The provider must be neither disabled nor past its validity.",
        WiderScope = "wider_scope"
            "Issue the token with a scope that reaches, or allow the scope in the provider's settings.",
        ImportAnew = "import_anew"
            "The product knows an id that this provider does not have (any more): let it import anew, so that it finds the resource by name or creates it.",
        BaseUrl = "base_url"
            "Compare the base URL in the product with the one on the provider's page.",
        FreeName = "free_name"
            "The name or e-mail is taken: free it at its present owner, or correct it at the source.",
        Filter = "filter"
            "Correct the filter in the product's mapping: the reason says where it breaks off.",
        Path = "path"
            "Correct the attribute mapping in the product: the reason names the path.",
        ReadOnly = "read_only"
            "Take the attribute out of the product's mapping: it cannot be written.",
        ComeAgain = "come_again"
            "Nothing, if the product tries again with what it reads now; somebody else changed it first.",
        Smaller = "smaller"
            "Let the product send smaller requests, or raise max_body_bytes; a slow network shows as 408.",
        MediaType = "media_type" "Let the product send application/scim+json.",
        SwitchOff = "switch_off"
            "Switch the feature off in the product: this server does not offer it there.",
        Slower = "slower"
            "Nothing, if the product obeys Retry-After; else slow it down, or raise the provider's rate limit.",
        Resume = "resume"
            "Resume the provider when it may go on; until then the product is asked to come again.",
        Wait = "wait"
            "Nothing, if it stays an exception: the product tries again. Else look at the database and the load.",
        Log = "log" "Search the server's log for the trace id and report what it says.",
        Mapping = "mapping"
            "Correct the attribute mapping in the product: the reason names what is wrong and where.",
        Readable = "readable"
            "Look at how the product builds this request: the reason says where its JSON, or its message, cannot be read.",
        Look = "look" "Look at the reason.",
    }
}

impl Advice {
    pub(super) fn about(refused: &RefusedRequest) -> Self {
        match (refused.status, refused.code.as_deref()) {
            (_, Some("invalid_client")) => Self::about_proof(refused),
            (_, Some("unauthorized_client")) => Self::Allow,
            (_, Some("invalid_scope")) => Self::AskedScope,
            (_, Some("unsupported_grant_type")) => Self::GrantType,
            (_, Some("invalid_request")) => Self::TokenRequest,
            (403, _) if refused.reason.contains("scope") => Self::WiderScope,
            (404, _) if refused.of_one_resource() => Self::ImportAnew,
            (_, Some("uniqueness")) => Self::FreeName,
            (_, Some("invalidFilter")) => Self::Filter,
            (_, Some("invalidPath" | "noTarget")) => Self::Path,
            (_, Some("mutability")) => Self::ReadOnly,
            (_, Some("invalidSyntax")) => Self::Readable,
            (503, _) if refused.reason.contains("paused") => Self::Resume,
            (400, _) if refused.of_unknown_member() => Self::ImportAnew,
            (status, _) => Self::of_status(status),
        }
    }

    /// About a client whose proof does not hold.
    fn about_proof(refused: &RefusedRequest) -> Self {
        match refused.why().map(|why| why.code) {
            Some(
                "issuer" | "audience" | "assertion_expired" | "too_long" | "early" | "jti" | "used"
                | "algorithm" | "no_key" | "signature" | "no_jwt",
            ) => Self::CompareAssertion,
            Some("keys_missing") => Self::ReachKeys,
            Some("method") => Self::AllowMethod,
            Some("certificate_expired") => Self::RenewCertificate,
            Some("certificate" | "untrusted") => Self::CompareCertificate,
            _ => Self::CompareSecret,
        }
    }

    /// What to do about an answer of which the status alone is known.
    pub fn of_status(status: u16) -> Self {
        match status {
            400 => Self::Mapping,
            401 => Self::NewToken,
            403 => Self::Allow,
            404 => Self::BaseUrl,
            409 | 412 => Self::ComeAgain,
            408 | 413 => Self::Smaller,
            415 => Self::MediaType,
            405 | 501 => Self::SwitchOff,
            429 => Self::Slower,
            503 => Self::Wait,
            500.. => Self::Log,
            _ => Self::Look,
        }
    }
}
