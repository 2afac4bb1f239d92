//! Every page and every change of the console, with the role each needs: the one table that routing,
//! the gate, the navigation and the tests of both are made from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::Method;
use matchit::Router;
use vestibule_service::Role;

use super::fields::Fields;
use super::reply::Reply;
use super::text::Texts;
use super::visit::Visit;
use super::{
    MOUNT, access_groups, access_requests, account, administrators, credentials, events, export,
    health, home, internal_groups, links, panic, people, proof, providers, requests, schemas,
    search, settings, setup, sure, timeline, tolerances, vendors, warnings,
};
use crate::routes::{Methods, Table, rooted};

/// A page, or a change.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub method: Verb,
    /// Below the mount.
    pub path: &'static str,
    pub role: Role,
}

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

macro_rules! routes {
    ($($verb:ident $path:literal $role:ident $($handler:ident)::+;)+) => {
        /// Every page and every change.
        pub const ROUTES: &[Route] = &[$(
            Route { method: Verb::$verb, path: $path, role: Role::$role },
        )+];

        pub(super) fn configure(table: &mut Table) {
            $(routes!(@one table $verb $path $($handler)::+);)+
        }
    };
    (@one $table:ident Get $path:literal $($handler:ident)::+) => {
        $table.page(Method::GET, $path, |visit: Visit| async move {
            let answer = $($handler)::+(&visit).await;
            match answer {
                // An export asks for one page after the other.
                Ok(Reply::Export(table, name)) => export::whole(visit, name, *table, |visit| {
                    Box::pin(async move { $($handler)::+(&visit).await })
                }),
                answer => visit.respond(answer),
            }
        });
    };
    // What changes something takes the form, and so its token; what is dangerous, a proof besides.
    (@one $table:ident Post $path:literal $($handler:ident)::+) => {
        $table.page(Method::POST, $path, |visit: Visit, fields: Fields| async move {
            if let Some(asked) = sure::asked(&visit, &fields) {
                return visit.respond(Ok(asked.into()));
            }
            match proof::asked(&visit, &fields).await {
                Ok(()) => visit.respond($($handler)::+(&visit, &fields).await),
                Err(asked) => visit.respond(asked),
            }
        });
    };
}

routes! {
    Get "" Auditor home::show;
    Get "/search" Auditor search::show;
    Get "/timeline" Auditor timeline::list;

    Get "/providers" Auditor providers::list;
    Get "/providers/new" Administrator providers::edit::new;
    Post "/providers/new" Administrator providers::edit::create;
    Get "/providers/{id}" Auditor providers::show;
    Get "/providers/{id}/edit" Administrator providers::edit::edit;
    Post "/providers/{id}/edit" Administrator providers::edit::change;
    Post "/providers/{id}/state" Administrator providers::set_state;
    Post "/providers/{id}/allow" Administrator providers::allow;
    Get "/providers/{id}/set-up" Administrator setup::show;
    Get "/providers/{id}/stream" Administrator setup::stream;
    Get "/providers/{id}/delete" Administrator providers::deletion::preview;
    Post "/providers/{id}/delete" Administrator providers::deletion::delete;
    Get "/providers/{id}/deletion" Administrator providers::deletion::show;
    Post "/providers/{id}/rotate" Administrator providers::credentials::rotate;
    Post "/providers/{id}/secrets/{secret}/revoke" Administrator providers::credentials::revoke_secret;
    Post "/providers/{id}/tokens" Administrator providers::credentials::issue;
    Post "/providers/{id}/tokens/{token}/revoke" Administrator providers::credentials::revoke_token;
    Post "/providers/{id}/revoke-tokens" Administrator providers::credentials::revoke_all;

    Get "/set-up" Administrator setup::choose;
    Post "/set-up" Administrator setup::begin;
    Get "/credentials" Auditor credentials::list;
    Get "/tolerances" Auditor tolerances::list;
    Get "/warnings" Auditor warnings::list;

    Get "/settings" Auditor settings::show;
    Post "/settings/mail-test" Administrator settings::test_mail;
    Get "/health" Auditor health::show;
    Get "/schemas" Auditor schemas::list;
    Post "/schemas/add" Administrator schemas::add;
    Post "/schemas/remove" Administrator schemas::remove_schema;
    Post "/schemas/attribute" Administrator schemas::add_attribute;
    Post "/schemas/remove-attribute" Administrator schemas::remove_attribute;
    Post "/schemas/type" Administrator schemas::add_type;
    Post "/schemas/remove-type" Administrator schemas::remove_type;
    Post "/schemas/extension" Administrator schemas::extend;
    Post "/schemas/remove-extension" Administrator schemas::remove_extension;

    Get "/people" Auditor people::list;
    Get "/people/{id}" Auditor people::person::show;
    Post "/people/{id}/block" Operator people::person::block;
    Post "/people/{id}/blocks/{block}/lift" Operator people::person::lift;

    Post "/people/{id}/links" Operator links::make;
    Get "/people/{id}/request" Operator access_requests::new;
    Post "/people/{id}/request" Operator access_requests::ask;

    Get "/access-requests" Auditor access_requests::list;
    Get "/access-requests/{id}" Auditor access_requests::show;
    Post "/access-requests/{id}/vote" Operator access_requests::vote;
    Post "/access-requests/{id}/withdraw" Operator access_requests::withdraw;

    Get "/links" Auditor links::list;
    Get "/links/{id}" Auditor links::show;
    Post "/links/{id}/revoke" Operator links::revoke;
    Post "/links/{id}/again" Operator links::again;
    Post "/links/{id}/code" Operator links::show_code;

    Get "/vendors" Auditor vendors::list;
    Get "/vendors/{id}" Auditor vendors::show;
    Post "/vendors/{id}/edit" Operator vendors::change;
    Get "/vendors/{id}/panic" Operator panic::show_vendor;
    Post "/vendors/{id}/panic" Operator panic::press_vendor;
    Post "/vendors/{id}/reattach" Operator vendors::reattach;

    Get "/internal-groups" Auditor internal_groups::list;
    Get "/internal-groups/{id}" Auditor internal_groups::show;
    Post "/internal-groups/{id}" Operator internal_groups::change;
    Get "/internal-groups/{id}/panic" Operator panic::show_group;
    Post "/internal-groups/{id}/panic" Operator panic::press_group;

    Get "/access-groups" Auditor access_groups::list;
    Get "/access-groups/new" Operator access_groups::new;
    Post "/access-groups/new" Operator access_groups::create;
    Get "/access-groups/{id}" Auditor access_groups::show;
    Post "/access-groups/{id}" Operator access_groups::change;
    Post "/access-groups/{id}/delete" Operator access_groups::delete;

    Get "/events" Auditor events::list;
    Get "/requests" Auditor requests::list;
    Get "/requests/{id}" Auditor requests::show;

    Get "/administrators" Auditor administrators::list;
    Get "/administrators/new" Administrator administrators::new;
    Post "/administrators/new" Administrator administrators::create;
    Get "/administrators/{name}" Auditor administrators::show;
    Post "/administrators/{name}" Administrator administrators::change;
    Post "/administrators/{name}/reset" Administrator administrators::reset;
    Post "/administrators/{name}/delete" Administrator administrators::delete;
    Post "/administrators/{name}/tokens" Administrator administrators::issue;
    Post "/administrators/{name}/tokens/{token}/revoke" Administrator administrators::revoke;

    Get "/account" Auditor account::show;
    Post "/account/password" Auditor account::change_password;
    Get "/account/second-factor" Auditor account::offer;
    Post "/account/second-factor" Auditor account::confirm;
    Post "/sign-out" Auditor account::sign_out;
}

/// The routes of each path, found as the worker's table finds who answers.
static PATHS: LazyLock<Router<Vec<&'static Route>>> = LazyLock::new(|| {
    let mut by_path: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in ROUTES {
        by_path.entry(rooted(route.path)).or_default().push(route);
    }
    let mut paths = Router::new();
    for (path, routes) in by_path {
        paths
            .insert(path, routes)
            .expect("no two patterns are for the same paths");
    }
    paths
});

/// The route that a request with this method takes to this path below the mount.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    let verb = match *method {
        Method::GET => Verb::Get,
        Method::POST => Verb::Post,
        _ => return None,
    };
    let found = PATHS.at(rooted(path)).ok()?;
    let mut routes = found.value.iter().copied();
    routes.find(|route| route.method == verb)
}

/// What may be asked of a path by other methods than this, which it has not; none where there is nothing.
pub(super) fn others(method: &Method, path: &str) -> Option<Methods> {
    let found = PATHS.at(rooted(path)).ok()?;
    if find(method, path).is_some() {
        return None;
    }
    let handled = found.value.iter().map(|route| match route.method {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
    });
    Some(Methods::new(handled))
}

/// The page on which a form with this address stands: that address where it is a page too, else the
/// nearest page above it.
pub(super) fn page_of(path: &str) -> &str {
    let mut page = path;
    while !is_page(page) {
        let Some((above, _)) = page.rsplit_once('/') else {
            return MOUNT;
        };
        page = above;
    }
    page
}

fn is_page(path: &str) -> bool {
    let below = path.strip_prefix(MOUNT);
    below.is_some_and(|path| find(&Method::GET, path).is_some())
}

/// Whether somebody who signed in a while ago proves once more who they are before this change: what
/// gives out or replaces a credential, lets further addresses in, or grants a role (R-WEB-7).
pub(super) fn dangerous(route: &Route) -> bool {
    [
        "/providers/new",
        "/providers/{id}/edit",
        "/providers/{id}/allow",
        "/providers/{id}/rotate",
        "/providers/{id}/tokens",
        "/set-up",
        "/administrators/new",
        "/administrators/{name}",
        "/administrators/{name}/reset",
        "/administrators/{name}/tokens",
        "/account/second-factor",
    ]
    .contains(&route.path)
}

/// Whether the page is reached without a second factor even where one is required: the way to it.
pub(super) fn without_second_factor(route: &Route) -> bool {
    ["/account/second-factor", "/sign-out"].contains(&route.path)
}

/// A part of the navigation.
#[derive(Debug)]
pub(crate) struct Chapter {
    /// Empty for what stands above all chapters.
    pub(crate) title: String,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    /// What the entry stands under, in the words its users know.
    pub(crate) above: String,
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// Words above an entry, its words, its path; as keys of texts.
type Listed = (&'static str, &'static str, &'static str);

/// Each chapter with its entries.
const NAVIGATION: &[(&str, &[Listed])] = &[
    (
        "",
        &[("", "nav.home", ""), ("", "nav.timeline", "/timeline")],
    ),
    (
        "nav.remote_access",
        &[
            ("nav.settings", "nav.vendors", "/vendors"),
            (
                "nav.internal_users",
                "nav.internal_groups",
                "/internal-groups",
            ),
            ("nav.access_control", "nav.access_groups", "/access-groups"),
            ("", "nav.access_requests", "/access-requests"),
            ("", "nav.links", "/links"),
        ],
    ),
    (
        "nav.settings",
        &[
            ("nav.iga", "nav.providers", "/providers"),
            ("", "nav.credentials", "/credentials"),
            ("nav.user_management", "nav.people", "/people"),
            ("nav.system", "nav.administrators", "/administrators"),
            ("", "nav.system_settings", "/settings"),
            ("", "nav.schemas", "/schemas"),
            ("", "nav.health", "/health"),
        ],
    ),
    (
        "nav.audit",
        &[
            ("", "nav.events", "/events"),
            ("", "nav.requests", "/requests"),
            ("", "nav.warnings", "/warnings"),
            ("", "nav.tolerances", "/tolerances"),
        ],
    ),
];

pub(super) fn navigation(t: Texts, current: &str) -> Vec<Chapter> {
    let word = |key: &'static str| {
        if key.is_empty() {
            String::new()
        } else {
            t.own(key)
        }
    };
    NAVIGATION
        .iter()
        .map(|(title, entries)| Chapter {
            title: word(title),
            entries: entries
                .iter()
                .map(|(above, key, path)| Entry {
                    above: word(above),
                    text: t.own(key),
                    href: format!("{MOUNT}{path}"),
                    current: current == *key,
                })
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_open_to_auditors_but_to_their_own_account() {
        for route in ROUTES {
            let own = route.path.starts_with("/account") || route.path == "/sign-out";
            if route.method == Verb::Post && !own {
                assert!(route.role > Role::Auditor, "{}", route.path);
            }
        }
    }

    #[test]
    fn every_form_stands_on_a_page() {
        for (form, page) in [
            ("/settings/mail-test", "/settings"),
            ("/schemas/add", "/schemas"),
            ("/vendors/7/edit", "/vendors/7"),
            ("/people/7/blocks/8/lift", "/people/7"),
            ("/providers/7/edit", "/providers/7/edit"),
            ("/access-groups/7", "/access-groups/7"),
            ("/sign-out", ""),
        ] {
            assert_eq!(page_of(&format!("{MOUNT}{form}")), format!("{MOUNT}{page}"));
        }
        assert_eq!(page_of("elsewhere"), MOUNT);
    }

    #[test]
    fn each_route_stands_once() {
        for (index, route) in ROUTES.iter().enumerate() {
            let same = |other: &&Route| other.path == route.path && other.method == route.method;
            assert_eq!(ROUTES.iter().position(|other| same(&other)), Some(index));
        }
    }
}
