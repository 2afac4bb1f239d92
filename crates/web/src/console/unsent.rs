//! A form that came when its session had ended.
//!
//! What was typed goes along through signing in, in the pages of this one browser alone: nothing of it
//! is stored. Afterwards the form is shown again, filled, and nothing is done with it before it is sent
//! once more. It is taken from our own pages only: the browser has to say that it comes from here, and
//! the form has to carry the token of the session whose cookie comes with it.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use vestibule_oauth::Digest;

use super::form::{Control, Form};
use super::page::{Block, Notice, Page, Tone};
use super::query::Pairs;
use super::text::Texts;
use super::visit::{csrf, session};
use super::when::When;
use super::{MOUNT, gate, routes, sign_in};
use crate::Web;
use crate::reading::body;

/// Of an address, that a form is to be shown with what was typed.
pub(super) const AGAIN: &str = "again";
/// The field with the address that the form was sent to.
const FORM: &str = "form";
/// The field with what was typed, encoded as a query.
const TYPED: &str = "typed";
/// Bytes of what was typed, encoded; what is longer is not kept, so that it fits beside a password.
const MOST: usize = 8 * 1024;
/// Fields that are never kept: passwords, codes, tokens, and answers that are given anew each time.
const NEVER: [&str; 10] = [
    "csrf",
    "password",
    "repeated",
    "current",
    "code",
    "key",
    "proof_password",
    "proof_code",
    "confirm",
    "sure",
];

/// What was typed, and where it was to go.
#[derive(Clone)]
pub(crate) struct Unsent {
    action: String,
    typed: Pairs,
}

impl std::fmt::Debug for Unsent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsent").finish_non_exhaustive()
    }
}

impl Unsent {
    /// Of a change that came too late; none where it is not certain to be of our own pages, or where
    /// nothing of it may be kept.
    pub(super) async fn late(
        request: &HttpRequest,
        payload: &mut Payload,
        web: &Web,
    ) -> Option<Self> {
        if !gate::is_surely_own(request, &web.settings.public_url) {
            return None;
        }
        let ended = session(request, web)?;
        let read = body(request, payload, 2 * MOST).await.ok()?;
        let typed = Pairs::parse(&read);
        let token = Digest::of(typed.get("csrf"));
        if !token.matches(&Digest::of(&csrf(&ended))) {
            return None;
        }
        Self::new(request.path(), &typed)
    }

    /// As a page of ours sent it along.
    pub(super) fn read(fields: &Pairs) -> Option<Self> {
        let typed = Pairs::parse(fields.get(TYPED).as_bytes());
        Self::new(fields.get(FORM), &typed)
    }

    fn new(action: &str, typed: &Pairs) -> Option<Self> {
        let account = action
            .strip_prefix(MOUNT)
            .is_some_and(|path| path.starts_with("/account"));
        let own = action.starts_with(MOUNT) && sign_in::inside(action) == action;
        if !own || account || typed.holds_nul() {
            return None;
        }
        let typed = typed.without(&NEVER);
        let kept = !typed.is_empty() && typed.encoded().len() <= MOST;
        kept.then(|| Self {
            action: action.to_owned(),
            typed,
        })
    }

    /// What a form of ours carries.
    pub(super) fn hidden(&self) -> [(&'static str, String); 2] {
        [(FORM, self.action.clone()), (TYPED, self.typed.encoded())]
    }

    /// The page on which the form stands.
    pub(super) fn page(&self) -> String {
        self.address(&[])
    }

    /// Where the form is shown with what was typed.
    pub(super) fn again(&self) -> String {
        self.address(&[(AGAIN, Some("yes"))])
    }

    fn address(&self, more: &[(&str, Option<&str>)]) -> String {
        let page = routes::page_of(&self.action);
        // The form of a product stands at an address that names it.
        let mut query = vec![("product", self.typed.given("product"))];
        query.extend(more);
        let query = Pairs::default().with(&query);
        format!("{page}{}", if query == "?" { "" } else { &query })
    }

    /// Puts what was typed into its form, and says so.
    pub(super) fn fill(&self, t: Texts, page: &mut Page) {
        let sections = page.sections.iter_mut().chain(&mut page.aside);
        let blocks = sections.flat_map(|section| &mut section.blocks);
        let forms = blocks.filter_map(|block| match block {
            Block::Form(form) if !form.asks && self.fits(form) => Some(form),
            _ => None,
        });
        let mut filled = false;
        for form in forms {
            self.fill_form(form);
            filled = true;
        }
        let key = if filled { "again.shown" } else { "again.gone" };
        page.notice = Some(Notice::new(Tone::Waiting, t.own(key)));
    }

    /// Whether the form is the one that was sent: of several that go to one address, what they are
    /// about tells.
    fn fits(&self, form: &Form) -> bool {
        let mut about = form.hidden.iter().filter(|(name, _)| *name != "version");
        form.action == self.action
            && about.all(|(name, value)| !self.typed.has(name) || self.typed.get(name) == value)
    }

    fn fill_form(&self, form: &mut Form) {
        // What it was typed over, so that a change of somebody else meanwhile is seen.
        for (name, value) in &mut form.hidden {
            if *name == "version" && self.typed.has(name) {
                self.typed.get(name).clone_into(value);
            }
        }
        for group in &mut form.groups {
            if let Some(further) = &mut group.further {
                let mut fields = further.fields.iter();
                further.used |= fields.any(|field| self.typed.given(field.name).is_some());
            }
        }
        for field in form.fields() {
            let given = self.typed.has(field.name);
            let typed = self.typed.get(field.name);
            match &mut field.control {
                Control::Line {
                    kind: "password", ..
                }
                | Control::Line {
                    autocomplete: "one-time-code",
                    ..
                }
                | Control::Retype { .. } => {}
                Control::Switch { on } => *on = given,
                Control::Choice { options, value } | Control::Radios { options, value } => {
                    if given && options.iter().any(|option| option.value == typed) {
                        typed.clone_into(value);
                    }
                }
                Control::Line { value, .. } | Control::Area { value, .. } => {
                    if given {
                        typed.clone_into(value);
                    }
                }
                Control::When(when) => {
                    if given {
                        *when = When::sent(&self.typed, field.name);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsent(action: &str, typed: &str) -> Option<Unsent> {
        Unsent::new(action, &Pairs::parse(typed.as_bytes()))
    }

    #[test]
    fn what_is_secret_or_too_long_is_not_kept() {
        for name in NEVER {
            assert!(unsent("/console/vendors/7/edit", &format!("{name}=x")).is_none());
        }
        let kept = unsent("/console/vendors/7/edit", "csrf=x&start=&end=1%262&code=7").unwrap();
        assert_eq!(kept.typed.encoded(), "start=&end=1%262");
        let long = format!("name={}", "x".repeat(MOST));
        assert!(unsent("/console/vendors/7/edit", &long).is_none());
        assert!(unsent("/console/account/password", "name=x").is_none());
        assert!(unsent("/console/vendors/7/edit", "name=%00").is_none());
    }

    #[test]
    fn only_forms_of_the_console_are_kept() {
        for elsewhere in [
            "",
            "https://evil.example/console/x",
            "//evil.example/console",
            "/flow/auth/link",
            "/consoles",
            "/console/\\evil.example",
        ] {
            assert!(unsent(elsewhere, "name=x").is_none(), "{elsewhere}");
        }
    }

    #[test]
    fn the_page_of_a_form_is_found_again() {
        let kept = unsent("/console/vendors/7/edit", "name=x").unwrap();
        assert_eq!(kept.page(), "/console/vendors/7");
        assert_eq!(kept.again(), "/console/vendors/7?again=yes");
        let kept = unsent("/console/set-up", "product=okta&name=x").unwrap();
        assert_eq!(kept.again(), "/console/set-up?product=okta&again=yes");
        let again = Unsent::read(&Pairs::parse(
            b"form=%2Fconsole%2Fset-up&typed=product%3Dokta%26code%3D7",
        ));
        assert_eq!(again.unwrap().typed.encoded(), "product=okta");
    }
}
