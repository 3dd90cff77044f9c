//! Where the data is, from the command line or the environment, and how to open it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use shared::{
    clock::SharedClock,
    mssql::MssqlConfig,
    sql::ReadStore,
    store::{
        mssql::{self, MssqlOptions, MssqlStore},
        sqlite::{self, SqliteOptions, SqliteStore},
    },
};

use crate::{
    cli::{Place, Serve},
    event_store::EventStore,
};

/// Read-only connections to the read tables.
const READERS: u32 = 4;

/// A database this build can use.
#[derive(Clone, Debug)]
pub enum Database {
    /// `events.db` and `read.db` in this folder.
    Sqlite(PathBuf),
    /// The schemas `store` and `views` of a database in SQL Server.
    Mssql(Box<MssqlConfig>),
}

impl Place {
    /// The database that was named: on the command line, in `AEROSPORTS_DATABASE` or `AEROSPORTS_DATA_DIR`,
    /// in the file named by `AEROSPORTS_DATABASE_FILE`, or else `./data`.
    ///
    /// # Errors
    /// When the name is of no known form, or the file cannot be read.
    pub fn database(&self) -> Result<Database> {
        if let Some(url) = &self.database {
            return parse(url).context("--database");
        }
        if let Some(folder) = &self.data_dir {
            return Ok(Database::Sqlite(folder.clone()));
        }
        match from_file("AEROSPORTS_DATABASE_FILE")? {
            Some(url) => parse(&url).context("AEROSPORTS_DATABASE_FILE"),
            None => Ok(Database::Sqlite("./data".into())),
        }
    }
}

impl Serve {
    /// The replica that views are read from: on the command line, in `AEROSPORTS_DATABASE_REPLICA`, or in the
    /// file named by `AEROSPORTS_DATABASE_REPLICA_FILE`.
    ///
    /// # Errors
    /// When it is no database in SQL Server, or `primary` is none.
    pub fn replica(&self, primary: &Database) -> Result<Option<MssqlConfig>> {
        let (named, setting) = match &self.database_replica {
            Some(url) => (Some(url.clone()), "--database-replica"),
            None => (from_file("AEROSPORTS_DATABASE_REPLICA_FILE")?, "AEROSPORTS_DATABASE_REPLICA_FILE"),
        };
        let Some(url) = named else { return Ok(None) };
        match (primary, parse(&url).context(setting)?) {
            (Database::Mssql(_), Database::Mssql(replica)) => Ok(Some(*replica)),
            (Database::Sqlite(_), _) => bail!("{setting}: only a database in SQL Server has a replica"),
            (_, Database::Sqlite(_)) => bail!("{setting} must be a replica in SQL Server: mssql://…"),
        }
    }
}

/// What the file named by the variable `setting` holds.
fn from_file(setting: &str) -> Result<Option<String>> {
    let Some(file) = std::env::var_os(setting) else { return Ok(None) };
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("{setting}: {}", file.to_string_lossy()))?;
    Ok(Some(text.trim().to_owned()))
}

/// `sqlite:<folder>` or `mssql://user:password@host[:port]/database[?settings]`.
///
/// # Errors
/// When it is something else. The text is not repeated: it may hold a password.
pub fn parse(url: &str) -> Result<Database> {
    match url.split_once(':') {
        Some(("sqlite", folder)) if !folder.is_empty() => {
            Ok(Database::Sqlite(folder.trim_start_matches("//").into()))
        }
        Some(("mssql", _)) => Ok(Database::Mssql(Box::new(MssqlConfig::parse(url)?))),
        _ => bail!("a database is sqlite:<folder> or mssql://user:password@host[:port]/database"),
    }
}

impl Database {
    /// The folder of everything that belongs to this database on this machine, if anything does.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(folder) => Some(folder),
            Self::Mssql(_) => None,
        }
    }

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
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn database_urls() {
        for (url, folder) in [
            ("sqlite:/var/lib/aero", "/var/lib/aero"),
            ("sqlite:///var/lib/aero", "/var/lib/aero"),
            ("sqlite:data", "data"),
        ] {
            let database = parse(url).unwrap();
            assert_eq!(database.folder(), Some(Path::new(folder)), "{url}");
        }
        let Database::Mssql(config) = parse("mssql://sa:hunter2@db:1500/aero").unwrap() else { panic!() };
        assert_eq!(name(&config), "aero at db:1500");
        for (wrong, hint) in
            [("", "sqlite:<folder>"), ("sqlite:", "sqlite:<folder>"), ("mssql://sa:hunter2@h", "database")]
        {
            let message = parse(wrong).unwrap_err().to_string();
            assert!(message.contains(hint) && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn only_sql_server_has_a_replica() {
        let serve = |replica: &str| {
            let arguments = ["aerosports", "serve", "query-api", "--database-replica", replica];
            match Cli::parse_from(arguments).command {
                Command::Serve(serve) => serve,
                other => panic!("{other:?}"),
            }
        };
        let primary = parse("mssql://sa:hunter2@one/aero").unwrap();
        let replica = serve("mssql://reader:hunter2@two/aero").replica(&primary).unwrap().unwrap();
        assert_eq!(replica.host, "two");
        let refused = |replica: &str, primary: &Database| {
            let message = format!("{:#}", serve(replica).replica(primary).unwrap_err());
            assert!(message.contains("--database-replica") && !message.contains("hunter2"), "{message}");
        };
        refused("sqlite:data", &primary);
        refused("mssql://reader:hunter2@two", &primary);
        refused("mssql://reader:hunter2@two/aero", &parse("sqlite:data").unwrap());
    }
}
