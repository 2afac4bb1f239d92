//! The closed lists of words in the admin API, described for the OpenAPI document out of the very
//! enumerations that read and write them.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};
use vestibule_domain::{
    access, access_request, event, import, link, mail, placement, provider, timeline, vendor,
};
use vestibule_scim::Dialect as ScimDialect;
use vestibule_service::{self as service, Role as AdminRole, cockpit};

macro_rules! words {
    ($($(#[doc = $doc:literal])+ $schema:ident = $words:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub(crate) struct $schema;

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(SchemaType::new(Type::String))
                    .description(Some(concat!($($doc, "\n"),+).trim()))
                    .enum_values(Some($words))
                    .into()
            }
        }

        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($schema))
            }
        }
    )+};
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(name).collect()
}

/// The words of an order, and each behind `-` for the same the other way round.
fn both_ways<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<String> {
    all.iter()
        .copied()
        .map(name)
        .flat_map(|word| [word.to_owned(), format!("-{word}")])
        .collect()
}

words! {
    /// Whose people a provider pushes: staff, or vendors' people. Chosen at registration.
    UserType = names(provider::UserType::ALL, provider::UserType::name);
    /// Whether a provider may provision. None of these touches the access of people already in.
    ProviderState = names(provider::ProviderState::ALL, provider::ProviderState::name);
    /// Whether people get their access link without an administrator forwarding it.
    LinkDelivery = names(provider::LinkDelivery::ALL, provider::LinkDelivery::name);
    /// How literally a provider's client is held to the RFCs.
    Dialect = names(&[ScimDialect::Tolerant, ScimDialect::Strict], dialect);
    /// How far an administrator has let a vendor in.
    VendorStatus = names(vendor::VendorStatus::ALL, vendor::VendorStatus::name);
    /// Where a link came from.
    LinkOrigin = names(link::LinkOrigin::ALL, link::LinkOrigin::name);
    /// What a link is now.
    LinkState = names(link::LinkState::ALL, link::LinkState::name);
    /// What a mail about a link is for.
    LetterKind = names(mail::LetterKind::ALL, mail::LetterKind::name);
    /// How far a mail got: `unknown` was handed over without an answer, and is not sent twice.
    LetterState = names(mail::LetterState::ALL, mail::LetterState::name);
    /// Why a link ended before its time.
    LinkEnd = names(link::LinkEnd::ALL, link::LinkEnd::name);
    /// Whether the person may get in.
    Verdict = names(access::Verdict::ALL, access::Verdict::name);
    /// One link of the chain of reasons.
    Check = names(access::Check::ALL, access::Check::name);
    /// By which rule a vendor was chosen for a person.
    PlacementRule = names(placement::Rule::ALL, placement::Rule::name);
    /// What a credential is.
    CredentialKind = names(&cockpit::CredentialKind::ALL, cockpit::CredentialKind::name);
    /// Whether a credential works, and whether it ends within 30 days.
    CredentialState = names(&cockpit::CredentialState::ALL, cockpit::CredentialState::name);
    /// What credentials are sorted by; descending behind `-`.
    CredentialSort = both_ways(cockpit::CredentialSort::ALL, cockpit::CredentialSort::name);
    /// What the letters about a link are sorted by; descending behind `-`.
    LetterSort = both_ways(service::mail::LetterSort::ALL, service::mail::LetterSort::name);
    /// What activation tokens are sorted by; descending behind `-`.
    ActivationTokenSort = both_ways(service::credentials::TokenSort::ALL, service::credentials::TokenSort::name);
    /// What administrators are sorted by; descending behind `-`.
    AdministratorSort = both_ways(service::administrators::AdministratorSort::ALL, service::administrators::AdministratorSort::name);
    /// What API tokens are sorted by; descending behind `-`.
    AdminTokenSort = both_ways(service::administrators::AdminTokenSort::ALL, service::administrators::AdminTokenSort::name);
    /// What tolerances are sorted by; descending behind `-`.
    ToleranceSort = both_ways(service::providers::ToleranceSort::ALL, service::providers::ToleranceSort::name);
    /// What warnings are sorted by; descending behind `-`.
    WarningSort = both_ways(service::warnings::WarningSort::ALL, service::warnings::WarningSort::name);
    /// What a warning is about.
    WarningKind = service::warnings::KINDS;
    /// What happened.
    Action = names(event::Action::ALL, event::Action::name);
    /// What was changed.
    SubjectKind = names(event::SubjectKind::ALL, event::SubjectKind::name);
    /// What an administrator may do; each role may all that the one before it may.
    Role = names(&[AdminRole::Auditor, AdminRole::Operator, AdminRole::Administrator], AdminRole::name);
    /// Which of the provider's doors a request came to.
    RequestEndpoint = ["scim", "token"];
    /// What providers are sorted by; descending behind `-`.
    ProviderSort = both_ways(service::providers::ProviderSort::ALL, service::providers::ProviderSort::name);
    /// What vendors are sorted by; descending behind `-`.
    VendorSort = both_ways(service::vendors::VendorSort::ALL, service::vendors::VendorSort::name);
    /// What the people of a vendor are sorted by; descending behind `-`.
    PlacedSort = both_ways(service::vendors::PlacedSort::ALL, service::vendors::PlacedSort::name);
    /// What access groups are sorted by; descending behind `-`.
    AccessGroupSort = both_ways(service::access_groups::AccessGroupSort::ALL, service::access_groups::AccessGroupSort::name);
    /// What internal groups are sorted by; descending behind `-`.
    InternalGroupSort = both_ways(service::internal_groups::InternalGroupSort::ALL, service::internal_groups::InternalGroupSort::name);
    /// What people are sorted by; descending behind `-`.
    PersonSort = both_ways(service::people::PersonSort::ALL, service::people::PersonSort::name);
    /// What blocks are sorted by; descending behind `-`.
    BlockSort = both_ways(service::blocks::BlockSort::ALL, service::blocks::BlockSort::name);
    /// What access links are sorted by; descending behind `-`.
    LinkSort = both_ways(service::links::LinkSort::ALL, service::links::LinkSort::name);
    /// What became of an access request.
    RequestState = names(access_request::RequestState::ALL, access_request::RequestState::name);
    /// What access requests are sorted by; descending behind `-`.
    AccessRequestSort = both_ways(service::access_requests::AccessRequestSort::ALL, service::access_requests::AccessRequestSort::name);
    /// What became of a row of an imported table.
    RowOutcome = names(import::RowOutcome::ALL, import::RowOutcome::name);
    /// What happens by itself.
    MomentKind = names(timeline::MomentKind::ALL, timeline::MomentKind::name);
    /// What the timeline is sorted by; descending behind `-`.
    TimelineSort = both_ways(service::timeline::TimelineSort::ALL, service::timeline::TimelineSort::name);
    /// What events are sorted by; descending behind `-`.
    EventSort = both_ways(service::events::EventSort::ALL, service::events::EventSort::name);
    /// What refused requests are sorted by; descending behind `-`.
    RequestSort = both_ways(service::requests::RequestSort::ALL, service::requests::RequestSort::name);
}

fn dialect(dialect: ScimDialect) -> &'static str {
    match dialect {
        ScimDialect::Tolerant => "tolerant",
        ScimDialect::Strict => "strict",
    }
}
