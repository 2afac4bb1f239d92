//! What mails say: a subject, a plain text and an HTML text for each kind of letter. Those here hold
//! unless a folder has others of the same names.

use std::path::Path;

use chrono::{DateTime, Utc};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use vestibule_domain::mail::Letter;

const DEFAULTS: [(&str, &str); 9] = [
    (
        "link.subject.txt",
        include_str!("../templates/link.subject.txt"),
    ),
    ("link.txt", include_str!("../templates/link.txt")),
    ("link.html", include_str!("../templates/link.html")),
    (
        "code.subject.txt",
        include_str!("../templates/code.subject.txt"),
    ),
    ("code.txt", include_str!("../templates/code.txt")),
    ("code.html", include_str!("../templates/code.html")),
    (
        "test.subject.txt",
        include_str!("../templates/test.subject.txt"),
    ),
    ("test.txt", include_str!("../templates/test.txt")),
    ("test.html", include_str!("../templates/test.html")),
];

/// The texts of one mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub plain: String,
    pub html: String,
}

impl std::fmt::Debug for Rendered {
    /// Not what it says: there may be a secret in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").finish_non_exhaustive()
    }
}

/// What is wrong with the templates.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("the folder of mail templates {path} cannot be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("the mail template {name}: {cause}")]
    Faulty {
        name: String,
        cause: minijinja::Error,
    },
    #[error("the mail template {0}: a subject is one line that is not empty")]
    Subject(String),
    #[error(
        "the folder of mail templates holds {0}, which is no template: those are link, code and test, each with .subject.txt, .txt and .html"
    )]
    Unknown(String),
}

/// The templates, checked.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    public_url: String,
}

impl Templates {
    /// Those of the folder, where it has them, and ours for the rest. Each is tried once, so that a
    /// mistake shows when the server starts and not when a mail is due.
    pub fn load(folder: Option<&Path>, public_url: &str) -> Result<Self, TemplateError> {
        if let Some(folder) = folder {
            check_names(folder)?;
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, default) in DEFAULTS {
            let text = match folder {
                Some(folder) => read(&folder.join(name))?,
                None => None,
            };
            let text = text.unwrap_or_else(|| default.to_owned());
            environment
                .add_template_owned(name, text)
                .map_err(|cause| faulty(name, cause))?;
        }
        let templates = Self {
            environment,
            public_url: public_url.to_owned(),
        };
        for letter in Letter::samples() {
            templates.render(&letter)?;
        }
        Ok(templates)
    }

    pub fn render(&self, letter: &Letter) -> Result<Rendered, TemplateError> {
        let (name, values) = match letter {
            Letter::Link {
                user_name,
                secret,
                start,
                end,
            } => (
                "link",
                context! {
                    name => one_line(user_name),
                    url => format!("{}/enter/{}", self.public_url, secret.expose()),
                    start => told(*start),
                    end => told(*end),
                },
            ),
            Letter::Code {
                user_name,
                code,
                expires,
            } => (
                "code",
                context! {
                    name => one_line(user_name),
                    code => code.expose(),
                    expires => told(*expires),
                },
            ),
            Letter::Test => ("test", context! {}),
        };
        let values = context! { public_url => self.public_url, ..values };
        let subject_name = format!("{name}.subject.txt");
        let subject = self.fill(&subject_name, &values)?.trim().to_owned();
        // Whatever a template says, nothing in it may begin another header line.
        if subject.is_empty() || subject.chars().any(char::is_control) {
            return Err(TemplateError::Subject(subject_name));
        }
        Ok(Rendered {
            subject,
            plain: self.fill(&format!("{name}.txt"), &values)?,
            html: self.fill(&format!("{name}.html"), &values)?,
        })
    }

    /// HTML is escaped because of the template's name.
    fn fill(&self, name: &str, values: &Value) -> Result<String, TemplateError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(values))
            .map_err(|cause| faulty(name, cause))
    }
}

fn faulty(name: &str, cause: minijinja::Error) -> TemplateError {
    TemplateError::Faulty {
        name: name.to_owned(),
        cause,
    }
}

/// Holds a folder to what is read of it: a file by another name would be a letter that nobody gets.
fn check_names(folder: &Path) -> Result<(), TemplateError> {
    let unreadable = |cause| TemplateError::Unreadable {
        path: folder.display().to_string(),
        cause,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy();
        let text = name.ends_with(".txt") || name.ends_with(".html");
        if text && DEFAULTS.iter().all(|(known, _)| *known != name) {
            return Err(TemplateError::Unknown(name.into_owned()));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<String>, TemplateError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(TemplateError::Unreadable {
            path: path.display().to_string(),
            cause,
        }),
    }
}

fn told(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A name somebody else chose, without what could break a line.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use vestibule_domain::mail::Private;

    use super::*;

    #[test]
    fn a_template_that_nobody_reads_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let load = |folder: &Path| Templates::load(Some(folder), "https://v.example").map(drop);
        std::fs::write(folder.path().join("README.md"), "Ours.\n").unwrap();
        load(folder.path()).unwrap();
        std::fs::write(folder.path().join("links.txt"), "{{ url }}\n").unwrap();
        let refused = load(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("holds links.txt"), "{refused}");
        let nowhere = load(&folder.path().join("nowhere"))
            .unwrap_err()
            .to_string();
        assert!(nowhere.contains("nowhere cannot be read"), "{nowhere}");
    }

    #[test]
    fn html_is_escaped_and_no_name_breaks_a_subject() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("link.subject.txt"), "For {{ name }}\n").unwrap();
        let templates = Templates::load(Some(folder.path()), "https://v.example").unwrap();
        let rendered = templates
            .render(&Letter::Link {
                user_name: "<b>ada</b>\r\nBcc: eve@evil.example".to_owned(),
                secret: Private::new("val_secret".to_owned()),
                start: DateTime::UNIX_EPOCH,
                end: DateTime::UNIX_EPOCH,
            })
            .unwrap();
        assert_eq!(rendered.subject, "For <b>ada</b>  Bcc: eve@evil.example");
        assert!(rendered.html.contains("&lt;b&gt;ada"), "{}", rendered.html);
        let url = "https://v.example/enter/val_secret";
        assert!(rendered.plain.contains(url));
        // In HTML a slash may be escaped, too.
        assert!(rendered.html.replace("&#x2f;", "/").contains(url));
    }

    #[test]
    fn a_faulty_template_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("link.txt", "{{ nmae }}"),
            ("code.html", "{% if %}"),
            ("test.subject.txt", "\n"),
            ("code.subject.txt", "Code\r\nBcc: eve@evil.example"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let error = Templates::load(Some(folder.path()), "https://v.example").unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
            std::fs::remove_file(&path).unwrap();
        }
    }
}
