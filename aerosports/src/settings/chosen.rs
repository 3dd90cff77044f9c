//! Which database the settings name.

use runtime::config::{SettingError, Settings};

use super::{
    database::Database,
    declared::{DATA_DIR, DATABASE},
};

impl Database {
    /// The one that `settings` name: by its URL, or by the folder of the embedded one.
    ///
    /// # Errors
    /// When the setting cannot be used.
    pub fn of(settings: &Settings) -> Result<Self, SettingError> {
        match settings.find(&DATABASE)? {
            Some(database) => Ok(database),
            None => settings.get(&DATA_DIR).map(Self::Sqlite),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_wrong_url_is_explained_and_not_repeated() {
        for (wrong, hint) in [
            ("sqlite", "sqlite:<folder>"),
            ("sqlite:", "sqlite:<folder>"),
            ("mssql://sa:hunter2@h", "database"),
        ] {
            let settings = Settings::from_pairs([("AEROSPORTS_DATABASE", wrong)]);
            let message = Database::of(&settings).unwrap_err().to_string();
            assert!(message.contains(hint) && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn the_folder_is_the_database_when_no_url_is_given() {
        let folder = |settings: &Settings| Database::of(settings).unwrap().folder().map(Path::to_owned);
        assert_eq!(folder(&Settings::default()), Some("./data".into()));
        let given = Settings::default().with_flag("AEROSPORTS_DATA_DIR", "elsewhere".to_owned());
        assert_eq!(folder(&given), Some("elsewhere".into()));
    }
}
