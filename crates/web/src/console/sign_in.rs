//! The sign-in page, where products' tiles lead to, and the looks of the console, which are chosen
//! before one is anybody.

use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_oauth::Secret;
use vestibule_service::AdminCredential;
use vestibule_service::links::codes::Visitor;
use vestibule_service::sessions::{Password, SignIn, SignedIn};
use vestibule_service::{AdminCall, Error};

use super::fields::sent;
use super::form::{Field, Form};
use super::page::{Anchor, Notice, Tone};
use super::query::Pairs;
use super::reply::{Plain, broken, foreign, see};
use super::text::Language;
use super::unsent::Unsent;
use super::visit::{Looks, csrf, is_https, session, session_cookie};
use super::{MOUNT, SIGN_IN, gate, openid};
use crate::Web;
use crate::blocking::{blocking, log};
use crate::request::{Sender, request_id};
use crate::routes::Table;

/// Where people ask for a way in.
const ASK: &str = "/flow/auth/link";
/// Where a page that keeps what was typed asks whether its browser is signed in by now.
const AGAIN: &str = "/flow/auth/again";
/// How long a browser remembers looks, in seconds.
const REMEMBERED: u32 = 365 * 24 * 60 * 60;

pub(super) fn configure(table: &mut Table) {
    table
        .page(Method::GET, "/", root)
        .page(Method::GET, SIGN_IN, show)
        .page(Method::POST, SIGN_IN, enter)
        .page(Method::POST, "/flow/auth/again", signed_in_beside)
        .page(Method::POST, "/flow/auth/link", ask)
        .page(Method::POST, "/flow/preferences", preferences);
}

async fn root() -> HttpResponse {
    see(SIGN_IN)
}

/// What stands in the form.
#[derive(Default)]
struct Typed<'a> {
    name: &'a str,
    next: &'a str,
    /// The password was right; now the code.
    code: bool,
    notice: Option<Notice>,
    /// A form that came too late.
    unsent: Option<Unsent>,
}

/// Whether this session stands.
async fn present(web: &Web, session: &Secret) -> Result<(), Error> {
    let call = AdminCall {
        credential: AdminCredential::Session(Ok(session.digest())),
        address: None,
        request_id: None,
    };
    let service = web.service.clone();
    blocking(move || service.present(&call)).await.map(drop)
}

async fn show(web: Data<Web>, request: HttpRequest) -> HttpResponse {
    let looks = Looks::of(&request);
    let query = Pairs::parse(request.query_string().as_bytes());
    if let Some(secret) = session(&request, &web)
        && present(&web, &secret).await.is_ok()
    {
        return see(inside(query.get("next")));
    }
    let notice = match query.get("notice") {
        "ended" => Some(Notice::new(Tone::Waiting, looks.t.own("sign_in.ended"))),
        "out" => Some(Notice::new(Tone::Good, looks.t.own("sign_in.out"))),
        "asked" => Some(Notice::new(Tone::Good, looks.t.own("sign_in.asked"))),
        "password" => Some(Notice::new(
            Tone::Good,
            looks.t.own("sign_in.password_changed"),
        )),
        _ => None,
    };
    let next = query.get("next");
    page(
        &web,
        looks,
        StatusCode::OK,
        Typed {
            next,
            notice,
            ..Typed::default()
        },
    )
}

/// To a form that came when its session had ended: signing in again, with what was typed.
pub(super) fn late(web: &Web, looks: Looks, unsent: Unsent) -> HttpResponse {
    let next = unsent.page();
    let typed = Typed {
        next: &next,
        notice: Some(Notice::new(Tone::Waiting, looks.t.own("again.ended"))),
        unsent: Some(unsent),
        ..Typed::default()
    };
    page(web, looks, StatusCode::UNAUTHORIZED, typed)
}

/// Signed in again: the form that came too late is one press away.
fn welcome(looks: Looks, secret: &Secret, unsent: &Unsent) -> HttpResponse {
    let t = looks.t;
    let csrf = csrf(secret);
    let mut plain = Plain::new(looks, t.own("again.welcome"), SIGN_IN);
    let mut form = Form::of("again", unsent.again(), t.own("again.show"), Vec::new());
    form.hidden.extend(unsent.hidden());
    form.cancel = Some(unsent.page());
    plain.lead = Some(t.own("again.lead"));
    plain.form = Some(form);
    plain.once = true;
    plain.csrf = &csrf;
    plain.respond(StatusCode::OK)
}

/// Signed in in a tab of its own, with OpenID Connect: the page that kept what was typed says so, and
/// goes on as after a password. Nothing is sent or saved by that.
async fn signed_in_beside(web: Data<Web>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let looks = Looks::of(&request);
    if !gate::is_surely_own(&request, &web.settings.public_url) {
        return foreign(&web, looks);
    }
    let fields = sent(&request, payload).await;
    let Some(unsent) = fields.and_then(|fields| Unsent::read(&fields)) else {
        return see(SIGN_IN);
    };
    if let Some(secret) = session(&request, &web) {
        match present(&web, &secret).await {
            Ok(()) => return welcome(looks, &secret, &unsent),
            Err(Error::Unauthenticated(_)) => {}
            Err(error) => return broken(&error, &web, looks, &request_id(&request)),
        }
    }
    let next = unsent.page();
    let typed = Typed {
        next: &next,
        notice: Some(Notice::new(Tone::Waiting, looks.t.own("again.not_yet"))),
        unsent: Some(unsent),
        ..Typed::default()
    };
    page(&web, looks, StatusCode::UNAUTHORIZED, typed)
}

async fn enter(
    web: Data<Web>,
    request: HttpRequest,
    sender: Sender,
    payload: Payload,
) -> HttpResponse {
    let looks = Looks::of(&request);
    if !gate::is_own(&request, &web.settings.public_url) {
        return foreign(&web, looks);
    }
    let Some(fields) = sent(&request, payload).await else {
        return page(&web, looks, StatusCode::BAD_REQUEST, Typed::default());
    };
    let attempt = SignIn {
        name: fields.get("name").trim().to_owned(),
        password: Password(fields.get("password").to_owned()),
        code: fields.given("code").map(str::to_owned),
        address: sender.address,
        request_id: Some(request_id(&request)),
    };
    let service = web.service.clone();
    let outcome = blocking(move || service.sign_in(&attempt)).await;
    let again = Typed {
        name: fields.get("name"),
        next: fields.get("next"),
        code: fields.has("code"),
        notice: None,
        unsent: gate::is_surely_own(&request, &web.settings.public_url)
            .then(|| Unsent::read(&fields))
            .flatten(),
    };
    match outcome {
        Ok(SignedIn::Welcome { secret, .. }) if let Some(unsent) = &again.unsent => {
            let mut answer = welcome(looks, &secret, unsent);
            if let Ok(value) = cookie(&web, &secret).parse() {
                answer.headers_mut().append(SET_COOKIE, value);
            }
            answer
        }
        Ok(SignedIn::Welcome { secret, .. }) => HttpResponse::build(StatusCode::SEE_OTHER)
            .insert_header((SET_COOKIE, cookie(&web, &secret)))
            .insert_header((LOCATION, inside(fields.get("next"))))
            .finish(),
        Ok(SignedIn::Wrong) => {
            let notice = Some(Notice::new(Tone::Bad, looks.t.own("sign_in.wrong")));
            page(
                &web,
                looks,
                StatusCode::UNAUTHORIZED,
                Typed { notice, ..again },
            )
        }
        Ok(SignedIn::CodeNeeded) => {
            let notice = Some(Notice::new(
                Tone::Waiting,
                looks.t.own("sign_in.code_needed"),
            ));
            page(
                &web,
                looks,
                StatusCode::OK,
                Typed {
                    code: true,
                    notice,
                    ..again
                },
            )
        }
        Ok(SignedIn::TooOften { retry_after }) => {
            let minutes = retry_after / 60 + 1;
            let text = too_often(looks.t, minutes);
            let notice = Some(Notice::new(Tone::Bad, text));
            page(
                &web,
                looks,
                StatusCode::TOO_MANY_REQUESTS,
                Typed { notice, ..again },
            )
        }
        Err(error) => broken(&error, &web, looks, &request_id(&request)),
    }
}

fn page(web: &Web, looks: Looks, status: StatusCode, typed: Typed<'_>) -> HttpResponse {
    let t = looks.t;
    let mut fields = vec![
        Field::typed(
            "name",
            t.own("sign_in.name"),
            typed.name,
            "text",
            "username",
        )
        .required(),
        Field::typed(
            "password",
            t.own("sign_in.password"),
            "",
            "password",
            "current-password",
        )
        .required(),
    ];
    if typed.code {
        fields.push(
            Field::typed("code", t.own("sign_in.code"), "", "text", "one-time-code")
                .hint(t.own("sign_in.code_hint")),
        );
    }
    let mut form = Form::of("sign-in", SIGN_IN, t.own("sign_in.submit"), fields);
    form.hidden.push(("next", typed.next.to_owned()));
    if let Some(unsent) = &typed.unsent {
        form.hidden.extend(unsent.hidden());
        form.cancel = Some(sign_in_for(typed.next));
    }
    let mut plain = Plain::new(looks, t.own("sign_in.title"), SIGN_IN);
    plain.lead = Some(t.own("sign_in.lead"));
    plain.notice = typed.notice;
    plain.form = Some(form);
    plain.once = typed.unsent.is_some();
    if let (true, Some(unsent)) = (web.openid.is_some(), &typed.unsent) {
        // What was typed is in this page alone, and leaving it would lose it.
        let mut form = Form::of("beside", AGAIN, t.own("again.beside"), Vec::new());
        form.hidden.extend(unsent.hidden());
        plain.more_title = t.own("sign_in.openid");
        plain.more_lead = t.own("again.openid");
        plain.beside = Some(Anchor::new(
            t.own("again.in_a_tab"),
            format!("{}?{}=yes", openid::BEGIN, openid::BESIDE),
        ));
        plain.more = Some(form);
    } else if web.openid.is_some() {
        plain.link = Some(Anchor::new(t.own("sign_in.openid"), openid::BEGIN));
    }
    if web.service.settings().links.mail && !plain.once {
        let email = Field::typed("email", t.own("sign_in.email"), "", "email", "email")
            .required()
            .hint(t.own("sign_in.email_hint"));
        plain.more_title = t.own("sign_in.person");
        plain.more = Some(Form::of("ask", ASK, t.own("sign_in.ask"), vec![email]));
    }
    plain.respond(status)
}

/// The sign-in page that leads there.
fn sign_in_for(page: &str) -> String {
    let page: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
    format!("{SIGN_IN}?next={page}")
}

/// A person of a provider asks for a way in. The answer is the same whether the address is known,
/// and so is the time it takes: what is to be done is done afterwards.
async fn ask(
    web: Data<Web>,
    request: HttpRequest,
    sender: Sender,
    payload: Payload,
) -> HttpResponse {
    let looks = Looks::of(&request);
    if !gate::is_own(&request, &web.settings.public_url) {
        return foreign(&web, looks);
    }
    let fields = sent(&request, payload).await.unwrap_or_default();
    let visitor = Visitor {
        address: sender.address,
        request_id: request_id(&request),
    };
    if !web.service.may_ask_for_link(&visitor) {
        let typed = Typed {
            notice: Some(Notice::new(Tone::Bad, looks.t.own("sign_in.asked_often"))),
            ..Typed::default()
        };
        return page(&web, looks, StatusCode::TOO_MANY_REQUESTS, typed);
    }
    let (service, email) = (web.service.clone(), fields.get("email").to_owned());
    actix_web::rt::spawn(async move {
        let id = visitor.request_id.clone();
        if let Err(error) = blocking(move || service.ask_for_link(&email, &visitor)).await {
            log(&error, &id);
        }
    });
    see(&format!("{SIGN_IN}?notice=asked"))
}

/// Where to go on: a page of ours, whatever the form or the address says.
pub(super) fn inside(next: &str) -> &str {
    let own = next == MOUNT
        || next
            .strip_prefix(MOUNT)
            .is_some_and(|rest| rest.starts_with(['/', '?']));
    if own && !next.contains(['\\', '\r', '\n']) {
        next
    } else {
        MOUNT
    }
}

/// That somebody has to wait so many minutes.
pub(super) fn too_often(t: super::text::Texts, minutes: i64) -> String {
    let key = if minutes == 1 {
        "sign_in.too_often_minute"
    } else {
        "sign_in.too_often"
    };
    t.say(key, &[("minutes", &minutes)])
}

pub(super) fn cookie(web: &Web, secret: &Secret) -> String {
    let secure = if is_https(web) { "; Secure" } else { "" };
    let name = session_cookie(web);
    format!(
        "{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}",
        secret.expose()
    )
}

/// The same cookie, to be forgotten.
pub(super) fn no_cookie(web: &Web) -> String {
    let secure = if is_https(web) { "; Secure" } else { "" };
    let name = session_cookie(web);
    format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}")
}

/// Language and theme, remembered by the browser.
async fn preferences(web: Data<Web>, request: HttpRequest, payload: Payload) -> HttpResponse {
    if !gate::is_own(&request, &web.settings.public_url) {
        return foreign(&web, Looks::of(&request));
    }
    let fields = sent(&request, payload).await.unwrap_or_default();
    let back = match fields.get("back") {
        SIGN_IN => SIGN_IN,
        back => inside(back),
    };
    let mut answer = HttpResponse::build(StatusCode::SEE_OTHER);
    answer.insert_header((LOCATION, back));
    let secure = if is_https(&web) { "; Secure" } else { "" };
    let mut remember = |name: &str, value: &str| {
        let cookie = format!(
            "vestibule-{name}={value}; Path=/; Max-Age={REMEMBERED}; HttpOnly; SameSite=Strict{secure}"
        );
        answer.append_header((SET_COOKIE, cookie));
    };
    if let Some(language) = Language::of_tag(fields.get("language")) {
        remember("language", language.tag());
    }
    let themes = ["light", "dark", "system"];
    if let Some(theme) = themes.into_iter().find(|one| *one == fields.get("theme")) {
        remember("theme", theme);
    }
    answer.finish()
}
