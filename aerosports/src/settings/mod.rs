//! AeroSports' settings: what there is, how a command line gives them, and which do not go together.

pub mod address;
mod chosen;
mod contradictions;
pub mod database;
pub mod declared;
pub mod flags;
mod table;

use clap::ArgMatches;
use runtime::config::{Declared, Problems, SettingError, Settings};

pub use declared::ALL;
pub use table::markdown;

/// The settings of this process: the flags in `matches`, and the environment.
///
/// # Errors
/// When a variable is not text.
pub fn read(matches: &ArgMatches) -> Result<Settings, SettingError> {
    let command = matches.subcommand_name().unwrap_or_default();
    let settings = Settings::from_env(command)?;
    Ok(flags::given(matches).fold(settings, |settings, (name, value)| settings.with_flag(name, value)))
}

/// Looks for everything that is wrong: with the names of variables, and with what `command` uses (with every
/// setting, when no command is named). Other commands' settings may name files that this user cannot read.
///
/// # Errors
/// Everything that is wrong, when anything is.
pub fn check(settings: &Settings, command: Option<&str>) -> Result<(), Problems> {
    let used = |setting: &&&dyn Declared| command.is_none_or(|command| is_used_by(**setting, command));
    let mut problems = settings.unknown(ALL);
    problems.extend(ALL.iter().filter(used).filter_map(|setting| settings.problem(*setting)));
    problems.extend(contradictions::find(settings, command));
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// Whether `command` uses a setting; a setting without a list is used by every one.
#[must_use]
pub fn is_used_by(setting: &dyn Declared, command: &str) -> bool {
    let used_by = setting.declaration().used_by;
    used_by.is_empty() || used_by.contains(&command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(command: &str, pairs: &[(&str, &str)]) -> Vec<String> {
        let settings = Settings::from_pairs(pairs.to_vec()).of(command);
        let problems = check(&settings, Some(command)).err().map(|problems| problems.0).unwrap_or_default();
        problems.iter().map(SettingError::with_causes).collect()
    }

    #[test]
    fn nothing_set_is_in_order_for_every_command() {
        assert!(check(&Settings::default(), None).is_ok());
    }

    #[test]
    fn bad_values_are_named() {
        for (name, value) in [
            ("AEROSPORTS_LISTEN", "here"),
            ("AEROSPORTS_DISCOVERY_TARGETS", "plugs"),
            ("AEROSPORTS_LOCATION", "mitte"),
            ("AEROSPORTS_LATE_AFTER", "soon"),
            ("AEROSPORTS_TAKE_OVER_AFTER", "20ms"),
            ("AEROSPORTS_OVERRIDE_FOR", "15"),
            ("AEROSPORTS_COMMAND_API", "localhost"),
            ("AEROSPORTS_DATABASE_WAIT", "1m"),
            ("AEROSPORTS_LOG", "info,=,"),
        ] {
            let found = problems("serve", &[(name, value), ("AEROSPORTS_API_KEY", "k")]);
            assert!(found.len() == 1 && found[0].contains(name) && found[0].contains("must be"), "{found:?}");
        }
    }

    #[test]
    fn every_problem_is_found_at_once() {
        let pairs = [("AEROSPORTS_LISTN", "x"), ("AEROSPORTS_LISTEN", "y"), ("AEROSPORTS_LATE_AFTER", "z")];
        assert_eq!(problems("up", &pairs).len(), 3);
    }

    #[test]
    fn a_command_does_not_mind_the_values_of_settings_it_does_not_use() {
        let pairs = [("AEROSPORTS_LATE_AFTER", "soon"), ("AEROSPORTS_MASTER_KEY_FILE", "/no/such/file")];
        assert!(problems("keys", &pairs).is_empty());
        assert_eq!(problems("up", &pairs).len(), 2);
        assert_eq!(problems("keys", &[("AEROSPORTS_LISTN", "x")]).len(), 1);
    }

    #[test]
    fn no_message_shows_a_secret() {
        let pairs = ["AEROSPORTS_DATABASE", "AEROSPORTS_DATABASE_REPLICA", "AEROSPORTS_MASTER_KEY"]
            .map(|name| (name, "mssql://sa:hunter2@h"));
        let found = problems("serve", &pairs);
        assert!(found.len() == 3 && !found.concat().contains("hunter2"), "{found:?}");
    }

    #[test]
    fn secrets_and_only_they_may_be_in_a_file() {
        let files: Vec<_> = ALL
            .iter()
            .map(|setting| setting.declaration())
            .filter(|declaration| declaration.may_be_in_a_file())
            .map(|declaration| declaration.name)
            .collect();
        assert_eq!(
            files,
            [
                "AEROSPORTS_DATABASE",
                "AEROSPORTS_DATABASE_REPLICA",
                "AEROSPORTS_NATS",
                "AEROSPORTS_MASTER_KEY",
                "AEROSPORTS_BACKUP_PASSPHRASE",
                "AEROSPORTS_API_KEY"
            ]
        );
    }
}
