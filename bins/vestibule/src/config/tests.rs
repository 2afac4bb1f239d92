//! Strength of the layers, and errors that say where.

use super::setting::Given;
use super::*;

fn load(
    file: Option<&str>,
    variables: &[(&str, &str)],
    options: &[(&'static str, &str)],
) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.toml");
    // A file is always named, so that one in the current folder plays no part.
    std::fs::write(&path, file.unwrap_or_default()).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let options = options
        .iter()
        .map(|(key, value)| {
            let setting = Setting::find(key).unwrap();
            (
                setting.key,
                Given {
                    values: vec![(*value).to_owned()],
                    origin: Origin::CommandLine(setting.option),
                },
            )
        })
        .collect();
    Config::load(path.to_str(), &variables, options)
}

fn message(file: &str) -> String {
    let text = load(Some(file), &[], &[]).unwrap_err().to_string();
    text.split_once("test.toml:")
        .map_or(text.clone(), |(_, rest)| rest.to_owned())
}

#[test]
fn defaults_are_the_documented_ones() {
    let config = load(None, &[], &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(
        config.database,
        DatabaseUrl::Sqlite("data/vestibule.db".to_owned())
    );
    assert_eq!(config.public_url(config.listen), "http://127.0.0.1:8080");
    assert_eq!(config.workers, None);
    assert_eq!(config.max_body, 8 << 20);
    let ours = format!("{:?}", config.service);
    assert_eq!(
        ours,
        format!("{:?}", Settings::default()),
        "the table and the service agree on their defaults"
    );
    assert!(config.check_server().is_ok());
}

#[test]
fn bounds_are_set_by_name() {
    let file = "max_body_bytes = 4096\nlimits = ['filter_terms=100', 'members = 200']\n";
    let limits = load(Some(file), &[], &[]).unwrap().service.limits;
    assert_eq!((limits.filter_terms, limits.members), (100, 200));
    // What is advertised as maxPayloadSize is what is read.
    assert_eq!(limits.bulk_payload, 4_096);
    assert_eq!(limits.filter_depth, 10);
    for (variable, expected) in [
        (
            "filter_depth=1000",
            "filter_depth must be a whole number between 2 and 40",
        ),
        (
            "filter_depth=-1",
            "filter_depth must be a whole number between 2 and 40",
        ),
        (
            "filter_depth",
            "filter_depth must be a whole number between 2 and 40",
        ),
        ("depth=3", "`depth=3` is none of json_depth, json_values"),
    ] {
        let error = load(None, &[("VESTIBULE_LIMITS", variable)], &[]).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn the_environment_beats_the_file_and_an_option_beats_both() {
    let file = "listen = '127.0.0.1:1'\nlive_tokens = 7\ndatabase = 'sqlite:a.db'\n";
    let variables = [
        ("VESTIBULE_LISTEN", "127.0.0.1:2"),
        ("VESTIBULE_DATABASE", "sqlite:b.db"),
        ("VESTIBULE_LOG", ""),
    ];
    let config = load(Some(file), &variables, &[("listen", "127.0.0.1:3")]).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.database, DatabaseUrl::Sqlite("b.db".to_owned()));
    assert_eq!(config.service.live_tokens, 7);
    assert_eq!(config.log, "info", "an empty variable is not set");
    let explained = config.explain();
    let origin = |key: &str| {
        explained
            .iter()
            .find(|line| line.key == key)
            .unwrap()
            .origin
            .clone()
    };
    assert_eq!(origin("listen"), "option --listen");
    assert_eq!(origin("database"), "environment VESTIBULE_DATABASE");
    assert!(
        origin("live_tokens").ends_with("test.toml:2:15"),
        "{}",
        origin("live_tokens")
    );
    assert_eq!(origin("log"), "default");
    let configured = config.configured(config.listen);
    let source = |key: &str| {
        let found = configured.iter().find(|one| one.key == key).unwrap();
        found.source.clone()
    };
    assert_eq!(source("listen"), Source::CommandLine);
    assert_eq!(source("database"), Source::Environment);
    assert!(matches!(source("live_tokens"), Source::File(at) if at.ends_with("test.toml:2:15")));
    assert_eq!(source("log"), Source::Default);
}

#[test]
fn the_console_says_of_every_setting_what_it_is_and_shows_no_secret() {
    for setting in SETTINGS {
        let key = setting.key;
        assert!(vestibule_web::console::setting_is_explained(key), "{key}");
    }
    let database = "postgres://vestibule:hush@db.example/vestibule";
    let given = [
        ("database", database),
        ("smtp_password", "hush"),
        ("smtp_user", "me"),
    ];
    let config = load(None, &[], &given);
    let config = config.unwrap();
    let shown = config.configured("127.0.0.1:7".parse().unwrap());
    assert!(!format!("{shown:?}").contains("hush"), "{shown:?}");
    let value = |key: &str| {
        let found = shown.iter().find(|one| one.key == key).unwrap();
        found.value.as_deref()
    };
    assert_eq!(value("smtp_password"), None);
    assert_eq!(value("openid_client_secret"), Some(""));
    assert_eq!(value("public_url"), Some("http://127.0.0.1:7"));
}

#[test]
fn an_unknown_key_is_an_error_with_its_place() {
    assert_eq!(
        message("listen = '127.0.0.1:1'\n  Public-URL = 'x'\n"),
        "2:3: unknown key `Public-URL`; did you mean `public_url`?"
    );
    assert_eq!(
        message("[server]\nlisten = 'x'\n"),
        "1:2: unknown key `server`; keys stand by themselves, without sections"
    );
    assert!(message("[x]\n").ends_with("without sections"));
    assert!(message("x = 1\n").contains("lists every key"), "no guess");
    assert!(message("url = 'x'\n").contains("did you mean `public_url`?"));
}

#[test]
fn a_wrong_type_is_an_error_with_its_place() {
    assert_eq!(
        message("listen = 8080"),
        "1:10: `listen` must be a text, not integer"
    );
    assert_eq!(
        message("\ntrusted_proxies = 'x'"),
        "2:19: `trusted_proxies` must be a list of texts, not string"
    );
    assert!(
        message("listen = ").starts_with("1:"),
        "{}",
        message("listen = ")
    );
}

// proves: 7644-1.3-base
#[test]
fn a_wrong_value_is_an_error_with_its_origin() {
    let error = load(None, &[("VESTIBULE_MAXIMUM_PAGE", "99")], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "maximum_page (environment VESTIBULE_MAXIMUM_PAGE): must be between 100 and 10000"
    );
    let error = load(None, &[], &[("database", "mysql://x/y")])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("database (option --database): ") && error.contains("mysql"),
        "{error}"
    );
    let error = load(None, &[], &[("workers", "-1")])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "workers (option --workers): `-1` is not a whole number"
    );
    for (key, value) in [
        ("listen", "8080"),
        ("public_url", "vestibule.example"),
        ("public_url", "ftp://vestibule.example"),
        ("public_url", "https://user@vestibule.example"),
        ("public_url", "https://vestibule.example/?a=b"),
        ("trusted_proxies", "*"),
        ("insecure_behind_proxy", "yes"),
        ("log", "a=b=c"),
        ("log_format", "xml"),
        ("default_token_minutes", "2000"),
    ] {
        let error = load(None, &[], &[(key, value)]).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{key} (option")),
            "{key}={value}: {error}"
        );
    }
}

// proves: 7644-7.2-tls 7644-7.4-tls
#[test]
fn r_net_6_plain_http_stays_on_the_loopback_unless_a_proxy_is_in_front() {
    let open = [
        ("listen", "10.0.0.1:80"),
        ("public_url", "https://v.example/"),
    ];
    let refused = load(None, &[], &open)
        .unwrap()
        .check_server()
        .unwrap_err()
        .to_string();
    assert!(refused.contains("--insecure-behind-proxy"), "{refused}");
    let config = load(Some("insecure_behind_proxy = true"), &[], &open).unwrap();
    assert!(config.check_server().is_ok());
    assert_eq!(config.public_url(config.listen), "https://v.example");
    for local in ["127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
        assert!(
            load(None, &[], &[("listen", local)])
                .unwrap()
                .check_server()
                .is_ok(),
            "{local}"
        );
    }
    let everywhere = load(
        Some("insecure_behind_proxy = true"),
        &[],
        &[("listen", "0.0.0.0:80")],
    )
    .unwrap();
    assert!(
        everywhere
            .check_server()
            .unwrap_err()
            .to_string()
            .contains("--public-url")
    );
}

#[test]
fn passwords_are_not_shown() {
    assert_eq!(
        without_password("postgres://v:secret@db/v?sslmode=require"),
        "postgres://v:***@db/v?sslmode=require"
    );
    assert!(!without_password("postgres://db/v?user=a&password=secret").contains("secret"));
    assert_eq!(without_password("postgres://v@db/v"), "postgres://v@db/v");
    assert_eq!(without_password("sqlite:data/v.db"), "sqlite:data/v.db");
    assert!(!without_password("postgres://v:secret@[").contains("secret"));
}

#[test]
fn misspelt_variables_are_noticed() {
    let variables = [
        "VESTIBULE_LISTN",
        "VESTIBULE_LISTEN",
        "VESTIBULE_CONFIG",
        "VESTIBULE_TEST_POSTGRES",
    ]
    .map(|name| (name.to_owned(), String::new()))
    .into();
    assert_eq!(unknown_variables(&variables), ["VESTIBULE_LISTN"]);
}

#[test]
fn the_reference_names_every_setting() {
    let reference = include_str!("../../../../docs/configuration.md");
    for setting in SETTINGS {
        for name in [
            format!("`{}`", setting.key),
            format!("`{}`", setting.variable),
            format!("`--{}`", setting.option),
        ] {
            assert!(
                reference.contains(&name),
                "docs/configuration.md does not mention {name}"
            );
        }
        let default = if setting.default.is_empty() {
            ""
        } else {
            setting.default
        };
        assert!(
            reference.contains(default),
            "docs/configuration.md misses the default of {}",
            setting.key
        );
    }
}

#[test]
fn a_key_that_the_server_would_refuse_is_refused_before() {
    let config = load(None, &[], &[("key_secret", "abc")]).unwrap();
    let refused = config.check_server().unwrap_err().to_string();
    assert!(refused.contains("32 random bytes"), "{refused}");
}

#[test]
fn what_the_server_would_refuse_is_refused_before() {
    let mail = [("smtp_host", "mail.example"), ("mail_from", "v@v.example")];
    let clear = [
        ("smtp_user", "u"),
        ("smtp_password", "p"),
        ("smtp_tls", "none"),
    ];
    for (options, key) in [
        (vec![mail[0], ("mail_from", "y")], "mail_from"),
        ([&mail[..], &clear[..]].concat(), "smtp_password"),
    ] {
        let config = load(None, &[], &options).unwrap();
        let refused = config.check_server().unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{key} (")), "{refused}");
        assert!(config.mailer("https://v.example").is_err());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let text = folder.path().join("text");
    std::fs::write(
        &text,
        "this is no database, but a text that is long enough".repeat(20),
    )
    .unwrap();
    let surroundings = |options: &[(&'static str, &str)]| {
        let config = load(None, &[], options).unwrap();
        config
            .check_surroundings()
            .map_err(|error| error.to_string())
    };
    let new = format!("sqlite:{path}/data/v.db");
    surroundings(&[("database", &new)]).unwrap();
    assert!(!folder.path().join("data").exists(), "nothing was made");
    for (key, value) in [
        ("database", format!("sqlite:{path}")),
        ("database", format!("sqlite:{path}/text")),
        ("database", format!("sqlite:{path}/text/v.db")),
        (
            "database",
            "postgres://127.0.0.1:1/none?sslmode=nonsense".to_owned(),
        ),
        ("listen", "192.0.2.1:80".to_owned()),
    ] {
        let refused = surroundings(&[("database", &new), (key, &value)]).unwrap_err();
        assert!(refused.starts_with(&format!("{key} (")), "{refused}");
    }
    for (key, value) in [
        ("log", "inof"),
        ("log", "warn,inof"),
        ("trusted_proxies", "0.0.0.0/0"),
        ("trusted_proxies", "::/0"),
        ("database", "sqlite:data/v.db?mode=ro"),
    ] {
        let refused = load(None, &[], &[(key, value)]).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{key} (")), "{refused}");
    }
    for log in ["off", "warn,vestibule_web=debug", "INFO", "3"] {
        assert!(load(None, &[], &[("log", log)]).is_ok(), "{log}");
    }
}

#[test]
fn a_file_of_tls_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("server.pem");
    std::fs::write(&made, "nothing").unwrap();
    let made = made.display().to_string();
    for (certificate, key, authorities, named) in [
        ("/nowhere", made.as_str(), made.as_str(), "tls_certificate"),
        (&made, "/nowhere", &made, "tls_key"),
        (&made, &made, "/nowhere", "tls_client_authorities"),
    ] {
        let options = [
            ("tls_certificate", certificate),
            ("tls_key", key),
            ("tls_client_authorities", authorities),
        ];
        let refused = load(None, &[], &options).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{named} (")), "{refused}");
    }
}
