//! The OpenAPI document, collected from the routes themselves.

mod rendering;

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{OpenApi, PathItem, Ref, RefOr, SecurityRequirement};
use utoipa::{Modify, OpenApi as _};

use crate::routes::Routes;
use crate::{admin, describable, oauth, scim};

/// The administrator's API token.
const ADMIN: &str = "admin_token";
/// A provider's access or activation token.
const BEARER: &str = "provider_token";
/// Where a provider gets its access tokens.
const CLIENT: &str = "client_credentials";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        description = "Provisioning over SCIM 2.0, its token endpoint, and the administration of both.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(
        admin::problem::Document, scim::documents::ScimError, admin::list::Format, admin::words::ProviderSort,
        admin::words::VendorSort, admin::words::PlacedSort, admin::words::AccessGroupSort, admin::words::InternalGroupSort,
        admin::words::PersonSort, admin::words::BlockSort, admin::words::EventSort, admin::words::RequestSort, admin::words::TimelineSort,
        admin::words::AccessRequestSort, admin::words::LinkSort, admin::words::LetterSort, admin::words::CredentialSort, admin::words::CredentialState, admin::words::WarningKind,
        admin::words::ActivationTokenSort, admin::words::AdministratorSort, admin::words::AdminTokenSort,
        admin::words::ToleranceSort, admin::words::WarningSort,
    )),
    modifiers(&Shared),
    tags(
        (name = "OAuth", description = "Access tokens for providers (RFC 6749, client credentials)."),
        (name = "SCIM", description = "What a provider pushes (RFC 7643, RFC 7644). Also served under `/scim/v2`."),
        (name = "Providers", description = "The registered sources of people and groups."),
        (name = "Credentials", description = "A provider's client secrets and activation tokens."),
        (name = "Requests", description = "What was refused over SCIM and at the token endpoint, and why."),
        (name = "Vendors", description = "The outside companies that come into being with a provider's groups."),
        (name = "Access groups", description = "The policies of remote access."),
        (name = "Internal groups", description = "Groups of staff, and the access groups they are tied to."),
        (name = "People", description = "Who was pushed, who is blocked, and who may get in."),
        (name = "Links", description = "Personal ways in, the codes for each entry, and the button that ends them all."),
        (name = "Schemas", description = "What resources may hold beside the built-in attributes."),
        (name = "Entrance", description = "Where people enter by their access link, and the keys that prove it to the gateway."),
        (name = "Events", description = "The sealed record of every change."),
        (name = "Access requests", description = "Links that others have to approve first."),
        (name = "Timeline", description = "What time alone will change."),
        (name = "Health", description = "Whether the server keeps up."),
        (name = "Administrators", description = "Who may use this API."),
        (name = "Set-up", description = "The page that makes the first administrator."),
    ),
)]
struct Description;

/// What operations refer to by name.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = |text: &str| {
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some(text))
                    .build(),
            )
        };
        let scopes = Scopes::from_iter([
            ("scim", "Everything over SCIM"),
            ("scim:read", "Read resources"),
            ("scim:write", "Create, change and delete resources"),
        ]);
        let flow = Flow::ClientCredentials(ClientCredentials::new(
            format!("{}/token", oauth::ISSUER),
            scopes,
        ));
        let components = document.components.get_or_insert_default();
        for (name, response) in admin::problem::components() {
            components
                .responses
                .insert(name.to_owned(), response.into());
        }
        components.add_security_scheme(ADMIN, bearer("An administrator's API token (`vap_...`)."));
        components.add_security_scheme(
            BEARER,
            bearer("An access token or activation token of a provider (`vat_...`)."),
        );
        components.add_security_scheme(
            CLIENT,
            SecurityScheme::OAuth2(OAuth2::with_description(
                [flow],
                "The token endpoint, with a provider's client id and secret.",
            )),
        );
    }
}

/// The document of everything that this server answers, in OpenAPI 3.1.
pub fn document() -> OpenApi {
    let mut document = Description::openapi();
    describable(&mut Routes::Described(&mut document));
    name_items(&mut document);
    for (path, item) in &mut document.paths.paths {
        if path.starts_with(scim::MOUNT) {
            as_scim_answers(path, item);
        }
    }
    for (path, item) in &mut document.paths.paths {
        let schemes: &[(&str, &[&str])] = if path.starts_with(admin::MOUNT) {
            &[(ADMIN, &[])]
        } else if path.starts_with(scim::MOUNT) {
            &[(BEARER, &[]), (CLIENT, &["scim"])]
        } else {
            &[]
        };
        for operation in operations(item) {
            let requirements = schemes
                .iter()
                .map(|(name, scopes)| SecurityRequirement::new(*name, scopes.iter().copied()));
            operation.security = Some(requirements.collect());
        }
    }
    document
}

/// Both media types of every SCIM body, and of each operation the refusals that it can meet.
fn as_scim_answers(path: &str, item: &mut PathItem) {
    let reads = item.get.as_mut().map(|one| (one, READS));
    let removes = item.delete.as_mut().map(|one| (one, REMOVES));
    let asks = path.ends_with(".search") || path.ends_with("/Bulk");
    let without = if asks { ASKS } else { MAKES };
    let posts = item.post.as_mut().map(|one| (one, without));
    for (operation, without) in [reads, removes, posts].into_iter().flatten() {
        let refusals = &mut operation.responses.responses;
        refusals.retain(|status, _| !without.contains(&status.as_str()));
    }
    for operation in operations(item) {
        if let Some(RefOr::T(asked)) = &mut operation.request_body
            && let Some(body) = asked.content.get(scim::answer::SCIM_JSON).cloned()
        {
            asked.content.insert(JSON.to_owned(), body);
        }
        for answer in operation.responses.responses.values_mut() {
            if let RefOr::T(answer) = answer
                && let Some(body) = answer.content.get(scim::answer::SCIM_JSON).cloned()
            {
                answer.content.insert(JSON.to_owned(), body);
            }
        }
    }
}

/// What SCIM answers to whom asks for it alone, and takes from everybody (RFC 7644, section 8.1).
const JSON: &str = "application/json";
/// What no reading meets: nothing changes, and no body is looked at.
const READS: &[&str] = &["408", "409", "412", "413", "415"];
/// What no removal meets: nothing is taken by it, and no body is looked at.
const REMOVES: &[&str] = &["408", "409", "413", "415"];
/// What neither a search nor a bulk request meets itself.
const ASKS: &[&str] = &["409", "412"];
/// What making something does not meet: there is no version of it yet.
const MAKES: &[&str] = &["412"];

/// Lets every page name the schema of its items instead of spelling it out.
fn name_items(document: &mut OpenApi) {
    let Some(components) = &mut document.components else {
        return;
    };
    let mut named = Vec::new();
    for (name, schema) in &mut components.schemas {
        if let (Some(item), RefOr::T(Schema::Object(page))) = (name.strip_prefix("Page_"), schema)
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
            && let ArrayItems::RefOrSchema(spelt) = &mut items.items
        {
            let reference = RefOr::Ref(Ref::from_schema_name(item));
            named.push((item.to_owned(), std::mem::replace(&mut **spelt, reference)));
        }
    }
    for (name, schema) in named {
        components.schemas.entry(name).or_insert(schema);
    }
}

/// The document as it is checked in and served.
pub fn text() -> String {
    let mut text = document()
        .to_pretty_json()
        .expect("every part of the document is JSON by its types");
    text.push('\n');
    text
}

/// The same document in OpenAPI 3.0.3.
pub fn text_3_0() -> String {
    let document = serde_json::to_value(document()).expect("every part of the document is JSON");
    let rendered = rendering::rendered(&document)
        .expect("a test renders the document, and it does not depend on anything but the code");
    let mut text =
        serde_json::to_string_pretty(&rendered).expect("what was JSON is JSON after translation");
    text.push('\n');
    text
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

#[cfg(test)]
mod tests;
