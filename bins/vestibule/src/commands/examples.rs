//! What every page of help holds, and that what the console tells people to type is a command.

use clap::{CommandFactory as _, Parser as _};

use super::Cli;

/// Every command that does something, with the words that call it.
fn leaves(command: &clap::Command, above: &str, found: &mut Vec<(String, clap::Command)>) {
    let path = format!("{above}{}", command.get_name());
    let mut below = command.get_subcommands().peekable();
    if below.peek().is_none() {
        found.push((path, command.clone()));
        return;
    }
    for one in below.filter(|one| one.get_name() != "help") {
        leaves(one, &format!("{path} "), found);
    }
}

/// The commands of our own that an example calls, each as its words.
fn calls(examples: &str) -> Vec<Vec<String>> {
    let whole: Vec<&str> = examples.split("\\\n").map(str::trim).collect();
    let whole = whole.join(" ");
    // What stands apart behind a call explains it.
    let calls = whole.lines().map(|line| line.trim().split("   ").next());
    let lines = calls.flatten().flat_map(words);
    let ours = lines.filter(|call| call.first().is_some_and(|first| first == "vestibule"));
    ours.collect()
}

/// The calls in a line of a shell: split at `|` and `;`, redirections left out.
fn words(line: &str) -> Vec<Vec<String>> {
    let mut calls = vec![Vec::new()];
    let (mut word, mut open, mut quote) = (String::new(), false, None);
    let mut skip = false;
    let mut letters = line.chars().chain([' ']);
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(mark), letter) if letter == mark => quote = None,
            (None, '\'' | '"') => (quote, open) = (Some(letter), true),
            (None, '\\') => word.extend(letters.next()),
            (None, ' ' | '|' | ';' | '<' | '>') => {
                if open || !word.is_empty() {
                    let whole = std::mem::take(&mut word);
                    if !std::mem::take(&mut skip) {
                        calls.last_mut().unwrap().push(whole);
                    }
                    open = false;
                }
                match letter {
                    '|' | ';' => calls.push(Vec::new()),
                    '<' | '>' => skip = true,
                    _ => {}
                }
            }
            (_, letter) => word.push(letter),
        }
    }
    calls
}

#[test]
fn every_command_shows_an_example_that_can_be_typed() {
    let mut found = Vec::new();
    leaves(&Cli::command(), "", &mut found);
    assert!(found.len() > 70, "{}", found.len());
    let (mut without, mut unread) = (Vec::new(), Vec::new());
    for (path, command) in found {
        let text = command.get_after_long_help().or(command.get_after_help());
        let text = text.map(ToString::to_string).unwrap_or_default();
        let own: Vec<String> = path.split(' ').map(str::to_owned).collect();
        let calls = calls(&text);
        if !calls.iter().any(|call| call.starts_with(&own)) {
            without.push(path);
            continue;
        }
        for call in calls {
            let told = call.join(" ");
            if let Err(error) = Cli::try_parse_from(call) {
                unread.push(format!("{path}: {told}: {error}"));
            }
        }
    }
    assert!(without.is_empty(), "no example: {without:#?}");
    assert!(unread.is_empty(), "{}", unread.join("\n"));
}

/// The texts and pages of the console that name commands.
const CONSOLE: [&str; 3] = [
    include_str!("../../../../crates/web/texts/en.toml"),
    include_str!("../../../../crates/web/texts/pt-BR.toml"),
    include_str!("../../../../crates/web/templates/console/set_up.html"),
];

#[test]
fn every_command_that_the_console_names_can_be_typed() {
    let mut named = 0;
    for text in CONSOLE {
        for (_, after) in text.lines().flat_map(|line| {
            let found = line.match_indices("vestibule ");
            found.map(|(at, name)| line.split_at(at + name.len()))
        }) {
            named += 1;
            let mut command = &Cli::command();
            let mut words = after.split([' ', '.', ',', '"', '<']);
            while command.has_subcommands() {
                let word = words.next().unwrap_or_default();
                command = command
                    .find_subcommand(word)
                    .unwrap_or_else(|| panic!("{word:?} is no command: vestibule {after}"));
            }
        }
    }
    assert!(named >= 9, "{named}");
}

#[test]
fn a_line_of_a_shell_is_read_as_its_words() {
    let told = words("read -rs P; printf '%s\\n' \"$P\" | vestibule a --b 'c d' \"\" < file.txt");
    assert_eq!(told[2], ["vestibule", "a", "--b", "c d", ""]);
}
