//! The closed lists of words in the admin API, described for the OpenAPI document out of the very
//! enumerations that read and write them.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};
use vestibule_domain::{access, event, link, placement, provider, vendor};
use vestibule_scim::Dialect as ScimDialect;
use vestibule_service::Role as AdminRole;

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
    /// Why a link ended before its time.
    LinkEnd = names(link::LinkEnd::ALL, link::LinkEnd::name);
    /// Whether the person may get in.
    Verdict = names(access::Verdict::ALL, access::Verdict::name);
    /// One link of the chain of reasons.
    Check = names(access::Check::ALL, access::Check::name);
    /// By which rule a vendor was chosen for a person.
    PlacementRule = names(placement::Rule::ALL, placement::Rule::name);
    /// What happened.
    Action = names(event::Action::ALL, event::Action::name);
    /// What was changed.
    SubjectKind = names(event::SubjectKind::ALL, event::SubjectKind::name);
    /// What an administrator may do; each role may all that the one before it may.
    Role = names(&[AdminRole::Auditor, AdminRole::Operator, AdminRole::Administrator], AdminRole::name);
}

fn dialect(dialect: ScimDialect) -> &'static str {
    match dialect {
        ScimDialect::Tolerant => "tolerant",
        ScimDialect::Strict => "strict",
    }
}
