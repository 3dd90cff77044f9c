//! Settings that do not go together.

use runtime::config::{Declared, SettingError, Settings};

use super::{
    database::Database,
    declared::{API_KEY, COMMAND_API, DATA_DIR, DATABASE, DATABASE_REPLICA},
    is_used_by,
};

/// What of `settings` does not go together, as far as `command` uses it.
pub(super) fn find(settings: &Settings, command: Option<&str>) -> Vec<SettingError> {
    let uses = |setting: &dyn Declared| command.is_none_or(|command| is_used_by(setting, command));
    let mut found = Vec::new();
    if uses(&DATA_DIR) && uses(&DATABASE) {
        found.extend(database_given_twice(settings));
    }
    if uses(&COMMAND_API) && settings.is_given(COMMAND_API.declaration()) {
        found.extend(key_missing(settings));
    }
    if uses(&DATABASE_REPLICA) {
        found.extend(replica_of_a_file(settings));
    }
    found
}

/// Nobody can say which of the two databases is meant.
fn database_given_twice(settings: &Settings) -> Option<SettingError> {
    let source = |setting: &dyn Declared| Some(settings.given(setting.declaration()).ok()??.source);
    let (folder, database) = (source(&DATA_DIR)?, source(&DATABASE)?);
    Some(SettingError::Contradiction(format!(
        "the database is given twice, by {folder} and by {database}: keep one"
    )))
}

/// A command API takes reports only with a key.
fn key_missing(settings: &Settings) -> Option<SettingError> {
    (!settings.is_given(API_KEY.declaration())).then(|| settings.missing(API_KEY.declaration()))
}

fn replica_of_a_file(settings: &Settings) -> Option<SettingError> {
    let replica = settings.given(DATABASE_REPLICA.declaration()).ok()??.source;
    match Database::of(settings) {
        Ok(Database::Sqlite(_)) => Some(SettingError::Contradiction(format!(
            "{replica} is given, and the database is a folder: only a database in SQL Server has a replica. \
             Unset it, or name the database with AEROSPORTS_DATABASE"
        ))),
        Ok(Database::Mssql(_)) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(command: &str, pairs: &[(&str, &str)]) -> Vec<String> {
        let settings = Settings::from_pairs(pairs.to_vec()).of(command);
        find(&settings, Some(command)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_database_given_twice_is_a_contradiction_whatever_the_two_ways_are() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "sqlite:one").unwrap();
        let path = file.path().to_str().unwrap();
        let both = [("AEROSPORTS_DATABASE_FILE", path), ("AEROSPORTS_DATA_DIR", "two")];
        let message = found("up", &both).remove(0);
        assert!(
            message.contains("AEROSPORTS_DATABASE_FILE") && message.contains("AEROSPORTS_DATA_DIR"),
            "{message}"
        );
        let settings = Settings::from_pairs([("AEROSPORTS_DATABASE", "sqlite:one")]).of("keys");
        let settings = settings.with_flag("AEROSPORTS_DATA_DIR", "two".to_owned());
        let message = find(&settings, Some("keys")).remove(0).to_string();
        assert!(message.contains("--data-dir") && message.contains("AEROSPORTS_DATABASE"), "{message}");
        assert!(found("promote", &both).is_empty(), "promote does not use a folder from the environment");
    }

    #[test]
    fn a_flag_and_the_environment_for_the_same_setting_are_no_contradiction() {
        let settings = Settings::from_pairs([("AEROSPORTS_DATABASE", "sqlite:one")]).of("up");
        let settings = settings.with_flag("AEROSPORTS_DATABASE", "sqlite:two".to_owned());
        assert!(find(&settings, Some("up")).is_empty());
    }

    #[test]
    fn a_command_api_needs_a_key() {
        let address = ("AEROSPORTS_COMMAND_API", "127.0.0.1:8080");
        assert!(found("serve", &[address])[0].contains("AEROSPORTS_API_KEY_FILE"));
        assert!(found("serve", &[address, ("AEROSPORTS_API_KEY", "k")]).is_empty());
        assert!(found("keys", &[address]).is_empty());
    }

    #[test]
    fn only_sql_server_has_a_replica() {
        let replica = ("AEROSPORTS_DATABASE_REPLICA", "mssql://reader:hunter2@two/aero");
        let message = found("serve", &[replica]).remove(0);
        assert!(message.contains(replica.0) && !message.contains("hunter2"), "{message}");
        let primary = ("AEROSPORTS_DATABASE", "mssql://sa:hunter2@one/aero");
        assert!(found("serve", &[replica, primary]).is_empty());
    }
}
