//! What the file, the environment and the command line say, each as a layer of values.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches};
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::setting::{Given, Kind, Origin, SETTINGS, Setting};

/// Values by the key of their setting.
pub(crate) type Layer = BTreeMap<&'static str, Given>;

/// Reads the text of a file. `path` is for messages.
pub(crate) fn file(path: &str, text: &str) -> Result<Layer, ConfigError> {
    let place = |offset: usize| position(text, offset);
    let fault = |offset: usize, what: String| {
        let (line, column) = place(offset);
        ConfigError::File {
            path: path.to_owned(),
            line,
            column,
            what,
        }
    };
    let table = DeTable::parse(text).map_err(|error| {
        fault(
            error.span().map_or(0, |span| span.start),
            error.message().to_owned(),
        )
    })?;
    let mut layer = Layer::new();
    for (key, value) in table.get_ref() {
        let setting = Setting::find(key.get_ref()).ok_or_else(|| {
            let name = key.get_ref();
            let hint = match value.get_ref() {
                DeValue::Table(_) => "; keys stand by themselves, without sections".to_owned(),
                _ => nearest(name),
            };
            fault(key.span().start, format!("unknown key `{name}`{hint}"))
        })?;
        let values = texts(setting.kind, value.get_ref()).ok_or_else(|| {
            let found = value.get_ref().type_str();
            fault(
                value.span().start,
                format!(
                    "`{}` must be {}, not {found}",
                    setting.key,
                    setting.kind.expected()
                ),
            )
        })?;
        let (line, column) = place(value.span().start);
        layer.insert(
            setting.key,
            Given {
                values,
                origin: Origin::File {
                    path: path.to_owned(),
                    line,
                    column,
                },
            },
        );
    }
    Ok(layer)
}

/// The value as the texts it would be given as elsewhere, or `None` for one of the wrong type.
fn texts(kind: Kind, value: &DeValue<'_>) -> Option<Vec<String>> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Some(vec![text.to_string()]),
        (Kind::Number, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|number| vec![number.to_string()])
        }
        (Kind::Switch, DeValue::Boolean(on)) => Some(vec![on.to_string()]),
        (Kind::List(_), DeValue::Array(items)) => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

/// Line and column of a byte, both from 1; the column in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    (line, column)
}

/// A hint at the key that was probably meant.
fn nearest(key: &str) -> String {
    let shape = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let wanted = shape(key);
    let alike = |known: &&Setting| {
        let known = shape(known.key);
        known.contains(&wanted) || wanted.contains(&known)
    };
    // A letter or two stand in many keys; of those that are alike, the one that differs least was meant.
    let among = SETTINGS.iter().filter(|_| wanted.len() > 2).filter(alike);
    let apart = |known: &&Setting| shape(known.key).len().abs_diff(wanted.len());
    match among.min_by_key(apart) {
        Some(setting) => format!("; did you mean `{}`?", setting.key),
        None => "; `vestibule config check` without a file lists every key".to_owned(),
    }
}

/// Reads the environment. An empty variable counts as not set.
pub(crate) fn environment(variables: &BTreeMap<String, String>) -> Layer {
    let given = |setting: &'static Setting| {
        let text = variables
            .get(setting.variable)
            .filter(|text| !text.is_empty())?;
        let values = match setting.kind {
            Kind::List(_) => text
                .split(',')
                .map(|item| item.trim().to_owned())
                .filter(|item| !item.is_empty())
                .collect(),
            Kind::Text | Kind::Number | Kind::Switch => vec![text.clone()],
        };
        Some((
            setting.key,
            Given {
                values,
                origin: Origin::Environment(setting.variable),
            },
        ))
    };
    SETTINGS.iter().filter_map(given).collect()
}

/// Options of every command: where the database is, how to log.
#[derive(Debug, Default)]
pub(crate) struct EverywhereOptions(pub(crate) Layer);

/// Options of the commands that run the server or explain its configuration.
#[derive(Debug, Default)]
pub(crate) struct ServerOptions(pub(crate) Layer);

fn augment(mut command: clap::Command, everywhere: bool) -> clap::Command {
    for setting in SETTINGS
        .iter()
        .filter(|setting| setting.everywhere == everywhere)
    {
        let mut help = format!("{} [env: {}]", setting.meaning, setting.variable);
        if !setting.default.is_empty() && setting.kind != Kind::Switch {
            help = format!("{help} [default: {}]", setting.default);
        }
        let (short, _) = help.split_once(['.', ':', ';', ',']).unwrap_or((&help, ""));
        let mut arg = Arg::new(setting.key)
            .long(setting.option)
            .global(everywhere)
            .help(short.to_owned())
            .long_help(help.clone());
        arg = match setting.kind {
            Kind::Switch => arg.action(ArgAction::SetTrue),
            Kind::List(item) => arg.action(ArgAction::Append).value_name(item),
            Kind::Number => arg.action(ArgAction::Set).value_name("N"),
            Kind::Text => arg.action(ArgAction::Set).value_name("VALUE"),
        };
        if everywhere {
            arg = arg.help_heading("Options of every command");
        }
        command = command.arg(arg);
    }
    command
}

fn collect(matches: &ArgMatches, everywhere: bool) -> Layer {
    let given = |setting: &'static Setting| {
        let values: Vec<String> = match setting.kind {
            Kind::Switch => matches
                .get_flag(setting.key)
                .then(|| "true".to_owned())
                .into_iter()
                .collect(),
            Kind::Text | Kind::Number | Kind::List(_) => matches
                .get_many::<String>(setting.key)
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        };
        let origin = Origin::CommandLine(setting.option);
        (!values.is_empty()).then_some((setting.key, Given { values, origin }))
    };
    SETTINGS
        .iter()
        .filter(|setting| setting.everywhere == everywhere)
        .filter_map(given)
        .collect()
}

macro_rules! options {
    ($($type:ident: $everywhere:literal),+) => {$(
        impl clap::FromArgMatches for $type {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(collect(matches, $everywhere)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0.extend(collect(matches, $everywhere));
                Ok(())
            }
        }

        impl clap::Args for $type {
            fn augment_args(command: clap::Command) -> clap::Command {
                augment(command, $everywhere)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                augment(command, $everywhere)
            }
        }
    )+};
}

options!(EverywhereOptions: true, ServerOptions: false);
