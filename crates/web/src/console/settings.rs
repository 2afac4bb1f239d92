//! Settings > System > Settings: what the server is configured with, where that came from and how to
//! change it, and a letter to try the mail server with.

use std::cmp::Reverse;

use vestibule_domain::mail::Posted;
use vestibule_domain::{Hindrance, Mistake};
use vestibule_service::sessions::{ABSOLUTE, IDLE};
use vestibule_service::{Error, Role};

use super::MOUNT;
use super::fields::Fields;
use super::form::{Field, Form, Pick};
use super::page::{Anchor, Block, Cell, Fact, Notice, Page, Section, Tone};
use super::phrase::Phrase;
use super::reply::{Answer, Reply};
use super::table::Table;
use super::text::{Language, Texts};
use super::visit::Visit;
use crate::blocking::blocking;
use crate::{Configured, Source};

pub(super) async fn show(visit: &Visit) -> Answer {
    if visit.wants_csv() {
        return Ok(Reply::Export(Box::new(list(visit)), "settings"));
    }
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
            Section {
                lead: Some(t.own("settings.list_lead")),
                ..Section::new(
                    "configured",
                    t.own("nav.system_settings"),
                    vec![Block::Table(list(visit))],
                )
            },
            mail(visit, form),
        ],
        ..Page::default()
    }
}

/// What is set, or cannot be: its words, its value, where that came from, and what it is set by.
struct Row {
    words: String,
    value: Cell,
    source: Phrase,
    key: &'static str,
    variable: &'static str,
}

/// Every setting of the server, and what is built in.
fn list(visit: &Visit) -> Table {
    let t = visit.t;
    let wanted = visit.query.get("source");
    let configured = visit.web.settings.configured.iter();
    let set = configured
        .filter(|one| wanted.is_empty() || one.source.word() == wanted)
        .map(|one| set(t, one));
    let fixed = built_in(t).into_iter().filter(|_| wanted.is_empty());
    let search = visit.query.get("q").trim().to_lowercase();
    let mut rows: Vec<Row> = set.chain(fixed).collect();
    rows.retain(|row| {
        let texts = [row.words.as_str(), row.key, row.variable];
        texts
            .iter()
            .any(|text| text.to_lowercase().contains(&search))
    });
    match visit.query.get("sort") {
        "key" => rows.sort_by_key(|row| row.key),
        "-key" => rows.sort_by_key(|row| Reverse(row.key)),
        _ => {}
    }
    let mut table = Table::new(
        t.own("nav.system_settings"),
        &[
            t.get("settings.setting"),
            t.get("settings.value"),
            t.get("settings.source"),
            t.get("settings.key"),
            t.get("settings.variable"),
        ],
    );
    let code = |text: &str| match text {
        "" => Cell::Nothing,
        text => Cell::Code(text.to_owned()),
    };
    table.rows = rows
        .into_iter()
        .map(|row| {
            vec![
                Cell::text(row.words),
                row.value,
                Cell::Phrase(row.source),
                code(row.key),
                code(row.variable),
            ]
        })
        .collect();
    table.whole(visit);
    table.sorted(visit, &[(3, "key")], "");
    let sources = Source::WORDS.map(|word| Pick::new(word, t.own_of("settings_source", word)));
    table.filtered_by(
        visit,
        vec![
            visit.filter("q", t.own("settings.setting")),
            visit.filter_among("source", t.own("settings.source"), sources),
        ],
    );
    table
}

fn set(t: Texts, one: &Configured) -> Row {
    let source = match &one.source {
        Source::Default => t.get("settings_source.default").into(),
        Source::File(place) => t.phrase("settings.of_file", &[("place", place.into())]),
        Source::Environment => t.phrase(
            "settings.of_environment",
            &[("variable", one.variable.into())],
        ),
        Source::CommandLine => t.phrase("settings.of_option", &[("option", one.option.into())]),
    };
    Row {
        words: t.own_of("setting", one.key),
        value: match one.value.as_deref() {
            None => Cell::text(t.own("settings.hidden")),
            Some("") => Cell::Nothing,
            Some("true") => Cell::text(yes_no(t, true)),
            Some("false") => Cell::text(yes_no(t, false)),
            Some(value) => Cell::Code(value.to_owned()),
        },
        source,
        key: one.key,
        variable: one.variable,
    }
}

/// What holds and cannot be set.
fn built_in(t: Texts) -> [Row; 3] {
    [
        ("settings.events_kept", t.own("settings.for_good")),
        ("settings.idle", t.span(IDLE)),
        ("settings.absolute", t.span(ABSOLUTE)),
    ]
    .map(|(words, value)| Row {
        words: t.own(words),
        value: Cell::text(value),
        source: t.get("settings.built_in").into(),
        key: "",
        variable: "",
    })
}

fn mail(visit: &Visit, form: Form) -> Section {
    let t = visit.t;
    let blocks = match &visit.web.mailer {
        Some(mailer) => {
            let facts = vec![
                Fact::new(t.own("settings.smtp"), Cell::Code(mailer.server())),
                Fact::new(t.own("settings.from"), Cell::text(mailer.from())),
            ];
            let mut blocks = vec![Block::Facts(facts)];
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

fn yes_no(t: Texts, yes: bool) -> String {
    t.word(if yes { "yes" } else { "no" })
}

/// Whether every language says what a setting is, by its key in the configuration file.
pub fn is_explained(key: &str) -> bool {
    let key = format!("setting.{key}");
    Language::ALL
        .into_iter()
        .all(|language| Texts::of(language).find(&key).is_some())
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
            // What is no address was never shown to a mail server.
            let ours = Mistake::read(&why).is_some();
            form.mark("to", t.mistake("", &why));
            Notice::new(
                Tone::Bad,
                t.own(if ours {
                    "settings.no_address"
                } else {
                    "settings.not_sent"
                }),
            )
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
