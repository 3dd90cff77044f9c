//! Where the data is, from the command line or the environment, and how to open it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use shared::{
    clock::SharedClock,
    sql::ReadDb,
    store::sqlite::{self, SqliteOptions, SqliteStore},
};

use crate::{cli::Place, event_store::EventStore};

/// Read-only connections to the read tables.
const READERS: u32 = 4;

/// A database this build can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// `events.db` and `read.db` in this folder.
    Sqlite(PathBuf),
}

impl Place {
    /// The database that was named: on the command line, in `AEROSPORTS_DATABASE` or `AEROSPORTS_DATA_DIR`,
    /// in the file named by `AEROSPORTS_DATABASE_FILE`, or else `./data`.
    ///
    /// # Errors
    /// When the name is of no known form, or the file cannot be read.
    pub fn database(&self) -> Result<Database> {
        if let Some(url) = &self.database {
            return parse(url);
        }
        if let Some(folder) = &self.data_dir {
            return Ok(Database::Sqlite(folder.clone()));
        }
        match std::env::var_os("AEROSPORTS_DATABASE_FILE") {
            Some(file) => {
                let url = std::fs::read_to_string(&file)
                    .with_context(|| format!("AEROSPORTS_DATABASE_FILE: {}", file.to_string_lossy()))?;
                parse(url.trim()).context("AEROSPORTS_DATABASE_FILE")
            }
            None => Ok(Database::Sqlite("./data".into())),
        }
    }
}

/// `sqlite:<folder>`.
///
/// # Errors
/// When it is something else. The text is not repeated: it may hold a password.
pub fn parse(url: &str) -> Result<Database> {
    match url.split_once(':') {
        Some(("sqlite", folder)) if !folder.is_empty() => {
            Ok(Database::Sqlite(folder.trim_start_matches("//").into()))
        }
        Some(("mssql", _)) => bail!("this build does not speak to SQL Server yet: use sqlite:<folder>"),
        _ => bail!("--database must be sqlite:<folder>"),
    }
}

impl Database {
    /// The folder of everything that belongs to this database on this machine.
    #[must_use]
    pub fn folder(&self) -> &PathBuf {
        let Self::Sqlite(folder) = self;
        folder
    }

    /// Brings the event store's tables up to date; the names of what was applied.
    ///
    /// # Errors
    /// When the database cannot be reached or is newer than this build.
    pub async fn migrate(&self, clock: &SharedClock) -> Result<Vec<&'static str>> {
        let Self::Sqlite(folder) = self;
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        restrict(folder)?;
        let file = SqliteOptions::in_dir(folder).file;
        sqlite::migrate(&file, &**clock).await.with_context(|| format!("migrating {}", file.display()))
    }

    /// Opens the event store.
    ///
    /// # Errors
    /// When it cannot be reached or its tables are not up to date.
    pub async fn open(&self, clock: SharedClock) -> Result<EventStore> {
        let Self::Sqlite(folder) = self;
        let store = SqliteStore::open(&SqliteOptions::in_dir(folder), clock)
            .await
            .with_context(|| format!("opening the event store in {}", folder.display()))?;
        Ok(EventStore::Sqlite(store))
    }

    /// Opens the read tables.
    ///
    /// # Errors
    /// When they cannot be reached.
    pub async fn open_read_tables(&self) -> Result<ReadDb> {
        let Self::Sqlite(folder) = self;
        let file = folder.join("read.db");
        ReadDb::open(&file, READERS).await.with_context(|| format!("opening {}", file.display()))
    }
}

/// Only the venue's own account may look into the folder: it holds a master key and names.
#[cfg(unix)]
fn restrict(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("restricting {} to its owner", folder.display()))
}

#[cfg(not(unix))]
fn restrict(_: &std::path::Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls() {
        assert_eq!(parse("sqlite:/var/lib/aero").unwrap(), Database::Sqlite("/var/lib/aero".into()));
        assert_eq!(parse("sqlite:///var/lib/aero").unwrap(), Database::Sqlite("/var/lib/aero".into()));
        assert_eq!(parse("sqlite:data").unwrap(), Database::Sqlite("data".into()));
        for (wrong, hint) in
            [("", "sqlite:<folder>"), ("sqlite:", "sqlite:<folder>"), ("mssql://sa:x@h", "SQL Server")]
        {
            let message = parse(wrong).unwrap_err().to_string();
            assert!(message.contains(hint) && !message.contains("sa:x"), "{message}");
        }
    }
}
