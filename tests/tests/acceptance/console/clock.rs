//! The health page of a server whose clock jumped.

use std::time::Duration;

use vestibule_service::Role;
use vestibule_testkit::both_engines;

use super::Browser;

#[test]
fn a_clock_that_jumped_is_told_of_for_a_day() {
    both_engines(|app| {
        let browser = Browser::new(app, "auditor", Role::Auditor);
        let told = "The clock of this server jumped by 3600 seconds.";
        assert!(!browser.get("/console/health").text.contains(told));
        app.service.watch_clock(Duration::ZERO);
        app.clock.advance(chrono::Duration::hours(1));
        app.service.watch_clock(Duration::ZERO);
        let browser = Browser::again(app, "auditor");
        let page = browser.get("/console/health").text;
        assert!(page.contains(told), "{page}");
        app.clock.advance(chrono::Duration::days(1));
        let page = Browser::again(app, "auditor").get("/console/health").text;
        assert!(!page.contains(told), "{page}");
        assert!(
            page.contains("Jumps of its clock since it started"),
            "{page}"
        );
    });
}
