//! Everything that calls out, and nothing else does: mail over SMTP, the keys of clients, and who
//! signs administrators in.
//!
//! The mail server stands in [`Allowed`], which is made of the configuration alone. Keys are
//! fetched from where an administrator said, as far as [`reach`] lets them.

#![forbid(unsafe_code)]

mod allowed;
pub mod jwks;
mod letters;
pub mod openid;
pub mod reach;
mod smtp;

pub use allowed::{Allowed, NotAllowed};
pub use letters::{Rendered, TemplateError, Templates};
pub use smtp::{MailSettings, Mailer, SettingsError, Tls};
