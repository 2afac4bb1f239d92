//! A form that comes when its session has ended is shown again after signing in, and not sent.

use chrono::Duration;
use totp_rs::{Builder, Secret};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, third_party};
use vestibule_web::console::{ROUTES, SIGN_IN, Verb};

use super::{Browser, FORM, PASSWORD, concrete, form};

pub(super) const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// The hidden fields of a page's form, in their order.
pub(super) fn hidden(page: &str, id: &str) -> Vec<(String, String)> {
    let (_, form) = page.split_once(&format!("id=\"{id}\"")).unwrap();
    let form = form.split_once("</form>").unwrap().0;
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
    let read = fields.map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        let value = rest.split_once('"').unwrap().0;
        (name.to_owned(), value.replace("&#38;", "&"))
    });
    read.collect()
}

fn sign_in(app: &TestApp, page: &str, more: &[(&str, &str)], site: (&str, &str)) -> Reply {
    let kept = hidden(page, "sign-in");
    let kept = kept.iter().map(|(name, value)| (&**name, &**value));
    let fields: Vec<_> = kept.chain(more.iter().copied()).collect();
    app.send_raw("POST", SIGN_IN, &[FORM, site], &form(&fields))
}

/// Who a sign-in let in.
fn let_in<'a>(app: &'a TestApp, welcome: &Reply) -> Browser<'a> {
    let set = welcome.header("set-cookie").unwrap();
    let fields = hidden(&welcome.text, "again");
    Browser {
        app,
        cookie: set.split(';').next().unwrap().to_owned(),
        csrf: fields[0].1.clone(),
    }
}

fn names(fields: &[(String, String)]) -> Vec<&str> {
    fields.iter().map(|(name, _)| &**name).collect()
}

const ME: [(&str, &str); 2] = [("name", "administrator"), ("password", PASSWORD)];

#[test]
fn what_was_typed_is_shown_again_after_signing_in_and_not_saved() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let group = "/console/access-groups/new";
        let typed = [
            ("name", "\"><script>alert(1)</script>é"),
            ("may_view_passwords", "yes"),
            ("description", "one\ntwo"),
            ("approvals_required", "0"),
            ("disapprovals_to_cancel", "1"),
            ("approval_levels", "1"),
        ];
        let mut sent = vec![("csrf", browser.csrf.as_str())];
        sent.extend(typed);
        app.clock.advance(Duration::minutes(31));
        let late = browser.post_as(group, &sent, &[OWN]);
        assert_eq!(late.status, 401, "{}", late.text);
        assert!(late.text.contains("nothing is saved"), "{}", late.text);
        assert!(!late.text.contains(&browser.csrf), "no token is kept");
        assert!(!late.text.contains("<script>alert"), "{}", late.text);
        assert_eq!(
            names(&hidden(&late.text, "sign-in")),
            ["csrf", "next", "form", "typed"]
        );

        let wrong = [("name", "administrator"), ("password", "not it")];
        let wrong = sign_in(app, &late.text, &wrong, OWN);
        assert_eq!(wrong.status, 401);
        let welcome = sign_in(app, &wrong.text, &ME, OWN);
        assert_eq!(welcome.status, 200, "{}", welcome.text);
        assert!(!welcome.text.contains(PASSWORD));
        let fresh = let_in(app, &welcome);
        assert_ne!(fresh.csrf, browser.csrf);

        let fields = hidden(&welcome.text, "again");
        let fields: Vec<_> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
        let again = format!("{group}?again=yes");
        assert!(welcome.text.contains(&format!("action=\"{again}\"")));
        let shown = fresh.post_as(&again, &fields, &[OWN]);
        assert_eq!(shown.status, 200, "{}", shown.text);
        for part in [
            "Nothing is saved yet",
            "value=\"&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;é\"",
            "name=\"may_view_passwords\" value=\"yes\" checked",
            "one\ntwo</textarea>",
            &fresh.csrf,
        ] {
            assert!(shown.text.contains(part), "{part}: {}", shown.text);
        }
        assert!(
            !shown
                .text
                .contains("name=\"may_start_sessions\" value=\"yes\" checked")
        );
        let groups = fresh.get("/console/access-groups").text;
        assert!(!groups.contains("alert(1)"), "nothing is saved");

        // A look needs the new token too, and only a new press saves.
        let mut stale = fields.clone();
        stale[0].1 = &browser.csrf;
        assert_eq!(fresh.post_as(&again, &stale, &[OWN]).status, 403);
        assert_eq!(fresh.post(group, &typed).status, 303);
        let groups = fresh.get("/console/access-groups").text;
        assert!(groups.contains("alert(1)"), "{groups}");
    });
}

#[test]
fn what_was_typed_goes_through_the_second_factor() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let code = |key: &str| {
            let secret = Secret::try_from_base32(key).unwrap();
            let totp = Builder::new().with_secret(secret).build().unwrap();
            totp.generate(app.service.now().timestamp().try_into().unwrap())
                .to_string()
        };
        let page = "/console/account/second-factor";
        let offered = browser.get(page).text;
        let fields = hidden(&offered, "factor");
        let key = &fields.iter().find(|(name, _)| name == "key").unwrap().1;
        let set = browser.post(page, &[("key", key), ("code", &code(key))]);
        assert_eq!(set.status, 303, "{}", set.text);

        app.clock.advance(Duration::minutes(31));
        let typed = [("csrf", browser.csrf.as_str()), ("name", "Night shift")];
        let late = browser.post_as("/console/access-groups/new", &typed, &[OWN]);
        let asked = sign_in(app, &late.text, &ME, OWN);
        assert_eq!(asked.status, 200, "{}", asked.text);
        let code = code(key);
        let all = [ME[0], ME[1], ("code", code.as_str())];
        let welcome = sign_in(app, &asked.text, &all, OWN);
        assert!(
            welcome.text.contains("name=Night+shift"),
            "{}",
            welcome.text
        );
        assert!(!welcome.text.contains(&code), "{}", welcome.text);
    });
}

#[test]
fn only_our_own_pages_fill_a_form() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let group = "/console/access-groups/new";
        app.clock.advance(Duration::minutes(31));
        let typed = [("csrf", browser.csrf.as_str()), ("name", "Night shift")];
        let origin = ("origin", "https://evil.example");
        for site in [("sec-fetch-site", "cross-site"), origin] {
            let refused = browser.post_as(group, &typed, &[site]);
            assert_eq!(refused.status, 403);
            assert!(!refused.text.contains("Night"), "{}", refused.text);
        }
        // Where nothing says that it is ours, and where its token is not that session's.
        let other = [("csrf", "0"), ("name", "Night shift")];
        for (typed, more) in [(&typed, vec![]), (&other, vec![OWN])] {
            let late = browser.post_as(group, typed, &more);
            assert_eq!(late.status, 303, "{}", late.text);
            let to = late.header("location").unwrap();
            assert!(
                to.starts_with("/flow/auth/signin?notice=ended&next="),
                "{to}"
            );
        }
        let bare = [FORM, OWN];
        let late = app.send_raw("POST", group, &bare, &form(&typed));
        assert_eq!(late.status, 303, "no cookie, no session that ended");

        let made = [
            ("form", "https://evil.example/console"),
            ("typed", "name=Night"),
            ("next", "//evil.example"),
        ];
        let all: Vec<_> = made.iter().chain(&ME).copied().collect();
        let signed = app.send_raw("POST", SIGN_IN, &[FORM, OWN], &form(&all));
        assert_eq!(signed.status, 303);
        assert_eq!(signed.header("location"), Some("/console"));
        // Nor does a sign-in that a browser does not say is ours.
        let late = browser.post_as(group, &typed, &[OWN]);
        let bare = sign_in(app, &late.text, &ME, ("accept", "text/html"));
        assert_eq!(bare.status, 303);
        assert_eq!(bare.header("location"), Some(group));
        let foreign = sign_in(app, &late.text, &ME, ("sec-fetch-site", "same-site"));
        assert_eq!(foreign.status, 403);
    });
}

#[test]
fn no_password_and_no_code_is_kept() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let mut secret = vec![];
        for page in [
            "/console/account",
            "/console/account/second-factor",
            "/console/administrators/new",
            "/console/administrators/administrator",
        ] {
            let text = browser.get(page).text;
            assert!(text.contains("<form"), "{text}");
            for input in text.split("<input ").skip(1) {
                let input = input.split_once('>').unwrap().0;
                if input.contains("type=\"password\"") || input.contains("one-time-code") {
                    let (_, rest) = input.split_once("name=\"").unwrap();
                    secret.push(rest.split_once('"').unwrap().0.to_owned());
                }
            }
        }
        assert!(secret.len() > 3, "{secret:?}");
        secret.extend(["key", "proof_password", "proof_code"].map(str::to_owned));
        app.clock.advance(Duration::minutes(31));
        for route in ROUTES.iter().filter(|route| route.method == Verb::Post) {
            let mut typed = vec![("csrf", browser.csrf.as_str()), ("name", "Night")];
            typed.extend(secret.iter().map(|name| (&**name, "hush-hush")));
            let late = browser.post_as(&concrete(route), &typed, &[OWN]);
            assert!(!late.text.contains("hush-hush"), "{}", route.path);
            let account = route.path.starts_with("/account");
            assert_eq!(
                late.status,
                if account { 303 } else { 401 },
                "{}",
                route.path
            );
        }
    });
}

#[test]
fn a_form_that_was_overtaken_meanwhile_says_so_when_it_is_sent_again() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let okta = app.register(third_party("Okta"));
        let page = format!("/console/providers/{}/edit", okta.id);
        let opened = hidden(&browser.get(&page).text, "provider");
        let version = &opened.iter().find(|(name, _)| name == "version").unwrap().1;
        let typed = [
            ("name", "Okta two"),
            ("addresses", "*"),
            ("scopes", "scim"),
            ("client_secret_basic", "yes"),
        ];
        assert_eq!(browser.post(&page, &typed).status, 303);

        app.clock.advance(Duration::minutes(31));
        let mut sent = vec![("csrf", browser.csrf.as_str()), ("version", version)];
        sent.extend(typed);
        let late = browser.post_as(&page, &sent, &[OWN]);
        let welcome = sign_in(app, &late.text, &ME, OWN);
        let fresh = let_in(app, &welcome);
        let fields = hidden(&welcome.text, "again");
        let fields: Vec<_> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
        let shown = fresh.post_as(&format!("{page}?again=yes"), &fields, &[OWN]);
        let again = hidden(&shown.text, "provider");
        assert!(
            again.contains(&("version".to_owned(), version.clone())),
            "{again:?}"
        );
        let mut sent = vec![("version", version.as_str())];
        sent.extend(typed);
        assert_eq!(fresh.post(&page, &sent).status, 409);
    });
}

#[test]
fn a_look_at_what_was_typed_needs_the_role_of_its_page_and_changes_nothing() {
    both_engines(|app| {
        let browser = Browser::new(app, "auditor", Role::Auditor);
        for route in ROUTES.iter().filter(|route| route.method == Verb::Post) {
            let path = format!("{}?again=yes", concrete(route));
            let read = ROUTES
                .iter()
                .find(|other| other.path == route.path && other.method == Verb::Get);
            let status = browser
                .post(&path, &[("form", "/console"), ("typed", "")])
                .status;
            let expected: &[u16] = match read {
                Some(read) if read.role > Role::Auditor => &[403],
                Some(_) => &[200, 404],
                None => &[404],
            };
            assert!(expected.contains(&status), "{}: {status}", route.path);
        }
    });
}
