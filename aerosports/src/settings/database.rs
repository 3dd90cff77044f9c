//! Which database the settings name.

use std::path::{Path, PathBuf};

use ::mssql::MssqlConfig;
use runtime::config::{SettingError, Settings, Unfit};

use super::declared::{DATA_DIR, DATABASE};

/// A database this build can use.
#[derive(Clone, Debug)]
pub enum Database {
    /// `events.db` and `read.db` in this folder.
    Sqlite(PathBuf),
    /// The schemas `store` and `views` of a database in SQL Server.
    Mssql(Box<MssqlConfig>),
}

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

    /// `sqlite:<folder>` or `mssql://user:password@host[:port]/database[?settings]`.
    ///
    /// # Errors
    /// When it is something else. The text is not repeated: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, Unfit> {
        let url = url.trim();
        match url.split_once(':') {
            Some(("sqlite", folder)) if !folder.is_empty() => {
                Ok(Self::Sqlite(folder.trim_start_matches("//").into()))
            }
            Some(("mssql", _)) => mssql(url).map(Box::new).map(Self::Mssql),
            _ => Err(Unfit::default()),
        }
    }

    /// The folder of everything that belongs to this database on this machine, if anything does.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(folder) => Some(folder),
            Self::Mssql(_) => None,
        }
    }
}

/// A database in SQL Server.
///
/// # Errors
/// When `url` names none.
pub fn mssql(url: &str) -> Result<MssqlConfig, Unfit> {
    MssqlConfig::parse(url.trim()).map_err(Unfit::because)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls() {
        for (url, folder) in [
            ("sqlite:/var/lib/aero", "/var/lib/aero"),
            ("sqlite:///var/lib/aero", "/var/lib/aero"),
            ("sqlite:data\n", "data"),
        ] {
            let database = Database::parse(url).unwrap();
            assert_eq!(database.folder(), Some(Path::new(folder)), "{url}");
        }
        assert!(matches!(Database::parse("mssql://sa:hunter2@db:1500/aero"), Ok(Database::Mssql(_))));
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
