use serde_json::{Map, Value, json};

use super::*;
use crate::schema::ENTERPRISE_USER;
use crate::{Dialect, Error, ScimType, Tolerance};

fn resolve_as(
    text: &str,
    resource_type: &ResourceType,
    dialect: Dialect,
) -> (Result<Condition, FilterError>, Tolerances) {
    let mut tolerances = Tolerances::new(dialect);
    let filter = Filter::parse(text, &Limits::default()).unwrap();
    let condition = filter.resolve(resource_type, &mut tolerances);
    (condition, tolerances)
}

fn strict(text: &str) -> Result<Condition, FilterError> {
    resolve_as(text, &ResourceType::user(), Dialect::Strict).0
}

fn babs() -> Map<String, Value> {
    let user = json!({
        "schemas": [crate::schema::USER, ENTERPRISE_USER],
        "id": "2819c223",
        "userName": "BJensen",
        "externalId": "Ext-1",
        "name": {"givenName": "Barbara", "familyName": "O'Malley"},
        "active": true,
        "nickName": "",
        "ims": [],
        "emails": [
            {"value": "Babs@Work.example", "type": "work", "primary": true},
            {"value": "babs@home.example", "type": "home"}
        ],
        "customCodes": ["A1", "B2"],
        ENTERPRISE_USER: {"department": "Tours", "manager": {"value": "26118915"}},
        "meta": {"created": "2011-05-13T04:42:34.5Z", "lastModified": "2011-05-13T06:42:34+02:00"}
    });
    user.as_object().unwrap().clone()
}

fn babs_matches(text: &str) -> bool {
    let user = ResourceType::user();
    let (condition, _) = resolve_as(text, &user, Dialect::Tolerant);
    matches(&condition.unwrap(), &match_document(&user, &babs()))
}

// proves: 7643-2.4-primary-default 7643-2.5-unassigned 7643-7-case 7644-3.4.2.2-caseexact 7644-3.4.2.2-complex
// proves: 7644-3.4.2.2-matching 7644-3.4.2.2-same
#[test]
fn what_babs_matches() {
    for text in [
        r#"userName eq "bjensen""#,
        r#"USERNAME sw "BJ" and userName ew "NSEN" and userName co "jen""#,
        r#"externalId eq "Ext-1""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName co "o'm""#,
        r#"emails eq "babs@work.EXAMPLE""#,
        r#"emails.type eq "home" and emails.value ew "work.example""#,
        r#"emails[type eq "work" and primary eq true]"#,
        r#"emails[type eq "work"].value eq "babs@work.example""#,
        r#"emails[not (type eq "work")]"#,
        r#"emails[type eq "home" and primary eq false] and emails.primary eq false"#,
        r#"email eq "BABS@work.example""#,
        r#"customCodes eq "b2""#,
        r#"customCodes[value sw "A" and value ew "1"]"#,
        r#"name[givenName eq "barbara" and familyName pr]"#,
        r#"not (title pr) and title ne "x" and title eq null"#,
        "not (nickName pr) and not (ims pr) and emails pr and name pr and meta pr",
        "name ne null and meta ne null and emails ne null and ims eq null and not (name eq null)",
        r#"emails.type ne "other""#,
        r#"active eq "True" and active ne false and active ne null"#,
        r#"meta.lastModified eq "2011-05-13T04:42:34Z""#,
        r#"meta.created gt "2011-05-13T04:42:34Z" and meta.created le "2011-05-13T04:42:34.500Z""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tours""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915""#,
        r#"userName gt "bj" and userName lt "bk""#,
    ] {
        assert!(babs_matches(text), "{text}");
    }
    for text in [
        r#"externalId eq "ext-1""#,
        r#"id eq "2819C223""#,
        r#"emails[type eq "home" and primary eq true]"#,
        r#"emails[type eq "home"].value eq "babs@work.example""#,
        r#"emails[type eq "work" and primary eq false]"#,
        r#"emails[type eq "home" and primary ne false]"#,
        r#"email eq "babs@home.example""#,
        r#"customCodes[value sw "A" and value ew "2"]"#,
        r#"emails.type ne "work""#,
        r#"title lt "z""#,
        r#"meta.created gt "2011-05-13T04:42:34.5Z""#,
    ] {
        assert!(!babs_matches(text), "{text}");
    }
}

// proves: 7644-3.4.2.2-brackets 7644-3.4.2.2-ordering
#[test]
fn what_cannot_be_asked_is_refused_with_its_column() {
    for (text, column) in [
        (r#"title pr and favouriteColour eq "blue""#, 14),
        (r#"name.shoeSize eq "44""#, 1),
        (r#"department eq "x""#, 1),
        (r#"urn:x:y:User:title eq "x""#, 1),
        (r#"emails[value eq "a" and shoeSize eq "1"]"#, 25),
        ("active gt true", 1),
        (r#"active co "t""#, 1),
        (r#"active eq "maybe""#, 1),
        ("userName eq 5", 1),
        ("userName gt null", 1),
        ("name gt null", 1),
        (r#"name eq "x""#, 1),
        (r#"x509Certificates.value gt "aGVsbG8=""#, 1),
        (r#"meta.created gt "yesterday""#, 1),
        (r#"userName[value eq "x"]"#, 1),
        (r#"email eq "a@b""#, 1),
        (r#"emails[type eq "work"].value eq "x""#, 23),
        (r#"active eq "true""#, 1),
    ] {
        let error = strict(text).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert_eq!(
            Error::from(error).scim_type,
            Some(ScimType::InvalidFilter),
            "{text}"
        );
    }
}

// proves: 7643-7-never 7644-7.5.2-sensitive
#[test]
fn what_is_never_returned_is_not_learnt_by_filtering() {
    for text in [
        r#"password eq "x""#,
        "password pr",
        r#"not (password sw "a")"#,
    ] {
        let error = Error::from(strict(text).unwrap_err());
        assert_eq!(
            (error.status, error.scim_type),
            (403, Some(ScimType::Sensitive)),
            "{text}"
        );
    }
}

#[test]
fn tolerances_are_counted_by_name() {
    for (text, tolerance) in [
        (r#"email eq "x""#, Tolerance::EmailAlias),
        (r#"active eq "False""#, Tolerance::BooleanText),
        (
            r#"emails[type eq "work"].value eq "x""#,
            Tolerance::ValuePathSubAttribute,
        ),
        (r#"manager.value eq "x""#, Tolerance::UnqualifiedAttribute),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager eq "x""#,
            Tolerance::DottedUrn,
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager.value eq "x""#,
            Tolerance::DottedUrn,
        ),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User.emails[primary eq true]",
            Tolerance::DottedUrn,
        ),
    ] {
        assert_eq!(
            strict(text).map_err(|error| Error::from(error).scim_type),
            Err(Some(ScimType::InvalidFilter)),
            "{text}"
        );
        let (condition, tolerances) = resolve_as(text, &ResourceType::user(), Dialect::Tolerant);
        assert!(condition.is_ok(), "{text}");
        assert_eq!(
            tolerances.used().collect::<Vec<_>>(),
            [(tolerance, 1)],
            "{text}"
        );
    }
    for unknown in ["core:2.0:User.name.x", "core:2.0:User:name.givenName.x"] {
        let text = format!("urn:ietf:params:scim:schemas:{unknown} pr");
        let (condition, tolerances) = resolve_as(&text, &ResourceType::user(), Dialect::Tolerant);
        assert!(condition.is_err() && tolerances.used().next().is_none());
    }
    // Only people have an e-mail address.
    let (condition, _) = resolve_as(r#"email eq "x""#, &ResourceType::group(), Dialect::Tolerant);
    assert!(condition.is_err());
}

#[test]
fn members_compare_by_their_value() {
    let (condition, _) = resolve_as(
        r#"id eq "G" and members eq "U""#,
        &ResourceType::group(),
        Dialect::Strict,
    );
    let Condition::And(terms) = condition.unwrap() else {
        panic!("two terms")
    };
    let Condition::Compare {
        target,
        op: CompareOp::Eq,
        ..
    } = &terms[1]
    else {
        panic!("a comparison")
    };
    assert_eq!(
        (target.attribute.as_str(), target.sub_attribute.as_deref()),
        ("members", Some("value"))
    );
}

#[test]
fn instants_sort_as_text() {
    assert_eq!(
        instant("2011-05-13T04:42:34Z").unwrap(),
        "2011-05-13T04:42:34.000000Z"
    );
    assert_eq!(
        instant("2011-05-13T01:42:34.1234567-03:00").unwrap(),
        "2011-05-13T04:42:34.123456Z"
    );
    assert_eq!(
        instant("2011-05-13T04:42:34"),
        instant("2011-05-13T04:42:34Z")
    );
    for end_of_day in [
        "2011-12-31T24:00:00",
        "2011-12-31T24:00:00Z",
        "2011-12-31T24:00:00.000Z",
        "2011-12-31T24:00:00.0-00:00",
        "2011-12-31T24:00:00+00:00",
    ] {
        assert_eq!(
            instant(end_of_day).as_deref(),
            Some("2012-01-01T00:00:00.000000Z"),
            "{end_of_day}"
        );
    }
    assert_eq!(
        instant("2011-12-31T24:00:00+01:00"),
        instant("2011-12-31T23:00:00Z")
    );
    for bad in [
        "",
        "2011-05-13",
        "2011-13-01T00:00:00Z",
        "yesterday",
        "0000-01-01T00:00:00+01:00",
        "2011-05-13 04:42:34Z",
        "2011-05-13t04:42:34Z",
        "2011-05-13T04:42:34z",
        " 2011-5-3T4:2:4",
        "+2011-05-13T04:42:34",
        "2011-05-13T04:42:34.",
        "2011-05-13T04:42:34.5 Z",
        "2011-05-13T04:42:34+0100",
        "2011-05-13T04:42:34+01:00 ",
        "2011-05-13T04:42:34\u{2212}01:00",
        "2011-05-13T24:00:01Z",
        "2011-05-13T24:01:00Z",
        "2011-05-13T24:00:00.01Z",
        "2011-02-29T24:00:00Z",
        "9999-12-31T24:00:00Z",
    ] {
        assert_eq!(instant(bad), None, "{bad}");
    }
    let fraction = |digits: usize| format!("2011-05-13T04:42:34.{}Z", "1".repeat(digits));
    assert_eq!(
        instant(&fraction(document::MOST_FRACTION_DIGITS)).unwrap(),
        "2011-05-13T04:42:34.111111Z"
    );
    let longer = fraction(document::MOST_FRACTION_DIGITS + 1);
    assert_eq!(instant(&longer), None);
}

#[test]
fn a_match_document_is_folded_but_where_case_counts() {
    let document = match_document(&ResourceType::user(), &babs());
    assert_eq!(document["userName"], "bjensen");
    assert_eq!(document["externalId"], "Ext-1");
    assert_eq!(document["email"], "babs@work.example");
    assert_eq!(document["emails"][0]["value"], "babs@work.example");
    assert_eq!(
        document["meta"]["lastModified"],
        "2011-05-13T04:42:34.000000Z"
    );
    assert_eq!(document[ENTERPRISE_USER]["department"], "tours");
    assert_eq!(document["customCodes"], json!(["a1", "b2"]));
}
