//! One request of somebody who is signed in.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_LANGUAGE, COOKIE};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use chrono::{DateTime, Utc};
use serde::de::value::{Error as Unknown, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use vestibule_domain::hexadecimal;
use vestibule_oauth::{Digest, Secret, SecretKind};
use vestibule_service::administrators::Administrator;
use vestibule_service::pages::PageQuery;
use vestibule_service::{AdminCall, Error, Role, Service};

use super::form::{Field, Form, Pick};
use super::phrase::Phrase;
use super::query::Pairs;
use super::routes::{self, Route};
use super::text::{Language, Texts};
use super::unsent::Unsent;
use super::when::When;
use crate::Web;
use crate::blocking::blocking;

/// Rows of an export that are read at once.
const EXPORT: u64 = 1_000;

/// How a page is to look, as cookies and headers of the browser say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looks {
    pub(crate) t: Texts,
    /// `light`, `dark`, or `system`.
    pub(crate) theme: &'static str,
}

impl Looks {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let accepted = || {
            let header = request.headers().get(ACCEPT_LANGUAGE);
            let header = header.and_then(|value| value.to_str().ok());
            Language::accepted(header.unwrap_or_default())
        };
        let language = cookie(request, "vestibule-language")
            .and_then(|tag| Language::of_tag(&tag))
            .unwrap_or_else(accepted);
        let theme = match cookie(request, "vestibule-theme").as_deref() {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "system",
        };
        Self {
            t: Texts::of(language),
            theme,
        }
    }
}

/// A request past the gate.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) web: Web,
    pub(crate) call: AdminCall,
    pub(crate) who: Administrator,
    /// Whether this change is one that gives out a credential, opens a door or grants a role (R-WEB-7).
    pub(crate) dangerous: bool,
    /// Whether whoever makes it proved who they are a while ago only.
    pub(crate) unproved: bool,
    /// What a form must carry to be believed (R-WEB-2).
    pub(crate) csrf: String,
    pub(crate) looks: Looks,
    pub(crate) t: Texts,
    pub(crate) path: String,
    /// None where there is nothing.
    pub(crate) route: Option<&'static Route>,
    /// Whether the page is the answer to a form, and so has no address of its own.
    pub(crate) posted: bool,
    pub(crate) query: Pairs,
    /// What was typed into a form of the page before signing in once more.
    pub(crate) unsent: Option<Unsent>,
    pub(crate) request_id: String,
    /// Of a stream, the last event that the browser has seen.
    pub(crate) last_event: String,
}

impl Visit {
    /// Runs one operation where it may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Service, &AdminCall) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (service, call) = (self.web.service.clone(), self.call.clone());
        blocking(move || operation(&service, &call)).await
    }

    /// The part of a list that the address asks for: at most `limit` rows, or more of an export. `usual`
    /// is the order when the address names none: a word of the API's `sort`, behind `-` when it is
    /// descending.
    pub(crate) fn part<S: DeserializeOwned>(&self, limit: u64, usual: &str) -> PageQuery<S> {
        let order = self.query.given("sort").unwrap_or(usual);
        let word = order.strip_prefix('-');
        let named: StrDeserializer<'_, Unknown> = word.unwrap_or(order).into_deserializer();
        let limit = if self.wants_csv() { EXPORT } else { limit };
        PageQuery {
            sort: S::deserialize(named).ok(),
            descending: word.is_some(),
            after: self.query.given("after").map(str::to_owned),
            ..PageQuery::first(limit)
        }
    }

    /// A line by which a list is filtered.
    pub(crate) fn filter(&self, name: &'static str, label: String) -> Field {
        Field::line(name, label, self.query.get(name))
    }

    /// An id by which a list is filtered; what is no id is told at the field.
    pub(crate) fn filter_id(&self, name: &'static str, label: String) -> Field {
        let mut field = self.filter(name, label);
        let typed = self.query.given(name);
        if typed.is_some_and(|typed| typed.parse::<uuid::Uuid>().is_err()) {
            field.mistake = Some(self.t.get("table.no_id").into());
        }
        field
    }

    /// An instant by which a list is filtered, and what was read of it; what is none is told at the field.
    pub(crate) fn filter_when(
        &self,
        name: &'static str,
        label: String,
    ) -> (Field, Option<DateTime<Utc>>) {
        let typed = When::sent(&self.query, name);
        let read = typed.instant();
        let mut field = Field::when(name, label, typed);
        let read = read.map_err(|key| field.mistake = Some(self.t.get(key).into()));
        (field, read.unwrap_or_default())
    }

    /// The id by which a list is filtered, where it is one.
    pub(crate) fn wanted_id<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.query.given(name)?.parse().ok()
    }

    /// A choice by which a list is filtered, of any or one of these.
    pub(crate) fn filter_among(
        &self,
        name: &'static str,
        label: String,
        picks: impl IntoIterator<Item = Pick>,
    ) -> Field {
        let mut options = vec![Pick::new("", self.t.own("table.any"))];
        options.extend(picks);
        Field::choice(name, label, options, self.query.get(name))
    }

    pub(crate) fn may(&self, role: Role) -> bool {
        self.who.role >= role
    }

    /// The id at the end, or in the middle, of the address.
    pub(crate) fn id<T: std::str::FromStr>(&self, kind: &'static str) -> Result<T, Error> {
        self.path
            .split('/')
            .find_map(|part| part.parse().ok())
            .ok_or(Error::NotFound(kind))
    }

    /// The id after the first.
    pub(crate) fn second_id<T: std::str::FromStr>(&self, kind: &'static str) -> Result<T, Error> {
        self.path
            .split('/')
            .filter_map(|part| part.parse().ok())
            .nth(1)
            .ok_or(Error::NotFound(kind))
    }

    /// This page's address, for whoever comes back to it.
    pub(crate) fn address(&self) -> String {
        self.here(&[])
    }

    /// Where this page stands, without its query: also of one that answers to a form, the page with that
    /// form.
    pub(crate) fn place(&self) -> &str {
        if self.posted {
            routes::page_of(&self.path)
        } else {
            &self.path
        }
    }

    /// This page's address with its query changed.
    pub(crate) fn here(&self, changes: &[(&str, Option<&str>)]) -> String {
        format!("{}{}", self.place(), self.query.with(changes))
    }

    /// Writes a mistake at its field of the form, or at `usual`; what is no mistake of the form is
    /// passed on.
    pub(crate) fn mark(&self, form: &mut Form, error: Error, usual: &str) -> Result<(), Error> {
        let (field, mistake) = self.mistake(error)?;
        if !form.mark(&field, mistake.clone()) {
            form.mark(usual, mistake);
        }
        Ok(())
    }

    /// The field and what is wrong there; what is no mistake of a form is passed on.
    pub(crate) fn mistake(&self, error: Error) -> Result<(String, Phrase), Error> {
        match error {
            Error::Invalid { field, detail } => {
                let mistake = self.t.mistake(&field, &detail);
                Ok((field, mistake))
            }
            Error::Uniqueness(said) => Ok(("name".to_owned(), self.t.hindrance(&said))),
            error => Err(error),
        }
    }

    /// The same of several, beside what is known already: of each field the first mistake.
    pub(crate) fn add_mistakes(
        &self,
        wrong: &mut Vec<(String, Phrase)>,
        found: impl IntoIterator<Item = Error>,
    ) -> Result<(), Error> {
        for error in found {
            let (field, mistake) = self.mistake(error)?;
            if wrong.iter().all(|(known, _)| *known != field) {
                wrong.push((field, mistake));
            }
        }
        Ok(())
    }

    pub(crate) fn wants_csv(&self) -> bool {
        self.query.get("format") == "csv"
    }
}

impl FromRequest for Visit {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visit = request.extensions().get::<Self>().cloned();
        ready(visit.ok_or_else(|| actix_web::error::ErrorUnauthorized("sign in first")))
    }
}

/// What a form of this session must carry: only who has the cookie's secret can make it.
pub(crate) fn csrf(session: &Secret) -> String {
    let digest = Digest::of(&format!("csrf\0{}", session.expose()));
    hexadecimal(digest.as_bytes())
}

/// The secret in the session's cookie.
pub(crate) fn session(request: &HttpRequest, web: &Web) -> Option<Secret> {
    Secret::parse(SecretKind::Session, &cookie(request, session_cookie(web))?)
}

/// `__Host-` binds the cookie to this host; browsers take that over https only.
pub(crate) fn session_cookie(web: &Web) -> &'static str {
    if is_https(web) {
        "__Host-vestibule"
    } else {
        "vestibule"
    }
}

pub(crate) fn is_https(web: &Web) -> bool {
    web.settings.public_url.starts_with("https://")
}

/// The value of a cookie. One that comes twice is none: nobody honest sends that.
pub(crate) fn cookie(request: &HttpRequest, name: &str) -> Option<String> {
    let mut found = request
        .headers()
        .get_all(COOKIE)
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned());
    let value = found.next()?;
    found.next().is_none().then_some(value)
}
