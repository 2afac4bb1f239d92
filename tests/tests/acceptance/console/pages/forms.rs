//! Forms: what is typed, what is wrong with it, and what becomes of it.

use super::*;

#[test]
fn a_stale_form_comes_back_as_it_was_typed_and_saves_over_what_was_changed() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let edit = format!("/console/providers/{}/edit", okta.id);
    let version = |page: &str| -> String {
        let (_, rest) = page.split_once("name=\"version\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let first = version(&browser.get(&edit).text);
    let save = |name: &str, version: &str| {
        let typed = [
            ("name", name),
            ("addresses", "*"),
            ("scopes", "scim"),
            ("dialect", "tolerant"),
            ("client_secret_basic", "yes"),
            ("client_secret_post", "yes"),
            ("version", version),
        ];
        browser.post(&edit, &typed)
    };
    assert_eq!(save("Okta one", &first).status, 303);
    let stale = save("Okta two", &first);
    assert_eq!(stale.status, 409, "{}", stale.text);
    for kept in [
        "value=\"Okta two\"",
        "Somebody else has changed this",
        "See what it is now",
    ] {
        assert!(stale.text.contains(kept), "{kept}: {}", stale.text);
    }
    assert_eq!(save("Okta two", &version(&stale.text)).status, 303);

    let group = [
        ("name", "Windows"),
        ("approvals_required", "0"),
        ("disapprovals_to_cancel", "1"),
        ("approval_levels", "1"),
    ];
    let made = browser.post("/console/access-groups/new", &group);
    let page = made
        .header("location")
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let seen = version(&browser.get(&page).text);
    let save = |name: &str, version: &str| {
        let mut typed = group.to_vec();
        typed[0] = ("name", name);
        typed.push(("version", version));
        browser.post(&page, &typed)
    };
    assert_eq!(save("Linux", &seen).status, 303);
    let stale = save("Both", &seen);
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(stale.text.contains("value=\"Both\""), "{}", stale.text);
    assert_eq!(save("Both", &version(&stale.text)).status, 303);
}

/// The page that answers to a form, with a mistake at each of these fields.
fn mistaken(
    browser: &Browser<'_>,
    page: &str,
    typed: &[(&str, &str)],
    form: &str,
    fields: &[&str],
) -> String {
    let reply = browser.post(page, typed);
    assert_eq!(reply.status, 422, "{}", reply.text);
    for field in fields {
        let mistake = format!("id=\"{form}-{field}-mistake\"");
        assert!(reply.text.contains(&mistake), "{field}: {}", reply.text);
    }
    reply.text
}

#[test]
fn a_form_says_all_that_it_sees_at_once() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let wrong = |page: &str, typed: &[(&str, &str)], form: &str, fields: &[&str]| {
        mistaken(&browser, page, typed, form, fields)
    };
    let typed = [
        ("name", ""),
        ("approvals_required", "many"),
        ("disapprovals_to_cancel", ""),
        ("approval_levels", "1"),
    ];
    let fields = ["name", "approvals_required", "disapprovals_to_cancel"];
    wrong(
        "/console/access-groups/new",
        &typed,
        "access-group",
        &fields,
    );
    let typed = [
        ("name", "x"),
        ("approvals_required", "999999999999"),
        ("disapprovals_to_cancel", "1"),
        ("approval_levels", "1"),
    ];
    let told = wrong(
        "/console/access-groups/new",
        &typed,
        "access-group",
        &["approvals_required"],
    );
    assert!(told.contains("Must be between 0 and"), "{told}");
    let long = "x".repeat(129);
    let typed = [
        ("product", "okta_custom"),
        ("name", long.as_str()),
        ("user_type", "third_party"),
        ("addresses", "10.0.0.0/33\nfoo"),
    ];
    let told = wrong("/console/set-up", &typed, "setup", &["name", "addresses"]);
    assert!(
        told.contains("10.0.0.0/33 is no") && told.contains("foo is no"),
        "{told}"
    );
    let empty = wrong(
        "/console/schemas/add",
        &[("definition", "")],
        "add",
        &["definition"],
    );
    assert!(!empty.contains("column 0"), "{empty}");
}

#[test]
fn what_is_refused_only_later_is_told_with_the_rest() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let wrong = |page: &str, typed: &[(&str, &str)], form: &str, fields: &[&str]| {
        mistaken(&browser, page, typed, form, fields)
    };
    let long = "x".repeat(5_000);
    let typed = [
        ("name", ""),
        ("description", long.as_str()),
        ("approvals_required", "99999999999"),
        ("disapprovals_to_cancel", "abc"),
        ("approval_levels", "-1"),
        ("approvers", "nope"),
    ];
    wrong(
        "/console/access-groups/new",
        &typed,
        "access-group",
        &typed.map(|(field, _)| field),
    );
    let tags = (0..80).map(|number| format!("t{number}"));
    let tags = tags.collect::<Vec<_>>().join(",");
    let typed = [
        ("name", long.as_str()),
        ("tags", tags.as_str()),
        ("addresses", "foo"),
        ("user_type", "third_party"),
    ];
    let fields = ["name", "tags", "addresses"];
    wrong("/console/providers/new", &typed, "provider", &fields);
    app.register(third_party("Okta"));
    let typed = [("name", "okta"), ("tags", tags.as_str())];
    let fields = ["name", "tags", "user_type"];
    wrong("/console/providers/new", &typed, "provider", &fields);
    let typed = [("name", "ADMINISTRATOR"), ("password", "short")];
    let fields = ["name", "password"];
    wrong(
        "/console/administrators/new",
        &typed,
        "administrator",
        &fields,
    );
    let typed = [
        ("current", "wrong"),
        ("password", "short"),
        ("repeated", "shor2"),
    ];
    let fields = typed.map(|(field, _)| field);
    wrong("/console/account/password", &typed, "password", &fields);
}

#[test]
fn what_is_wrong_about_people_and_vendors_is_told_together() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let wrong = |page: &str, typed: &[(&str, &str)], form: &str, fields: &[&str]| {
        mistaken(&browser, page, typed, form, fields)
    };
    let long = "x".repeat(500);
    let okta = app.register(third_party("Okta"));
    let create = |path: &str, body: &serde_json::Value| {
        let made = app.send("POST", path, Some(&okta.token), Some(body));
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada",
    });
    let ada = create("/scim/v2/Users", &user);
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Acme", "members": [{"value": ada}],
    });
    create("/scim/v2/Groups", &group);
    let block = format!("/console/people/{ada}/block");
    let typed = [("reason", ""), ("until", "2020-01-01T00:00")];
    wrong(&block, &typed, "block", &["reason", "until"]);
    let vendors = browser.get("/console/vendors").text;
    let (_, rest) = vendors.split_once("href=\"/console/vendors/").unwrap();
    let vendor = format!("/console/vendors/{}", &rest[..36]);
    let typed = [
        ("status", "enabled"),
        ("start", "2026-02-01T00:00"),
        ("end", "2026-01-01T00:00"),
        ("contract_number", long.as_str()),
        ("document_id", long.as_str()),
    ];
    let fields = ["status", "end", "contract_number", "document_id"];
    wrong(&format!("{vendor}/edit"), &typed, "vendor", &fields);
    let typed = [("reason", ""), ("confirm", "Other")];
    let fields = ["reason", "confirm"];
    wrong(&format!("{vendor}/panic"), &typed, "panic", &fields);
}

#[test]
fn times_are_taken_in_the_zone_that_the_browser_names_and_come_back_as_typed() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada",
    });
    let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
    let ada = format!("/console/people/{}", made.json()["id"].as_str().unwrap());
    let block = format!("{ada}/block");
    let typed = |until, offset| [("reason", "x"), ("until", until), ("until_offset", offset)];
    // Mistakes: what lies behind us, what clocks skip, and half a date.
    for (until, offset, zone) in [
        ("2020-01-01T08:00", "-180", "UTC-03:00"),
        ("2030-03-31T02:30", "skipped", "UTC"),
        ("", "unread", "UTC"),
    ] {
        let back = browser.post(&block, &typed(until, offset));
        assert_eq!(back.status, 422, "{until}");
        for shown in [
            format!("type=\"text\" value=\"{until}\""),
            format!("name=\"until_offset\" value=\"{offset}\""),
            format!("<span class=\"zone\">({zone})</span>"),
            "id=\"block-until-mistake\"".to_owned(),
        ] {
            assert!(back.text.contains(&shown), "{shown}: {}", back.text);
        }
    }
    // Where no zone is named, as without a script, it is UTC.
    for (offset, instant) in [
        ("-180", "2099-01-01T11:00:00Z"),
        ("", "2099-01-01T08:00:00Z"),
    ] {
        let done = browser.post(&block, &typed("2099-01-01T08:00", offset));
        assert_eq!(done.status, 303, "{}", done.text);
        assert!(browser.get(&ada).text.contains(instant), "{instant}");
    }
    let then = browser
        .get(&format!("{ada}?at=2098-01-01T08:00&at_offset=330"))
        .text;
    assert!(then.contains("2098-01-01T02:30:00Z"), "{then}");
}

#[test]
fn an_example_is_shown_and_not_sent() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let page = browser.get("/console/schemas").text;
    assert!(
        page.contains("urn:example:params:scim:schemas:Badge"),
        "{page}"
    );
    let forms = page.split("<textarea").skip(1);
    let typed = forms.map(|form| form.split_once('>').unwrap().1);
    for typed in typed {
        let typed = typed.split_once("</textarea>").unwrap().0;
        assert_eq!(typed.trim(), "");
    }
}

#[test]
fn a_form_sent_too_late_leads_back_to_its_page() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let page = format!("/console/providers/{}", okta.id);
    let again = Browser::again(&app, "administrator");
    assert_eq!(browser.post("/console/sign-out", &[]).status, 303);
    let late = browser.post(&format!("{page}/state"), &[("state", "paused")]);
    let to = late.header("location").unwrap().to_owned();
    let next = page.replace('/', "%2F");
    assert_eq!(to, format!("/flow/auth/signin?notice=ended&next={next}"));
    let asked = app.send_raw("GET", &to, &[], "").text;
    assert!(
        asked.contains(&format!("name=\"next\" value=\"{page}\"")),
        "{asked}"
    );
    assert_eq!(again.get(&page).status, 200);
}

#[test]
fn methods_are_changed_with_every_mistake_at_its_field() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let page = format!("/console/providers/{}/edit", okta.id);
    let change = |more: &[(&str, &str)]| {
        let mut fields = vec![("name", "Okta"), ("addresses", "*"), ("scopes", "scim")];
        fields.extend(more);
        browser.post(&page, &fields)
    };
    let keys = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "one"}]}"#;
    for (fields, field) in [
        (vec![], "client_secret_basic"),
        (vec![("jwks", "{")], "jwks"),
        (vec![("jwks", r#"{"keys": []}"#)], "jwks"),
        (vec![("jwks_uri", "keys.json")], "jwks_uri"),
        (
            vec![("jwks", keys), ("jwks_uri", "https://iga.example/keys")],
            "jwks_uri",
        ),
        (vec![("issuer", "https://login.example")], "issuer_keys"),
        (
            vec![
                ("issuer", "https://login.example"),
                ("issuer_keys", "https://login.example/keys"),
            ],
            "subjects",
        ),
        (
            vec![
                ("client_secret_basic", "yes"),
                ("life", "soon"),
                ("issuer", "i"),
            ],
            "life",
        ),
    ] {
        let wrong = change(&fields);
        assert_eq!(wrong.status, 422, "{fields:?}");
        let mistake = format!("id=\"provider-{field}-mistake\"");
        assert!(wrong.text.contains(&mistake), "{mistake}: {}", wrong.text);
    }
    let right = change(&[("jwks", keys), ("client_secret_post", "yes")]);
    assert_eq!(right.status, 303, "{}", right.text);
    let admin = app.admin();
    let methods = || {
        let found = app.service.find_provider(&admin, okta.id).unwrap();
        found.provider.settings.authentication
    };
    assert!(!methods().client_secret_basic && methods().client_secret_post);
    assert!(methods().private_key_jwt.unwrap().jwks.is_some());
    for (name, field) in [
        (
            vec![("certificate_name", "iga.example")],
            "certificate_kind",
        ),
        (vec![("certificate_kind", "colour")], "certificate_kind"),
        (vec![("certificate_kind", "san_dns")], "certificate_name"),
        (
            vec![("certificate_kind", "san_ip"), ("certificate_name", "iga")],
            "certificate_name",
        ),
    ] {
        let wrong = change(&name);
        assert_eq!(wrong.status, 422, "{name:?}");
        let mistake = format!("id=\"provider-{field}-mistake\"");
        assert!(wrong.text.contains(&mistake), "{mistake}: {}", wrong.text);
    }
    let named = [
        ("certificate_kind", "subject_dn"),
        ("certificate_name", "CN=iga, O=<Acme>"),
    ];
    let certificate = change(&named);
    assert_eq!(certificate.status, 303, "{}", certificate.text);
    let name = "CN=iga, O=<Acme>".to_owned();
    assert_eq!(
        methods().tls_client_auth,
        Some(vestibule_oauth::CertificateName::SubjectDn(name))
    );
    let form = browser.get(&page);
    assert!(form.text.contains("value=\"CN=iga, O=&#60;Acme&#62;\""));
    let back = change(&[
        ("client_secret_basic", "yes"),
        ("client_secret_post", "yes"),
    ]);
    assert_eq!(back.status, 303, "{}", back.text);
    assert_eq!(methods(), vestibule_oauth::Methods::default());
}
