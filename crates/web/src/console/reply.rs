//! What a page's handler answers, and how that and every refusal become HTML.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::{HttpResponse, web};
use askama::Template;
use vestibule_service::Error;

use super::form::Control;
use super::page::{Anchor, Block, Cell, Notice, Page, Remark, Section, Tone};
use super::phrase::{Part, Phrase};
use super::table::Table;
use super::text::{Language, Texts};
use super::visit::{Looks, Visit};
use super::{SIGN_IN, assets, export, form, routes};
use crate::Web;
use crate::blocking::log;

/// Own scripts and styles, own addresses, nothing inline, in no frame (R-WEB-4).
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// What a handler answers.
pub(crate) enum Reply {
    Page(Box<Page>),
    /// A form again, with what was wrong in it.
    Mistaken(Box<Page>),
    /// A form again, since somebody else changed what it is about meanwhile.
    Stale(Box<Page>),
    /// Done; look there.
    See(String),
    /// A page of a list that is exported, and the name of the file.
    Export(Box<Table>, &'static str),
    Raw(HttpResponse),
}

pub(crate) type Answer = Result<Reply, Error>;

impl Reply {
    /// The page with a form again, as it was typed; its notice says that what the form is about was
    /// changed meanwhile and that saving once more saves over it. `now`: where it stands as it is.
    pub(crate) fn stale(t: Texts, mut page: Page, now: String) -> Self {
        let mut notice = Notice::new(Tone::Waiting, t.own("form.changed_meanwhile"));
        notice.more = vec![Remark {
            text: t.get("form.save_over").into(),
            link: Some(Anchor::new(t.own("form.as_it_is"), now)),
        }];
        page.notice = Some(notice);
        Self::Stale(Box::new(page))
    }
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self::Page(Box::new(page))
    }
}

/// A page with everything around it.
#[derive(Template)]
#[template(path = "console/page.html")]
struct Whole<'a> {
    page: &'a Page,
    visit: &'a Visit,
    t: Texts,
    looks: Looks,
    style: &'static str,
    script: &'static str,
    navigation: Vec<routes::Chapter>,
}

/// A page for somebody who is not signed in.
#[derive(Template)]
#[template(path = "console/plain.html")]
pub(super) struct Plain<'a> {
    pub(super) t: Texts,
    pub(super) looks: Looks,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) title: String,
    pub(super) lead: Option<String>,
    pub(super) notice: Option<Notice>,
    pub(super) form: Option<form::Form>,
    pub(super) more: Option<form::Form>,
    pub(super) more_title: String,
    /// Before the second form.
    pub(super) more_lead: String,
    /// The same, opened in a tab of its own, so that this page stays.
    pub(super) beside: Option<Anchor>,
    pub(super) link: Option<Anchor>,
    /// It holds what is lost when it is left: it offers no other looks, which would leave it.
    pub(super) once: bool,
    /// Where the browser goes on to by itself.
    pub(super) refresh: Option<&'a str>,
    pub(super) csrf: &'a str,
    pub(super) path: &'a str,
}

impl Plain<'_> {
    pub(super) fn new(looks: Looks, title: String, path: &str) -> Plain<'_> {
        Plain {
            t: looks.t,
            looks,
            style: assets::style(),
            script: assets::script(),
            title,
            lead: None,
            notice: None,
            form: None,
            more: None,
            more_title: String::new(),
            more_lead: String::new(),
            beside: None,
            link: None,
            once: false,
            refresh: None,
            csrf: "",
            path,
        }
    }

    pub(super) fn respond(&self, status: StatusCode) -> HttpResponse {
        html(status, self.render())
    }
}

impl Visit {
    /// The answer of a handler as HTML.
    pub(crate) fn respond(&self, answer: Answer) -> HttpResponse {
        match answer {
            Ok(Reply::Page(page)) => self.page(StatusCode::OK, *page),
            Ok(Reply::Mistaken(page)) => self.page(StatusCode::UNPROCESSABLE_ENTITY, *page),
            Ok(Reply::Stale(page)) => self.page(StatusCode::CONFLICT, *page),
            Ok(Reply::See(target)) => see(&target),
            Ok(Reply::Export(table, name)) => export::page(name, &table),
            Ok(Reply::Raw(response)) => response,
            Err(error) => self.refusal(&error),
        }
    }

    fn page(&self, status: StatusCode, mut page: Page) -> HttpResponse {
        if page.notice.is_none()
            && let Some(done) = self.query.given("done")
            && let Some(text) = self.t.find(&format!("done.{done}"))
        {
            page.notice = Some(Notice::new(Tone::Good, text));
        }
        if let Some(unsent) = &self.unsent {
            unsent.fill(self.t, &mut page);
        }
        let whole = Whole {
            page: &page,
            visit: self,
            t: self.t,
            looks: self.looks,
            style: assets::style(),
            script: assets::script(),
            navigation: routes::navigation(self.t, page.current),
        };
        html(status, whole.render())
    }

    /// A refusal, with what to do next.
    pub(crate) fn refusal(&self, error: &Error) -> HttpResponse {
        let (status, text) = match error {
            Error::Unauthenticated(_) => {
                let page = self.place().as_bytes();
                let page: String = url::form_urlencoded::byte_serialize(page).collect();
                return see(&format!("{SIGN_IN}?notice=ended&next={page}"));
            }
            Error::Forbidden(role) => {
                let needed = self.t.word(role.name());
                let own = self.t.word(self.who.role.name());
                let text = self
                    .t
                    .say("error.role", &[("needed", &needed), ("own", &own)]);
                (StatusCode::FORBIDDEN, text)
            }
            Error::NotFound(_) => (StatusCode::NOT_FOUND, self.t.own("error.not_found")),
            Error::Invalid { field, detail } => {
                let mistake = self.t.mistake(field, detail);
                return self.page(StatusCode::UNPROCESSABLE_ENTITY, self.stop(mistake));
            }
            Error::Uniqueness(said) | Error::Conflict(said) => {
                return self.page(StatusCode::CONFLICT, self.stop(self.t.hindrance(said)));
            }
            Error::PreconditionFailed => (StatusCode::CONFLICT, self.t.own("error.changed")),
            Error::Refused(_) | Error::OverRate { .. } | Error::Token(_) | Error::Scim(_) => {
                (StatusCode::BAD_REQUEST, error.to_string())
            }
            Error::Busy { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                self.t.own("error.unavailable"),
            ),
            Error::Unavailable(_) => {
                log(error, &self.request_id);
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    self.t.own("error.unavailable"),
                )
            }
            Error::Internal(_) => {
                log(error, &self.request_id);
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    self.t.own("error.internal"),
                )
            }
        };
        self.page(status, self.stop(text))
    }

    /// A page that says why there is none.
    fn stop(&self, text: impl Into<Phrase>) -> Page {
        let title = self.t.own("error.title");
        let fact = super::page::Fact::new(
            self.t.own("error.request"),
            Cell::Copy(self.request_id.clone()),
        );
        Page {
            title,
            notice: Some(Notice::new(Tone::Bad, text)),
            sections: vec![Section::new(
                "what-next",
                self.t.own("error.next"),
                vec![
                    Block::Text(self.t.own("error.back")),
                    Block::Facts(vec![fact]),
                ],
            )],
            ..Page::default()
        }
    }
}

fn html(status: StatusCode, rendered: askama::Result<String>) -> HttpResponse {
    match rendered {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .body(visible(html)),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// The same with what would act unseen made visible: controls of a terminal, and those that turn the
/// direction of writing around (R-INP-5).
fn visible(html: String) -> String {
    let acts = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if html.contains(acts) {
        html.replace(acts, "\u{fffd}")
    } else {
        html
    }
}

pub(super) fn see(target: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::SEE_OTHER)
        .insert_header((LOCATION, target))
        .finish()
}

/// To a request that no page of ours made.
pub(super) fn foreign(web: &Web, looks: Looks) -> HttpResponse {
    let mut plain = Plain::new(looks, looks.t.own("error.title"), "");
    let url = &web.settings.public_url;
    let text = looks.t.say("error.foreign", &[("url", url)]);
    plain.notice = Some(Notice::new(Tone::Bad, text));
    plain.link = Some(Anchor::new(
        looks.t.own("sign_in.title"),
        format!("{url}{SIGN_IN}"),
    ));
    plain.respond(StatusCode::FORBIDDEN)
}

pub(super) fn malformed(visit: &Visit, key: &str) -> HttpResponse {
    visit.page(StatusCode::BAD_REQUEST, visit.stop(visit.t.own(key)))
}

/// A form that took too long to arrive.
pub(super) fn slow(visit: &Visit) -> HttpResponse {
    let why = visit.stop(visit.t.own("error.broken"));
    visit.page(StatusCode::REQUEST_TIMEOUT, why)
}

pub(super) fn not_found(visit: &Visit) -> HttpResponse {
    visit.refusal(&Error::NotFound("page"))
}

/// When not even the sender could be looked up.
pub(super) fn broken(error: &Error, _: &web::Data<Web>, looks: Looks, id: &str) -> HttpResponse {
    log(error, id);
    let mut plain = Plain::new(looks, looks.t.own("error.title"), "");
    plain.notice = Some(Notice::new(Tone::Bad, looks.t.own("error.unavailable")));
    plain.respond(StatusCode::SERVICE_UNAVAILABLE)
}

/// No such page, or not with this method.
pub(super) async fn elsewhere(visit: Visit) -> HttpResponse {
    not_found(&visit)
}

/// A language as the preferences offer it.
pub(super) fn languages() -> [Language; 2] {
    Language::ALL
}
