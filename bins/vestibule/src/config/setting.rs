//! The table of settings: what each is called in the file, in the environment and on the command
//! line, and what it means. Help, `config check` and the reference are made from it.

use std::fmt;

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its key in the file.
    pub(crate) key: &'static str,
    /// Its variable in the environment.
    pub(crate) variable: &'static str,
    /// Its option on the command line, without the dashes.
    pub(crate) option: &'static str,
    pub(crate) kind: Kind,
    /// Whether every command has the option, or only those that run the server.
    pub(crate) everywhere: bool,
    /// What holds when nobody says anything; for a list, empty.
    pub(crate) default: &'static str,
    pub(crate) meaning: &'static str,
}

/// How a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    /// `true` or `false`; on the command line the bare option.
    Switch,
    /// An array in the file, apart by commas in the environment, the option repeated. The word stands for
    /// one of its items.
    List(&'static str),
}

impl Kind {
    /// As it is asked for in messages and help.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a whole number",
            Self::Switch => "true or false",
            Self::List(_) => "a list of texts",
        }
    }
}

/// Where a value came from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File {
        path: String,
        line: usize,
        column: usize,
    },
    Environment(&'static str),
    CommandLine(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, column } => write!(f, "{path}:{line}:{column}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::CommandLine(option) => write!(f, "option --{option}"),
        }
    }
}

/// A value before it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// One text, or for a list any number.
    pub(crate) values: Vec<String>,
    pub(crate) origin: Origin,
}

impl Setting {
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The value that holds when nobody gives one.
    pub(crate) fn fallback(&self) -> Given {
        let values = match self.kind {
            Kind::List(_) => Vec::new(),
            Kind::Text | Kind::Number | Kind::Switch => vec![self.default.to_owned()],
        };
        Given {
            values,
            origin: Origin::Default,
        }
    }
}

/// Every setting, in the order in which they are explained.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: "database",
        variable: "VESTIBULE_DATABASE",
        option: "database",
        kind: Kind::Text,
        everywhere: true,
        default: "sqlite:data/vestibule.db",
        meaning: "Where everything is kept: sqlite:PATH for the embedded database (the file and its folder are \
                  made when missing), or postgres://USER@HOST/NAME for a PostgreSQL server",
    },
    Setting {
        key: "listen",
        variable: "VESTIBULE_LISTEN",
        option: "listen",
        kind: Kind::Text,
        everywhere: false,
        default: "127.0.0.1:8080",
        meaning: "Address and port to answer on, for example 127.0.0.1:8080 or [::1]:8080; port 0 takes a free one",
    },
    Setting {
        key: "tls_certificate",
        variable: "VESTIBULE_TLS_CERTIFICATE",
        option: "tls-certificate",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "PEM file with the server's certificate and its chain; with it and tls_key, TLS ends in this server, \
                  and providers may authenticate by certificates. A renewed one is used within 10 seconds",
    },
    Setting {
        key: "tls_key",
        variable: "VESTIBULE_TLS_KEY",
        option: "tls-key",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "PEM file with the private key of that certificate",
    },
    Setting {
        key: "tls_client_authorities",
        variable: "VESTIBULE_TLS_CLIENT_AUTHORITIES",
        option: "tls-client-authorities",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "PEM file with the authorities whose word is taken for certificates of providers (tls_client_auth); \
                  self-signed certificates are registered with their provider instead",
    },
    Setting {
        key: "public_url",
        variable: "VESTIBULE_PUBLIC_URL",
        option: "public-url",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "Address under which clients reach the server, for example https://vestibule.example; every \
                  absolute address it hands out begins with it. Not given: http:// and the listening address",
    },
    Setting {
        key: "insecure_behind_proxy",
        variable: "VESTIBULE_INSECURE_BEHIND_PROXY",
        option: "insecure-behind-proxy",
        kind: Kind::Switch,
        everywhere: false,
        default: "false",
        meaning: "Allow plain HTTP on an address that other machines reach, because a proxy in front does TLS",
    },
    Setting {
        key: "trusted_proxies",
        variable: "VESTIBULE_TRUSTED_PROXIES",
        option: "trusted-proxy",
        kind: Kind::List("ADDRESS"),
        everywhere: false,
        default: "",
        meaning: "Proxies whose X-Forwarded-For is believed, as addresses or networks (10.0.0.0/8); none unless named",
    },
    Setting {
        key: "call_private_addresses",
        variable: "VESTIBULE_CALL_PRIVATE_ADDRESSES",
        option: "call-private-addresses",
        kind: Kind::Switch,
        everywhere: false,
        default: "false",
        meaning: "Fetch clients' keys also from private addresses and by plain HTTP, not only by https from the internet",
    },
    Setting {
        key: "workers",
        variable: "VESTIBULE_WORKERS",
        option: "workers",
        kind: Kind::Number,
        everywhere: false,
        default: "0",
        meaning: "Threads that answer requests; 0 means one for each processor",
    },
    Setting {
        key: "drain_seconds",
        variable: "VESTIBULE_DRAIN_SECONDS",
        option: "drain-seconds",
        kind: Kind::Number,
        everywhere: false,
        default: "0",
        meaning: "Seconds for which /readyz answers 503 once the server is asked to stop, before it takes no more \
                  connections; as long as a balancer needs to notice",
    },
    Setting {
        key: "database_connections",
        variable: "VESTIBULE_DATABASE_CONNECTIONS",
        option: "database-connections",
        kind: Kind::Number,
        everywhere: false,
        default: "16",
        meaning: "Connections to the database at most; on SQLite these only read",
    },
    Setting {
        key: "max_body_bytes",
        variable: "VESTIBULE_MAX_BODY_BYTES",
        option: "max-body-bytes",
        kind: Kind::Number,
        everywhere: false,
        default: "8388608",
        meaning: "Largest body of a SCIM request, in bytes; advertised as maxPayloadSize",
    },
    Setting {
        key: "limits",
        variable: "VESTIBULE_LIMITS",
        option: "limit",
        kind: Kind::List("NAME=N"),
        everywhere: false,
        default: "",
        meaning: "Other bounds of what SCIM clients send than the usual ones, such as filter_terms=100",
    },
    Setting {
        key: "max_requests_at_once",
        variable: "VESTIBULE_MAX_REQUESTS_AT_ONCE",
        option: "max-requests-at-once",
        kind: Kind::Number,
        everywhere: false,
        default: "1024",
        meaning: "Requests of providers that are worked on or wait at once; more are answered 503 with Retry-After",
    },
    Setting {
        key: "default_page",
        variable: "VESTIBULE_DEFAULT_PAGE",
        option: "default-page",
        kind: Kind::Number,
        everywhere: false,
        default: "100",
        meaning: "Resources on a SCIM page when the request does not say",
    },
    Setting {
        key: "maximum_page",
        variable: "VESTIBULE_MAXIMUM_PAGE",
        option: "maximum-page",
        kind: Kind::Number,
        everywhere: false,
        default: "1000",
        meaning: "Resources on a SCIM page at most, between 100 and 10000; a larger count is lowered to it",
    },
    Setting {
        key: "default_token_minutes",
        variable: "VESTIBULE_DEFAULT_TOKEN_MINUTES",
        option: "default-token-minutes",
        kind: Kind::Number,
        everywhere: false,
        default: "60",
        meaning: "Lifetime of an access token when the request names no ttl, in minutes",
    },
    Setting {
        key: "maximum_token_minutes",
        variable: "VESTIBULE_MAXIMUM_TOKEN_MINUTES",
        option: "maximum-token-minutes",
        kind: Kind::Number,
        everywhere: false,
        default: "1440",
        meaning: "Longest lifetime of an access token, in minutes; a larger ttl is lowered to it",
    },
    Setting {
        key: "activation_token_minutes",
        variable: "VESTIBULE_ACTIVATION_TOKEN_MINUTES",
        option: "activation-token-minutes",
        kind: Kind::Number,
        everywhere: false,
        default: "525600",
        meaning: "Lifetime of an activation token when none is named, in minutes (525600 is a year)",
    },
    Setting {
        key: "live_tokens",
        variable: "VESTIBULE_LIVE_TOKENS",
        option: "live-tokens",
        kind: Kind::Number,
        everywhere: false,
        default: "1000",
        meaning: "Access tokens of one provider that work at the same time; the oldest give way",
    },
    Setting {
        key: "set_up_link_minutes",
        variable: "VESTIBULE_SET_UP_LINK_MINUTES",
        option: "set-up-link-minutes",
        kind: Kind::Number,
        everywhere: false,
        default: "1440",
        meaning: "How long the one-time set-up link works, in minutes",
    },
    Setting {
        key: "second_factor_required",
        variable: "VESTIBULE_SECOND_FACTOR_REQUIRED",
        option: "second-factor-required",
        kind: Kind::Switch,
        everywhere: false,
        default: "false",
        meaning: "Let nobody work in the console without a second factor; who has none sets it up first",
    },
    Setting {
        key: "openid_issuer",
        variable: "VESTIBULE_OPENID_ISSUER",
        option: "openid-issuer",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "OpenID provider that signs administrators in besides, for example https://login.example",
    },
    Setting {
        key: "openid_client_id",
        variable: "VESTIBULE_OPENID_CLIENT_ID",
        option: "openid-client-id",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "What the OpenID provider calls this server",
    },
    Setting {
        key: "openid_client_secret",
        variable: "VESTIBULE_OPENID_CLIENT_SECRET",
        option: "openid-client-secret",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "The secret it gave this server; not shown by config check",
    },
    Setting {
        key: "openid_claim",
        variable: "VESTIBULE_OPENID_CLAIM",
        option: "openid-claim",
        kind: Kind::Text,
        everywhere: false,
        default: "preferred_username",
        meaning: "Claim of the ID token that is the name of an administrator who is there already",
    },
    Setting {
        key: "retry_after_seconds",
        variable: "VESTIBULE_RETRY_AFTER_SECONDS",
        option: "retry-after-seconds",
        kind: Kind::Number,
        everywhere: false,
        default: "30",
        meaning: "Seconds that a paused provider is asked to wait",
    },
    Setting {
        key: "gateway_url",
        variable: "VESTIBULE_GATEWAY_URL",
        option: "gateway-url",
        kind: Kind::Text,
        everywhere: false,
        default: "",
        meaning: "Remote-access gateway to which people are handed over who entered by an access link; without it nobody can enter",
    },
    Setting {
        key: "automatic_links",
        variable: "VESTIBULE_AUTOMATIC_LINKS",
        option: "automatic-links",
        kind: Kind::Switch,
        everywhere: true,
        default: "false",
        meaning: "Mail an access link to whoever may get in, unless their vendor, internal group or provider says otherwise",
    },
    Setting {
        key: "link_minutes",
        variable: "VESTIBULE_LINK_MINUTES",
        option: "link-minutes",
        kind: Kind::Number,
        everywhere: true,
        default: "10080",
        meaning: "How long an access link works when nobody says, in minutes (10080 is a week)",
    },
    Setting {
        key: "maximum_link_minutes",
        variable: "VESTIBULE_MAXIMUM_LINK_MINUTES",
        option: "maximum-link-minutes",
        kind: Kind::Number,
        everywhere: true,
        default: "527040",
        meaning: "How long an access link may work at most, in minutes (527040 is 366 days)",
    },
    Setting {
        key: "key_secret",
        variable: "VESTIBULE_KEY_SECRET",
        option: "key-secret",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "32 random bytes in base64, under which the keys that sign assertions are encrypted in the database. Not given, with SQLite: made once and kept in vestibule.key beside the database file",
    },
    Setting {
        key: "smtp_host",
        variable: "VESTIBULE_SMTP_HOST",
        option: "smtp-host",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "Mail server; without one no mail is sent, and links and codes are shown to administrators instead",
    },
    Setting {
        key: "smtp_port",
        variable: "VESTIBULE_SMTP_PORT",
        option: "smtp-port",
        kind: Kind::Number,
        everywhere: true,
        default: "587",
        meaning: "Port of the mail server",
    },
    Setting {
        key: "smtp_tls",
        variable: "VESTIBULE_SMTP_TLS",
        option: "smtp-tls",
        kind: Kind::Text,
        everywhere: true,
        default: "starttls",
        meaning: "How the connection to the mail server is kept private: starttls, tls (from the first byte) or none",
    },
    Setting {
        key: "smtp_ca",
        variable: "VESTIBULE_SMTP_CA",
        option: "smtp-ca",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "File with certificates (PEM) that the mail server may show, besides those this machine trusts",
    },
    Setting {
        key: "smtp_user",
        variable: "VESTIBULE_SMTP_USER",
        option: "smtp-user",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "User name at the mail server; none is sent when not given",
    },
    Setting {
        key: "smtp_password",
        variable: "VESTIBULE_SMTP_PASSWORD",
        option: "smtp-password",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "Password at the mail server; better in the environment than on a command line, where others see it",
    },
    Setting {
        key: "mail_from",
        variable: "VESTIBULE_MAIL_FROM",
        option: "mail-from",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "Sender of mails, such as Vestibule <noreply@vestibule.example>; needed with smtp_host",
    },
    Setting {
        key: "mail_templates",
        variable: "VESTIBULE_MAIL_TEMPLATES",
        option: "mail-templates",
        kind: Kind::Text,
        everywhere: true,
        default: "",
        meaning: "Folder with texts of mails in the place of the usual ones: link.txt, link.html, link.subject.txt, code.*, test.*",
    },
    Setting {
        key: "refused_request_days",
        variable: "VESTIBULE_REFUSED_REQUEST_DAYS",
        option: "refused-request-days",
        kind: Kind::Number,
        everywhere: false,
        default: "30",
        meaning: "How long refused requests are kept to be looked up, in days",
    },
    Setting {
        key: "refused_requests_kept",
        variable: "VESTIBULE_REFUSED_REQUESTS_KEPT",
        option: "refused-requests-kept",
        kind: Kind::Number,
        everywhere: false,
        default: "10000",
        meaning: "Refused requests kept of each provider at most, and as many of senders nobody knows",
    },
    Setting {
        key: "log",
        variable: "VESTIBULE_LOG",
        option: "log",
        kind: Kind::Text,
        everywhere: true,
        default: "info",
        meaning: "What is logged (on standard error): error, warn, info, debug or trace, also by module: \
                  warn,vestibule_web=debug",
    },
    Setting {
        key: "log_format",
        variable: "VESTIBULE_LOG_FORMAT",
        option: "log-format",
        kind: Kind::Text,
        everywhere: true,
        default: "text",
        meaning: "How it is logged: text for people, json for machines",
    },
];
