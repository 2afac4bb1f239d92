//! What the embedder decides about the service.

use chrono::Duration;
use vestibule_domain::link::Durations;
use vestibule_scim::Limits;

use crate::keys::SealingKey;

/// Settings of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Lifetime of a token when the request names none, in minutes.
    pub default_token_minutes: u64,
    /// The longest lifetime a token request can have, in minutes.
    pub maximum_token_minutes: u64,
    /// Lifetime of an activation token when none is named, in minutes.
    pub activation_token_minutes: u64,
    /// Short tokens of one provider that work at the same time; the oldest give way.
    pub live_tokens: i64,
    /// How long the set-up link works.
    pub set_up_link: Duration,
    /// Seconds a paused provider, or a client of a busy server, is asked to wait.
    pub retry_after: u32,
    /// Bounds of every SCIM request.
    pub limits: Limits,
    /// Resources on a page when the request does not say.
    pub default_page: u64,
    /// Resources on a page at most.
    pub maximum_page: u64,
    /// How long a client may wait before it follows a cursor to the next page.
    pub cursor_timeout: Duration,
    /// How long refused requests are kept.
    pub refused_requests_age: Duration,
    /// Refused requests kept of one provider at most, and as many of senders nobody knows.
    pub refused_requests: i64,
    pub links: LinkSettings,
    /// Whether calls out, such as those for published keys, may go to private addresses and by plain HTTP.
    pub private_calls: bool,
    /// Whether the console lets nobody in without a second factor.
    pub second_factor_required: bool,
}

/// What holds of access links where nobody nearer says otherwise.
#[derive(Debug, Clone, Copy)]
pub struct LinkSettings {
    /// Whether people get one as soon as they may get in.
    pub automatic: bool,
    /// Whether there is a mail server that takes them to people.
    pub mail: bool,
    pub durations: Durations,
    /// Under which the keys that sign assertions are encrypted; none = nothing can be signed.
    pub sealing_key: Option<SealingKey>,
    /// Whether there is a gateway to which people are handed over, so that something has to be signed.
    pub gateway: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_token_minutes: 60,
            maximum_token_minutes: 24 * 60,
            activation_token_minutes: 365 * 24 * 60,
            live_tokens: 1_000,
            set_up_link: Duration::hours(24),
            retry_after: 30,
            limits: Limits::default(),
            default_page: 100,
            maximum_page: 1_000,
            refused_requests_age: Duration::days(30),
            refused_requests: 10_000,
            links: LinkSettings {
                automatic: false,
                mail: false,
                durations: Durations {
                    usual: Duration::days(7),
                    longest: Duration::days(366),
                },
                sealing_key: None,
                gateway: false,
            },
            private_calls: false,
            second_factor_required: false,
            cursor_timeout: Duration::hours(1),
        }
    }
}

impl Settings {
    /// How many things an administrator's page holds, when this many are asked for.
    pub(crate) fn page(&self, asked: Option<u64>) -> i64 {
        let size = asked
            .unwrap_or(self.default_page)
            .clamp(1, self.maximum_page.max(1));
        i64::try_from(size).unwrap_or(i64::MAX)
    }
}
