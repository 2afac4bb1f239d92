//! Settings > System > Settings: what holds where nobody nearer says otherwise, and a letter to try
//! the mail server with.

use chrono::Duration;
use vestibule_domain::Hindrance;
use vestibule_domain::mail::Posted;
use vestibule_service::sessions::{ABSOLUTE, IDLE};
use vestibule_service::{Error, Role};

use super::MOUNT;
use super::fields::Fields;
use super::form::{Field, Form};
use super::page::{Anchor, Block, Cell, Notice, Page, Section, Tone};
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::Texts;
use super::visit::Visit;
use crate::blocking::blocking;

pub(super) async fn show(visit: &Visit) -> Answer {
    Ok(page(visit, test_form(visit, "")).into())
}

fn test_form(visit: &Visit, to: &str) -> Form {
    let t = visit.t;
    let to = Field::typed("to", t.own("settings.test_to"), to, "email", "email").required();
    let action = format!("{MOUNT}/settings/mail-test");
    let mut form = Form::of("mail-test", action, t.own("settings.test"), vec![to]);
    form.inline = true;
    form
}

fn page(visit: &Visit, form: Form) -> Page {
    let t = visit.t;
    Page {
        title: t.own("nav.system_settings"),
        lead: Some(t.own("settings.lead")),
        trail: vec![
            Anchor::words(t.own("nav.settings")),
            Anchor::words(t.own("nav.system")),
            Anchor::new(t.own("nav.system_settings"), format!("{MOUNT}/settings")),
        ],
        current: "nav.system_settings",
        sections: vec![
            mail(visit, form),
            links(visit),
            lifetimes(visit),
            bounds(visit),
            retention(visit),
            signing_in(visit),
        ],
        ..Page::default()
    }
}

/// What is set: its words, its value, and the key it is set with.
type Setting = (&'static str, String, &'static str);

fn table(t: Texts, title: &'static str, settings: Vec<Setting>) -> Table {
    let mut table = Table::new(
        t.own(title),
        &[
            t.get("settings.setting"),
            t.get("settings.value"),
            t.get("settings.key"),
        ],
    );
    table.rows = settings
        .into_iter()
        .map(|(words, value, key)| {
            vec![
                Cell::text(t.own_of("settings", words)),
                Cell::text(value),
                Cell::Code(key.to_owned()),
            ]
        })
        .collect();
    table
}

fn section(t: Texts, id: &'static str, title: &'static str, settings: Vec<Setting>) -> Section {
    Section::new(
        id,
        t.own(title),
        vec![Block::Table(table(t, title, settings))],
    )
}

fn mail(visit: &Visit, form: Form) -> Section {
    let t = visit.t;
    let blocks = match &visit.web.mailer {
        Some(mailer) => {
            let settings = vec![
                ("smtp", mailer.server(), "smtp_host, smtp_port"),
                ("from", mailer.from(), "mail_from"),
            ];
            let mut blocks = vec![Block::Table(table(t, "settings.mail", settings))];
            if visit.may(Role::Administrator) {
                blocks.push(Block::Form(form));
            }
            blocks
        }
        None => vec![Block::Notice(Notice::new(
            Tone::Waiting,
            t.own("settings.no_mail"),
        ))],
    };
    Section::new("mail", t.own("settings.mail"), blocks)
}

fn links(visit: &Visit) -> Section {
    let t = visit.t;
    let links = visit.web.service.settings().links;
    let gateway = visit.web.settings.gateway_url.clone();
    section(
        t,
        "links",
        "nav.links",
        vec![
            (
                "automatic_links",
                yes_no(t, links.automatic),
                "automatic_links",
            ),
            ("link_life", t.span(links.durations.usual), "link_minutes"),
            (
                "longest_link",
                t.span(links.durations.longest),
                "maximum_link_minutes",
            ),
            (
                "gateway",
                gateway.unwrap_or_else(|| t.own("settings.no_gateway")),
                "gateway_url",
            ),
        ],
    )
}

fn lifetimes(visit: &Visit) -> Section {
    let t = visit.t;
    let settings = visit.web.service.settings();
    let minutes = |minutes: u64| {
        let minutes = i64::try_from(minutes).unwrap_or(i64::MAX / 60_000);
        t.span(Duration::minutes(minutes))
    };
    section(
        t,
        "lifetimes",
        "settings.lifetimes",
        vec![
            (
                "token",
                minutes(settings.default_token_minutes),
                "default_token_minutes",
            ),
            (
                "longest_token",
                minutes(settings.maximum_token_minutes),
                "maximum_token_minutes",
            ),
            (
                "activation_token",
                minutes(settings.activation_token_minutes),
                "activation_token_minutes",
            ),
            (
                "live_tokens",
                settings.live_tokens.to_string(),
                "live_tokens",
            ),
            (
                "set_up_link",
                t.span(settings.set_up_link),
                "set_up_link_minutes",
            ),
        ],
    )
}

fn bounds(visit: &Visit) -> Section {
    let t = visit.t;
    let settings = visit.web.service.settings();
    let body = t.say("settings.bytes", &[("bytes", &visit.web.settings.max_body)]);
    let seconds = Duration::seconds(i64::from(settings.retry_after));
    section(
        t,
        "bounds",
        "settings.bounds",
        vec![
            ("body", body, "max_body_bytes"),
            ("page", settings.default_page.to_string(), "default_page"),
            (
                "longest_page",
                settings.maximum_page.to_string(),
                "maximum_page",
            ),
            ("retry_after", t.span(seconds), "retry_after_seconds"),
        ],
    )
}

fn retention(visit: &Visit) -> Section {
    let t = visit.t;
    let settings = visit.web.service.settings();
    section(
        t,
        "retention",
        "settings.retention",
        vec![
            (
                "refused_age",
                t.span(settings.refused_requests_age),
                "refused_request_days",
            ),
            (
                "refused_kept",
                settings.refused_requests.to_string(),
                "refused_requests_kept",
            ),
            ("events_kept", t.own("settings.for_good"), "-"),
        ],
    )
}

fn signing_in(visit: &Visit) -> Section {
    let t = visit.t;
    let required = visit.web.service.settings().second_factor_required;
    section(
        t,
        "signing-in",
        "settings.signing_in",
        vec![
            (
                "second_factor",
                yes_no(t, required),
                "second_factor_required",
            ),
            ("idle", t.span(IDLE), "-"),
            ("absolute", t.span(ABSOLUTE), "-"),
        ],
    )
}

fn yes_no(t: Texts, yes: bool) -> String {
    t.word(if yes { "yes" } else { "no" })
}

/// Sends one letter now, and says what the mail server said.
pub(super) async fn test_mail(visit: &Visit, fields: &Fields) -> Answer {
    let t = visit.t;
    let to = fields.get("to").trim().to_owned();
    let Some(mailer) = visit.web.mailer.clone() else {
        return Err(Error::Conflict(Hindrance::NoMailServer.said([])));
    };
    let mut form = test_form(visit, &to);
    let now = visit.web.service.now();
    let id = format!("test-{}", visit.request_id);
    let posted = blocking(move || Ok(mailer.test(&to, now, &id))).await?;
    let notice = match posted {
        Posted::Sent => Notice::new(Tone::Good, t.own("settings.sent")),
        Posted::Refused(why) | Posted::Postponed(why) | Posted::Unknown(why) => {
            form.mark("to", t.mistake("", &why));
            Notice::new(Tone::Bad, t.own("settings.not_sent"))
        }
        Posted::Dropped => Notice::new(Tone::Bad, t.own("settings.not_sent")),
    };
    let failed = notice.tone == Tone::Bad;
    let mut page = page(visit, form);
    page.notice = Some(notice);
    Ok(if failed {
        Reply::Mistaken(Box::new(page))
    } else {
        page.into()
    })
}
