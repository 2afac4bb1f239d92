//! What is wrong with a field, in the words of the command line: the one place where names of fields
//! become options.

use clap::{Arg, ArgMatches, Command};
use vestibule_service::Error;

use super::CommandError;

/// Options that are called otherwise than their fields.
const OTHERWISE: [(&str, &str); 10] = [
    ("name", "label"),
    ("allowed_addresses", "allow-ip"),
    ("allowed_referrers", "allow-referrer"),
    ("tags", "tag"),
    ("scopes", "scope"),
    ("approvers", "approver"),
    ("per_second", "rate-limit"),
    ("burst", "rate-burst"),
    ("duration_minutes", "minutes"),
    ("password", "password-stdin"),
];

/// What an error says to whom typed `given`.
pub(crate) fn said(error: &CommandError, command: &Command, given: &ArgMatches) -> String {
    let text = error.to_string();
    let CommandError::Service(Error::Invalid { field, .. }) = error else {
        return text;
    };
    let typed = called(command, given);
    let text = match (text.strip_prefix(&format!("{field}: ")), word(typed, field)) {
        (Some(rest), Some(word)) => format!("{word}: {rest}"),
        _ => text,
    };
    in_quotes(typed, &text)
}

/// The command that was typed.
fn called<'a>(command: &'a Command, given: &ArgMatches) -> &'a Command {
    let below = given.subcommand().and_then(|(name, given)| {
        let found = command.find_subcommand(name)?;
        Some(called(found, given))
    });
    below.unwrap_or(command)
}

/// What that command calls a field; none where it has no such word.
fn word(command: &Command, field: &str) -> Option<String> {
    let last = field.rsplit('.').next().unwrap_or(field);
    let usual = [field, last].map(|name| name.replace(['_', '.'], "-"));
    let other = OTHERWISE.iter().filter(|(known, _)| *known == last);
    let mut names = other.map(|(_, name)| (*name).to_owned()).chain(usual);
    let option = names.find(|name| command.get_arguments().any(|arg| is_long(arg, name)));
    let positional = || {
        let mut arguments = command.get_positionals();
        let found = arguments.find(|arg| arg.get_id() == last)?;
        let names = found.get_value_names()?;
        names.first().map(|name| format!("<{name}>"))
    };
    option.map(|name| format!("--{name}")).or_else(positional)
}

fn is_long(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name)
}

/// The same with other fields that a text quotes.
fn in_quotes(command: &Command, text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(place, part)| {
        let quoted = place % 2 == 1;
        match word(command, part).filter(|_| quoted) {
            Some(word) => format!("`{word}`"),
            None if quoted => format!("`{part}`"),
            None => part.to_owned(),
        }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;
    use super::*;

    fn told(line: &str, field: &str, detail: &str) -> String {
        let command = Cli::command();
        let given = command.clone().get_matches_from(line.split(' '));
        let error = CommandError::Service(Error::Invalid {
            field: field.to_owned(),
            detail: detail.to_owned(),
        });
        said(&error, &command, &given)
    }

    #[test]
    fn a_field_is_called_as_its_option() {
        let edit = "vestibule provider edit Okta --tag a";
        for (line, field, detail, expected) in [
            (
                edit,
                "valid_until",
                "valid_until: must be later than now",
                "--valid-until: must be later than now",
            ),
            (
                edit,
                "tags",
                "tags: must not be empty",
                "--tag: must not be empty",
            ),
            (
                edit,
                "rate_limit.per_second",
                "rate_limit.per_second: must be between 1 and 9",
                "--rate-limit: must be between 1 and 9",
            ),
            (
                "vestibule timeline --to 2026-01-01",
                "to",
                "to: must be later than `from`",
                "--to: must be later than `--from`",
            ),
            (
                "vestibule access-group create --name x",
                "approvers",
                "approvers: no administrator is called `x`",
                "--approver: no administrator is called `x`",
            ),
            (
                "vestibule admin token --name root --label x",
                "name",
                "name: must not be empty",
                "--label: must not be empty",
            ),
            (
                "vestibule provider list",
                "odd",
                "odd: must not be empty",
                "odd: must not be empty",
            ),
        ] {
            assert_eq!(told(line, field, detail), expected);
        }
    }
}
