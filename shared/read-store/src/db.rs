//! The read store of one process: a pool of readers, one writer, and which generation is active.

use std::{path::Path, time::Duration};

use runtime::retry::Delays;
use tokio::time::Instant;

#[cfg(feature = "mssql")]
use super::mssql;
use super::{
    Checksum, Generation, Record as _, ResultSet, SqlError, Table, Tx, Value,
    active::Active,
    backend::{Backend, Refused, Session, refused},
    catalog::{self, ActiveTable},
    checksum,
    dialect::Dialect,
    sqlite,
    writes::Writes,
};
#[cfg(feature = "mssql")]
use ::mssql::MssqlConfig;

/// The executor's own tables have no generations; this stands where one is asked for.
pub(super) const NO_GENERATION: Generation = Generation { version: 0, run: 0 };

/// A handle to the read store; clones share it.
#[derive(Clone)]
pub struct ReadStore {
    backend: Backend,
    active: Active,
    writes: Writes,
}

/// How long opening waits for other processes that open the same new file.
const OPEN_PATIENCE: Duration = Duration::from_secs(5);
/// Pauses between tries meanwhile.
const FIRST_RETRY: Duration = Duration::from_millis(20);
const LONGEST_RETRY: Duration = Duration::from_millis(250);

impl ReadStore {
    /// Opens or creates the read store at `path`, with at most `readers` reading connections.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened or written.
    pub async fn open(path: &Path, readers: u32) -> Result<Self, SqlError> {
        Self::over(Backend::Sqlite(sqlite::Pools::new(path, readers))).await
    }

    #[cfg(feature = "mssql")]
    /// The read tables of a SQL Server database. Reads come from `replica` if there is one: for processes that
    /// follow the checkpoints there too, and never for one that projects (see [`ReadStore::on_primary`]).
    ///
    /// # Errors
    /// `Unavailable` when the server cannot be reached or will not have us.
    pub async fn open_mssql(
        primary: MssqlConfig,
        replica: Option<MssqlConfig>,
        readers: usize,
    ) -> Result<Self, SqlError> {
        Self::over(Backend::Mssql(mssql::Pools::new(primary, replica, readers.max(1)))).await
    }

    pub(super) async fn over(backend: Backend) -> Result<Self, SqlError> {
        let db = Self { backend, active: Active::default(), writes: Writes::default() };
        db.prepare().await?;
        Ok(db)
    }

    /// This read store, never read from a replica: what a projector reads decides what it writes.
    #[must_use]
    pub fn on_primary(self) -> Self {
        Self { backend: self.backend.on_primary(), ..self }
    }

    /// Makes the bookkeeping tables. Processes that start together meet here: turning a new file's
    /// write-ahead log on takes a lock that `SQLite` does not wait for.
    async fn prepare(&self) -> Result<(), SqlError> {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        let deadline = Instant::now() + OPEN_PATIENCE;
        while let Err(error) = self.create_catalog().await {
            match refused(&error) {
                // A login that may only read finds the tables made, or waits until a projector has made them.
                Some(Refused::Rights) => break,
                None if matches!(error, SqlError::Unavailable(_)) && Instant::now() < deadline => {
                    tokio::time::sleep(delays.next_delay()).await;
                }
                Some(Refused::Entirely) | None => return Err(error),
            }
        }
        self.refresh_active().await
    }

    async fn create_catalog(&self) -> Result<(), SqlError> {
        let mut tx = self.begin(NO_GENERATION).await?;
        // A process that only opens a server's tables need not wait for one that makes some.
        if tx.has(&catalog::TABLES).await? {
            return tx.rollback().await;
        }
        tx.create_schema().await?;
        tx.create(&catalog::TABLES).await?;
        tx.commit().await
    }

    /// The rows of a portable text (see the module's header); `{table}` means the active generation.
    ///
    /// # Errors
    /// `NotBuilt` while a table has no active generation; `Unavailable`, `Bug`.
    pub async fn query(&self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        match self.query_once(sql, params).await {
            // Another process may have activated it, or dropped the generation we knew.
            Err(SqlError::NotBuilt(_)) => {
                self.refresh_active().await?;
                self.query_once(sql, params).await
            }
            other => other,
        }
    }

    async fn query_once(&self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        let sql = reading(self.backend.dialect(), &self.active, sql)?;
        self.backend.fetch(sql, params).await
    }

    /// Has what was erased leave the files: in `SQLite` it stands in the write-ahead log until that is emptied, which
    /// happens soon after. A server's log is its operator's.
    pub fn empty_log(&self) {
        self.backend.empty_log();
    }

    /// One unchanging view of all tables, for several queries that must agree.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn snapshot(&self) -> Result<Snapshot, SqlError> {
        let (session, dialect) = (self.backend.snapshot().await?, self.backend.dialect());
        Ok(Snapshot { session, dialect, active: self.active.clone() })
    }

    /// A write transaction on the tables of `generation`. On `SQLite` it is the only one; on a server others
    /// may write meanwhile: see [`Tx::lock`].
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn begin(&self, generation: Generation) -> Result<Tx, SqlError> {
        let session = self.writes.note(self.backend.begin().await)?;
        let (active, writes) = (self.active.clone(), self.writes.clone());
        Ok(Tx::new(session, self.backend.dialect(), generation, active, writes))
    }

    /// A transaction that touches only the executor's own tables (see [`catalog`]).
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn begin_catalog(&self) -> Result<Tx, SqlError> {
        self.begin(NO_GENERATION).await
    }

    /// Looks up which generations are active now; needed where another process projects.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn refresh_active(&self) -> Result<(), SqlError> {
        let sql = self.backend.dialect().scan(ActiveTable::TABLE, NO_GENERATION);
        let rows = match self.backend.fetch(sql, &[]).await {
            // Where we may not make it.
            Err(SqlError::NotBuilt(_)) => ResultSet::default(),
            other => other?,
        };
        let found = rows.decode::<ActiveTable>()?.into_iter();
        let found =
            found.map(|row| (row.table_name, Generation { version: row.version, run: row.run })).collect();
        self.active.replace(found);
        Ok(())
    }

    /// The generation that readers of `table` see.
    #[must_use]
    pub fn active_generation(&self, table: &str) -> Option<Generation> {
        self.active.generation(table)
    }

    /// What the database's own check of its file finds broken, at most twenty sentences. A server's operator has other
    /// means; nothing is checked there.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn integrity(&self) -> Result<Vec<String>, SqlError> {
        self.backend.integrity().await
    }

    /// Why this process's last write failed, in fixed words; none once one has succeeded.
    #[must_use]
    pub fn unwritable(&self) -> Option<&'static str> {
        self.writes.fault()
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.backend.close().await;
    }
}

/// `sql` for a server, reading what is active.
fn reading(dialect: Dialect, active: &Active, sql: &str) -> Result<String, SqlError> {
    // Where every connection can write, nothing but this tells a read from a write.
    if !["SELECT ", "WITH "].iter().any(|word| sql.starts_with(word)) {
        return Err(SqlError::Bug("only SELECT reads".to_owned()));
    }
    dialect.expand(sql, |table| active.physical(table))
}

/// A read transaction: every query sees the same state.
pub struct Snapshot {
    session: Session,
    dialect: Dialect,
    active: Active,
}

impl Snapshot {
    /// As [`ReadStore::query`], without its second try.
    ///
    /// # Errors
    /// `NotBuilt`, `Unavailable`, `Bug`.
    pub async fn query(&mut self, sql: &str, params: &[Value]) -> Result<ResultSet, SqlError> {
        let sql = reading(self.dialect, &self.active, sql)?;
        self.session.fetch(sql, params).await
    }

    /// All rows of `table` in `generation`, each all columns in the table's order.
    ///
    /// # Errors
    /// `NotBuilt` when there is no such generation; `Unavailable`.
    pub async fn rows(&mut self, table: &Table, generation: Generation) -> Result<Vec<Vec<Value>>, SqlError> {
        let mut rows = Vec::new();
        let sql = self.dialect.scan(table, generation);
        self.session.for_each(sql, |row| rows.push(row.into_iter().collect())).await?;
        Ok(rows)
    }

    /// Count and hash of `table`'s rows in `generation`.
    ///
    /// # Errors
    /// `NotBuilt` when there is no such generation; `Unavailable`.
    pub async fn checksum(&mut self, table: &Table, generation: Generation) -> Result<Checksum, SqlError> {
        checksum::of(&mut self.session, self.dialect, table, generation).await
    }
}
