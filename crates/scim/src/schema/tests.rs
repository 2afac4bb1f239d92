use super::*;

fn all() -> [Schema; 6] {
    [
        user(),
        group(),
        enterprise_user(),
        service_provider_config(),
        resource_type(),
        schema(),
    ]
}

fn check(attribute: &Attribute, inside_complex: bool) {
    let name = &attribute.name;
    assert!(!attribute.description.is_empty(), "{name}");
    assert_eq!(
        attribute.kind == AttributeType::Complex,
        !attribute.sub_attributes.is_empty(),
        "{name}"
    );
    assert_eq!(
        attribute.kind == AttributeType::Reference,
        !attribute.reference_types.is_empty(),
        "{name}"
    );
    // Only the schema of schemas describes itself, and needs a second level for it.
    assert!(!inside_complex || attribute.kind != AttributeType::Complex || name == "subAttributes");
    for (index, sub) in attribute.sub_attributes.iter().enumerate() {
        let same = attribute.sub_attributes.iter().take(index);
        assert!(
            !same
                .into_iter()
                .any(|other| other.name.eq_ignore_ascii_case(&sub.name)),
            "{name}.{}",
            sub.name
        );
        check(sub, true);
    }
}

// proves: 7643-2.3.8-nesting 7643-7-complex 7643-7-described 7643-7-references
#[test]
fn every_schema_is_sound() {
    for schema in all() {
        for (index, attribute) in schema.attributes.iter().enumerate() {
            let mut before = schema.attributes.iter().take(index);
            assert!(!before.any(|other| other.name.eq_ignore_ascii_case(&attribute.name)));
            check(attribute, false);
        }
    }
}

// proves: 7643-2.1-name
#[test]
fn names_are_found_in_any_case() {
    let user = user();
    assert_eq!(user.attribute("USERNAME").unwrap().name, "userName");
    let emails = user.attribute("eMails").unwrap();
    assert_eq!(emails.sub_attribute("PRIMARY").unwrap().name, "primary");
    assert!(user.attribute("email").is_none());
    assert_eq!(common_attribute("externalid").unwrap().name, "externalId");
}

// proves: 7643-4.1.1-password 7643-4.2-displayname
#[test]
fn characteristics_follow_the_rfc() {
    let user = user();
    let user_name = user.attribute("userName").unwrap();
    assert!(user_name.required && !user_name.case_exact);
    assert_eq!(user_name.uniqueness, Uniqueness::Server);
    let password = user.attribute("password").unwrap();
    assert_eq!(
        (password.mutability, password.returned),
        (Mutability::WriteOnly, Returned::Never)
    );
    let groups = user.attribute("groups").unwrap();
    assert_eq!(groups.mutability, Mutability::ReadOnly);
    assert!(
        groups
            .sub_attributes
            .iter()
            .all(|sub| sub.mutability == Mutability::ReadOnly)
    );
    assert!(group().attribute("displayName").unwrap().required);
    let id = common_attribute("id").unwrap();
    assert!(id.case_exact);
    assert_eq!(
        (id.returned, id.mutability),
        (Returned::Always, Mutability::ReadOnly)
    );
}

#[test]
fn only_the_one_attribute_is_adopted_by_user() {
    let users = ResourceType::user();
    let adopted = users.extension(&GROUP.to_uppercase()).unwrap();
    let names: Vec<_> = adopted
        .attributes
        .iter()
        .map(|attribute| &attribute.name)
        .collect();
    assert_eq!(names, ["thirdPartyVendor"]);
    assert!(users.extension(USER).is_none());
    assert!(
        !users
            .extensions
            .iter()
            .any(|extension| extension.schema.id == GROUP)
    );
}

// proves: 7643-7-schema
#[test]
fn a_published_attribute_reads_as_the_rfc_prints_it() {
    let text =
        serde_json::to_value(user().attribute("photos").unwrap().sub_attribute("value")).unwrap();
    assert_eq!(
        text,
        serde_json::json!({
            "name": "value", "type": "reference", "multiValued": false,
            "description": "Where the picture is.", "required": false, "caseExact": true,
            "mutability": "readWrite", "returned": "default", "uniqueness": "none",
            "referenceTypes": ["external"],
        })
    );
}
