//! The databases there are, and how a URL names one.

use std::path::{Path, PathBuf};

use ::mssql::MssqlConfig;
use runtime::config::Unfit;

/// A database this build can use.
#[derive(Clone, Debug)]
pub enum Database {
    /// `events.db` and `read.db` in this folder.
    Sqlite(PathBuf),
    /// The schemas `store` and `views` of a database in SQL Server.
    Mssql(Box<MssqlConfig>),
}

impl Database {
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
    }
}
