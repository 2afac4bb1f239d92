//! Recorded conversations of real products, played against the application on both engines.

use std::path::Path;

use acceptance::interop::{Mode, OauthTarget, Selection, Target, play};
use vestibule_scim::Dialect;
use vestibule_testkit::{TestApp, TestProvider, both_engines, third_party};

fn target(app: &TestApp, provider: &TestProvider, mode: Mode, features: &[&str]) -> Target {
    Target {
        base: format!("{}/iso/scim/v2", app.url()),
        token: provider.token.clone(),
        oauth: Some(OauthTarget {
            token_url: format!("{}/iso/oauth2/token", app.url()),
            client_id: provider.client_id.clone(),
            client_secret: provider.client_secret.clone(),
        }),
        mode,
        features: features
            .iter()
            .map(|feature| (*feature).to_owned())
            .collect(),
    }
}

fn played(target: &Target, scenario: Option<&str>) -> usize {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    let select = Selection {
        scenario: scenario.map(str::to_owned),
        ..Selection::default()
    };
    let report = play(&corpus, target, &select);
    assert!(report.failed.is_empty(), "{report}");
    report.passed.len()
}

/// Left out: `groups` written on a User, which is read-only here as RFC 7643 has it, and what needs
/// another provider (below).
// proves: 7644-2-challenge 7644-3.2-errors 7644-3.3-conflict 7644-3.4.2.2-precedence
// proves: 7644-3.4.2.4-count 7644-3.4.2.4-startindex 7644-3.6-conflict 7644-3.6-gone
#[test]
fn every_client_is_understood_by_a_tolerant_provider() {
    both_engines(|app| {
        let provider = app.register(third_party("Product"));
        let passed = played(&target(app, &provider, Mode::Tolerant, &[]), None);
        assert!(passed >= 116, "only {passed} scenarios ran");
    });
}

// proves: 7644-3.5.2.3-notarget
#[test]
fn a_strict_provider_is_told_what_is_wrong() {
    both_engines(|app| {
        let mut settings = third_party("Product");
        settings.dialect = Dialect::Strict;
        let provider = app.register(settings);
        assert!(
            played(
                &target(app, &provider, Mode::Strict, &[]),
                Some("any/strict")
            ) >= 2
        );
    });
}

#[test]
fn a_provider_can_keep_members_through_put() {
    both_engines(|app| {
        let mut settings = third_party("midPoint");
        settings.put_keeps_members = true;
        let provider = app.register(settings);
        let target = target(app, &provider, Mode::Tolerant, &["put-keeps-members"]);
        assert_eq!(
            played(&target, Some("midpoint/group-put-without-members")),
            1
        );
    });
}
