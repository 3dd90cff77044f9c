//! Opening the database that the settings name: the event store and the read tables in it.

use std::path::Path;

use ::mssql::MssqlConfig;
use anyhow::{Context as _, Result};
use read_store::ReadStore;
use runtime::clock::SharedClock;
use store::{
    mssql::{self, MssqlOptions, MssqlStore},
    sqlite::{self, SqliteOptions, SqliteStore},
};

use super::event_store::EventStore;
use crate::settings::database::Database;

/// Read-only connections to the read tables.
const READERS: u32 = 4;

impl Database {
    /// Brings the event store's tables up to date; the names of what was applied.
    ///
    /// # Errors
    /// When the database cannot be reached or is newer than this build.
    pub async fn migrate(&self, clock: &SharedClock) -> Result<Vec<&'static str>> {
        match self {
            Self::Sqlite(folder) => {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("making the folder {}", folder.display()))?;
                restrict(folder)?;
                let file = SqliteOptions::in_dir(folder).file;
                sqlite::migrate(&file, &**clock)
                    .await
                    .with_context(|| format!("migrating {}", file.display()))
            }
            Self::Mssql(config) => mssql::migrate(config, &**clock)
                .await
                .with_context(|| format!("migrating the database {}", name(config))),
        }
    }

    /// Opens the event store.
    ///
    /// # Errors
    /// When it cannot be reached or its tables are not up to date.
    pub async fn open(&self, clock: SharedClock) -> Result<EventStore> {
        match self {
            Self::Sqlite(folder) => SqliteStore::open(&SqliteOptions::in_dir(folder), clock)
                .await
                .map(EventStore::Sqlite)
                .with_context(|| format!("opening the event store in {}", folder.display())),
            Self::Mssql(config) => MssqlStore::open(&MssqlOptions::new((**config).clone()), clock)
                .await
                .map(EventStore::Mssql)
                .with_context(|| format!("opening the event store in the database {}", name(config))),
        }
    }

    /// Opens the read tables, to be read from `replica` if there is one.
    ///
    /// # Errors
    /// When they cannot be reached.
    pub async fn open_read_tables(&self, replica: Option<MssqlConfig>) -> Result<ReadStore> {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.join("read.db");
                ReadStore::open(&file, READERS).await.with_context(|| format!("opening {}", file.display()))
            }
            Self::Mssql(config) => ReadStore::open_mssql((**config).clone(), replica, READERS as usize)
                .await
                .with_context(|| format!("opening the read tables in the database {}", name(config))),
        }
    }
}

/// `database at host:port`, without the login.
fn name(config: &MssqlConfig) -> String {
    format!("{} at {}", config.database, config.address())
}

/// Restricts the folder to its owner: it holds the master key and personal data.
#[cfg(unix)]
fn restrict(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("restricting {} to its owner", folder.display()))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> Result<()> {
    Ok(())
}
