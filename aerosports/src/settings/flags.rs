//! The flags of settings on the command line: added to every subcommand that uses them, and read from it.

use clap::{Arg, ArgMatches, Command};
use runtime::config::{Declaration, Fallback};

use super::{ALL, is_used_by};

/// The subcommand that shows and checks the settings: it takes the flags of all of them.
const CONFIG: &str = "config";

/// `command` with the flags that its subcommands take.
#[must_use]
pub fn add_to(command: Command) -> Command {
    let names = subcommands(&command);
    names.into_iter().fold(command, |command, name| {
        let add = |subcommand| add_flags(subcommand, &name);
        command.mut_subcommand(&name, add)
    })
}

fn subcommands(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect()
}

/// The flags go to the innermost subcommands, as in `keys issue --data-dir`.
fn add_flags(command: Command, used_by: &str) -> Command {
    let inner = subcommands(&command);
    if !inner.is_empty() {
        return inner.into_iter().fold(command, |command, name| {
            command.mut_subcommand(&name, |subcommand| add_flags(subcommand, used_by))
        });
    }
    let used = ALL.iter().filter(|setting| used_by == CONFIG || is_used_by(**setting, used_by));
    let (with, without): (Vec<_>, Vec<_>) = used
        .map(|setting| setting.declaration())
        .partition(|declaration| declaration.flag_in(used_by).is_some());
    let command = command.args(with.into_iter().filter_map(|declaration| flag(declaration, used_by)));
    command.after_help(variables(&without))
}

fn flag(setting: &'static Declaration, used_by: &str) -> Option<Arg> {
    let flag = setting.flag_in(used_by)?;
    let file = if setting.may_be_in_a_file() { format!(", {}", setting.file_name()) } else { String::new() };
    let default = match setting.default {
        Fallback::Value(value) => format!(" [default: {value}]"),
        Fallback::Described(_) => String::new(),
    };
    let help = format!("{} [env: {}{file}]{default}", sentence(setting.meaning_in(used_by)), setting.name);
    let value_name = flag.to_uppercase().replace('-', "_");
    Some(Arg::new(setting.name).long(flag).value_name(value_name).help(help))
}

/// The settings that only the environment gives.
fn variables(settings: &[&Declaration]) -> String {
    let names: Vec<_> = settings.iter().map(|setting| setting.name).collect();
    format!("Also from the environment (`aerosports config show` says more): {}", names.join(", "))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The settings that the innermost subcommand of `matches` was given as flags: their names and values.
pub fn given(matches: &ArgMatches) -> impl Iterator<Item = (&'static str, String)> {
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    ALL.iter().filter_map(move |setting| {
        let name = setting.declaration().name;
        let value = innermost.try_get_one::<String>(name).ok()??;
        Some((name, value.clone()))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli;

    fn given_by(arguments: &[&str]) -> Vec<(&'static str, String)> {
        let matches = cli::command().try_get_matches_from(arguments).unwrap();
        given(&matches).collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        cli::command().debug_assert();
    }

    #[test]
    fn flags_give_settings_in_every_command_that_uses_them() {
        let folder = vec![("AEROSPORTS_DATA_DIR", "x".to_owned())];
        for arguments in [
            &["aerosports", "up", "--data-dir", "x"][..],
            &["aerosports", "serve", "projector", "--data-dir", "x"],
            &["aerosports", "migrate", "--data-dir", "x"],
            &["aerosports", "keys", "list", "--data-dir", "x"],
            &["aerosports", "events", "tail", "--data-dir=x"],
            &["aerosports", "config", "check", "--data-dir", "x"],
        ] {
            assert_eq!(given_by(arguments), folder, "{arguments:?}");
        }
        let to = given_by(&["aerosports", "promote", "--from", "y", "--to", "sqlite:x"]);
        assert_eq!(to, [("AEROSPORTS_DATABASE", "sqlite:x".to_owned())]);
    }

    #[test]
    fn a_flag_is_refused_where_nothing_uses_it() {
        for arguments in
            [["aerosports", "migrate", "--listen", "127.0.0.1:1"], ["aerosports", "up", "--nats", "x"]]
        {
            assert!(cli::command().try_get_matches_from(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn config_checks_for_every_command_that_uses_a_setting() {
        let used = ALL.iter().flat_map(|setting| setting.declaration().used_by).copied();
        let checked: BTreeSet<_> = cli::COMMANDS.into_iter().collect();
        assert_eq!(checked, used.collect());
    }

    #[test]
    fn every_command_that_a_setting_names_exists() {
        let commands = subcommands(&cli::command());
        for declaration in ALL.iter().map(|setting| setting.declaration()) {
            for command in declaration.used_by {
                assert!(commands.contains(&(*command).to_owned()), "{}: {command}", declaration.name);
            }
        }
    }
}
