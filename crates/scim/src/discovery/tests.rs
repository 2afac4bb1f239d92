use std::sync::Arc;

use super::*;
use crate::{Dialect, Limits, Tolerances, resource};

const BASE: &str = "https://h.example/iso/scim/v2";

fn capabilities() -> Capabilities {
    Capabilities {
        bulk: None,
        filter_max_results: 1_000,
        change_password: false,
        sort: true,
        etag: true,
        pagination: None,
        documentation_uri: None,
        authentication_schemes: vec![AuthenticationScheme::BEARER_TOKEN],
    }
}

/// What is published must be what the published schema describes.
fn conforms(mut schema: Schema, value: &Value) {
    fn writable(attribute: &mut crate::Attribute) {
        attribute.mutability = schema::Mutability::ReadWrite;
        attribute.sub_attributes.iter_mut().for_each(writable);
    }
    schema.attributes.iter_mut().for_each(writable);
    let resource_type = ResourceType {
        name: String::new(),
        endpoint: String::new(),
        description: String::new(),
        schema: Arc::new(schema),
        extensions: Vec::new(),
        adopted: Vec::new(),
        endpoints: Arc::new([]),
    };
    let mut expected = value.as_object().unwrap().clone();
    expected.shift_remove("meta");
    if !resource_type
        .schema
        .attributes
        .iter()
        .any(|attribute| attribute.name == "id")
    {
        expected.shift_remove("id");
    }
    let read = resource::validate(
        &resource_type,
        expected.clone(),
        &Limits::default(),
        &mut Tolerances::new(Dialect::Strict),
    );
    assert_eq!(Value::Object(read.unwrap().0), Value::Object(expected));
}

// proves: 7643-5-config 7644-4-config
#[test]
fn the_configuration_says_what_is_and_conforms() {
    let config = service_provider_config(
        &capabilities(),
        "https://h.example/iso/scim/v2/ServiceProviderConfig",
    );
    conforms(schema::service_provider_config(), &config);
    assert_eq!(
        config["bulk"],
        json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0})
    );
    assert_eq!(
        config["filter"],
        json!({"supported": true, "maxResults": 1000})
    );
    assert_eq!(
        config["meta"]["location"],
        "https://h.example/iso/scim/v2/ServiceProviderConfig"
    );
    assert!(config.get("documentationUri").is_none());
    let documented = Capabilities {
        documentation_uri: Some("https://h.example/docs".to_owned()),
        ..capabilities()
    };
    assert_eq!(
        service_provider_config(&documented, BASE)["documentationUri"],
        "https://h.example/docs"
    );
}

/// RFC 9865 4: how lists are paged is advertised.
// proves: 7643-5-config 7644-3.7.4-limits 9865-4-config
#[test]
fn what_is_switched_on_is_said_with_its_limits() {
    let mut pagination = Pagination {
        page: PageLimits {
            cursors: true,
            ..PageLimits::default()
        },
        cursor_timeout: Some(3_600),
    };
    let everything = |pagination| Capabilities {
        bulk: Some(BulkLimits::from(&Limits::default())),
        pagination: Some(pagination),
        ..capabilities()
    };
    let config = service_provider_config(&everything(pagination), BASE);
    conforms(schema::service_provider_config(), &config);
    assert_eq!(
        config["bulk"],
        json!({"supported": true, "maxOperations": 1_000, "maxPayloadSize": 8_388_608})
    );
    assert_eq!(
        config["pagination"],
        json!({"cursor": true, "index": true, "defaultPaginationMethod": "index",
            "defaultPageSize": 100, "maxPageSize": 1_000, "cursorTimeout": 3_600})
    );
    pagination.page.cursors = false;
    let config = service_provider_config(&everything(pagination), BASE);
    assert_eq!(config["pagination"]["cursor"], false);
    assert!(config["pagination"].get("cursorTimeout").is_none());
}

// proves: 7643-6-type
#[test]
fn resource_types_conform_and_advertise_no_adopted_schema() {
    let (users, groups) = (ResourceType::user(), ResourceType::group());
    let published = resource_types(&[&users, &groups], BASE);
    for resource in &published {
        conforms(schema::resource_type(), resource);
    }
    assert_eq!(
        published[0]["schemaExtensions"],
        json!([{"schema": schema::ENTERPRISE_USER, "required": false}])
    );
    assert!(published[1].get("schemaExtensions").is_none());
    assert_eq!(
        published[1]["meta"]["location"],
        "https://h.example/iso/scim/v2/ResourceTypes/Group"
    );
}

// proves: 7643-6-schema 7643-7-schema 7644-3.1-undiscovered
#[test]
fn schemas_conform_and_are_each_listed_once() {
    let (users, groups) = (ResourceType::user(), ResourceType::group());
    let published = schemas(&[&users, &groups], BASE);
    let ids: Vec<_> = published
        .iter()
        .map(|schema| schema["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            schema::USER,
            schema::GROUP,
            schema::ENTERPRISE_USER,
            SERVICE_PROVIDER_CONFIG,
            RESOURCE_TYPE,
            SCHEMA
        ]
    );
    // The schema of schemas has one level more than it describes (RFC 7643, section 8.7.2).
    for resource in published.iter().filter(|resource| resource["id"] != SCHEMA) {
        conforms(schema::schema(), resource);
    }
    // The whole Group schema, not the part that User adopts.
    assert_eq!(published[1]["attributes"].as_array().unwrap().len(), 4);
    assert_eq!(
        published[1]["meta"],
        json!({"resourceType": "Schema",
            "location": "https://h.example/iso/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group"})
    );
}

/// RFC 7643, section 5: `specUri` and `documentationUri` are optional.
#[test]
fn schemes_are_published_with_the_addresses_they_have() {
    let mut digest = AuthenticationScheme::new("httpdigest", "Digest", String::from("A password."));
    digest.documentation_uri = Some("https://h.example/help".into());
    let schemes = vec![AuthenticationScheme::BEARER_TOKEN, digest];
    let config = service_provider_config(&Capabilities::new(10, schemes), "https://h.example/v2");
    assert_eq!(
        config["authenticationSchemes"],
        json!([
            {"type": "oauthbearertoken", "name": "OAuth Bearer Token",
                "description": "A token of the token endpoint in the Authorization header.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750", "primary": true},
            {"type": "httpdigest", "name": "Digest", "description": "A password.",
                "documentationUri": "https://h.example/help", "primary": false}
        ])
    );
}
