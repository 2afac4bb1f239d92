//! Why a request was refused, as far as that has a code by which other languages have it too.

use vestibule_oauth::Unproven;

vestibule_domain::sentences! {
    /// Reasons of refused requests. What they are not is told in the words of the answer alone.
    pub enum Why {
        NoCredential = "no_credential" "no credential was sent, or none that can be read",
        Malformed = "malformed"
            "the access token is malformed: mistyped or cut off, as its checksum shows",
        NeverIssued = "never_issued"
            "the access token was never issued here, was revoked, or expired a while ago",
        Expired = "expired" "the access token expired at {at}",
        UnknownClient = "unknown_client" "no provider has this client id",
        WrongSecret = "wrong_secret" "the client secret is not one that works",
        Method = "method" "the client may not authenticate in this way",
        Issuer = "issuer"
            "the assertion's issuer and subject are not the client, nor a federation of it",
        Audience = "audience" "the assertion is not made for this server",
        AssertionExpired = "assertion_expired" "the assertion has expired",
        TooLong = "too_long" "the assertion's exp lies too far ahead",
        Early = "early" "the assertion is not yet valid",
        Jti = "jti" "the assertion has no jti, or one that is too long",
        Used = "used" "the assertion was used before",
        Algorithm = "algorithm" "the assertion's algorithm is not allowed",
        NoKey = "no_key" "there is no key for the assertion's kid, or none could be fetched",
        KeysMissing = "keys_missing" "the keys at {address} cannot be fetched: {why}",
        Signature = "signature" "the assertion's signature is wrong",
        Certificate = "certificate" "the certificate is none that the provider is registered with",
        CertificateExpired = "certificate_expired"
            "the certificate has expired, or is not yet valid",
        Untrusted = "untrusted"
            "the certificate's chain leads to no authority that is trusted for clients",
        Disabled = "disabled" "the provider is disabled",
        ValidityEnded = "validity_ended" "the provider's validity has ended",
        Address = "address" "the source address {address} is not allowed for this provider",
        Referrer = "referrer" "the HTTP referrer is not allowed for this provider",
        Paused = "paused" "the provider is paused",
        Scope = "scope" "the token's scope is too small: `{needed}` is needed",
        OverRate = "over_rate" "the provider makes more requests than its limit allows",
        Throttled = "throttled" "too many failed client authentications from this address",
        Full = "full" "the server is full at the moment",
        Unavailable = "unavailable" "the service is not available at the moment",
        Mistake = "mistake" "the server made a mistake",
        EmailTaken = "email_taken" "the e-mail address is already in use",
        Taken = "taken" "{attribute} is already in use",
        NotHere = "not_here" "no {kind} has this id",
        Changed = "changed"
            "the resource is not as If-Match or If-None-Match asks for it: read it again",
        Nowhere = "nowhere" "there is nothing at this path; the SCIM base URL is {url}",
        NoEndpoint = "no_endpoint"
            "there is no such endpoint; the token endpoint ends in /token",
        NoSuchEndpoint = "no_such_endpoint" "there is no such endpoint",
        NoJwt = "no_jwt" "the client assertion is no JWT",
        NoAuthentication = "no_authentication" "no client authentication",
        NoSuchMember = "no_such_member"
            "members[{index}].value: no user or group of this provider has the id `{id}`",
        GrantType = "grant_type" "the grant type must be client_credentials",
    }
}

impl Why {
    /// Why a client's proof could not even be checked, as its answer says; none where that is not why.
    pub(super) fn unread_proof(answer: &str) -> Option<Self> {
        [Self::NoJwt, Self::NoAuthentication]
            .into_iter()
            .find(|one| one.english() == answer)
    }
}

impl From<Unproven> for Why {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::UnknownClient => Self::UnknownClient,
            Unproven::Method => Self::Method,
            Unproven::Secret => Self::WrongSecret,
            Unproven::Issuer => Self::Issuer,
            Unproven::Audience => Self::Audience,
            Unproven::Expired => Self::AssertionExpired,
            Unproven::TooLong => Self::TooLong,
            Unproven::Early => Self::Early,
            Unproven::Jti => Self::Jti,
            Unproven::Used => Self::Used,
            Unproven::Algorithm => Self::Algorithm,
            Unproven::NoKey => Self::NoKey,
            Unproven::Signature => Self::Signature,
            Unproven::Certificate => Self::Certificate,
            Unproven::CertificateExpired => Self::CertificateExpired,
            Unproven::Untrusted => Self::Untrusted,
        }
    }
}
