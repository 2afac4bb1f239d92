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
    /// An array in the file, apart by commas in the environment, the option repeated.
    List,
}

impl Kind {
    /// As it is asked for in messages and help.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a whole number",
            Self::Switch => "true or false",
            Self::List => "a list of texts",
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
            Kind::List => Vec::new(),
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
        kind: Kind::List,
        everywhere: false,
        default: "",
        meaning: "Proxies whose X-Forwarded-For is believed, as addresses or networks (10.0.0.0/8); none unless named",
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
        meaning: "Largest JSON body that is read, in bytes; advertised as maxPayloadSize",
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
        key: "retry_after_seconds",
        variable: "VESTIBULE_RETRY_AFTER_SECONDS",
        option: "retry-after-seconds",
        kind: Kind::Number,
        everywhere: false,
        default: "30",
        meaning: "Seconds that a paused provider, or the client of a busy server, is asked to wait",
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
