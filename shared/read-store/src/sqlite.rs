//! The only file of the read side that names `SQLite`'s driver: opening, one statement, errors.

use std::{
    error::Error,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Decode as _, Row as _, Sqlite,
    SqliteConnection, SqlitePool, Transaction, TypeInfo as _, ValueRef as _,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use runtime::repeated::Repeated;
use tokio::{sync::Notify, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use super::{ResultSet, SqlError, Value, value::Row};

/// How long a statement waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

/// How long emptying the write-ahead log waits for those who read older pages.
const READERS_WAIT: Duration = Duration::from_millis(50);
/// How long pages gather in the write-ahead log before they are moved into the file.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(1);

/// The connections to one file.
#[derive(Clone)]
pub(super) struct Pools {
    writer: SqlitePool,
    readers: SqlitePool,
    checkpointer: SqlitePool,
    /// Something was committed.
    committed: Arc<Notify>,
    /// What was overwritten in the file still stands in the write-ahead log.
    erased: Arc<AtomicBool>,
    _checkpointing: Arc<AbortOnDropHandle<()>>,
}

impl Pools {
    /// At most `count` connections read.
    pub(super) fn new(path: &Path, count: u32) -> Self {
        // Emptying the log waits for readers, and writers wait meanwhile: not for long.
        let checkpointer = pool(1).connect_lazy_with(writing(path).busy_timeout(READERS_WAIT));
        let (committed, erased) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let checkpoints = checkpoint(checkpointer.clone(), Arc::clone(&committed), Arc::clone(&erased));
        let checkpointing = tokio::spawn(checkpoints);
        Self {
            writer: pool(1).connect_lazy_with(writing(path)),
            readers: readers(path, count.max(1)),
            checkpointer,
            committed,
            erased,
            _checkpointing: Arc::new(AbortOnDropHandle::new(checkpointing)),
        }
    }

    pub(super) async fn fetch(&self, sql: String, params: &[Value]) -> Result<ResultSet, SqlError> {
        let mut connection = self.readers.acquire().await.map_err(error)?;
        fetch(&mut connection, sql, params).await
    }

    /// The one write transaction, when it is our turn.
    pub(super) async fn begin(&self) -> Result<Session, SqlError> {
        // IMMEDIATE: taking the lock here cannot fail halfway through, as an upgrade could.
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(error)?;
        Ok(Session { transaction, committed: Some(Arc::clone(&self.committed)), broken: None })
    }

    /// Empties the write-ahead log soon: what is committed is in the file then, and what was before is nowhere.
    pub(super) fn empty_log(&self) {
        self.erased.store(true, Ordering::SeqCst);
        self.committed.notify_one();
    }

    /// What `SQLite` finds broken in the file.
    pub(super) async fn integrity(&self) -> Result<Vec<String>, SqlError> {
        let found = self.fetch("PRAGMA integrity_check(20)".to_owned(), &[]).await?;
        let found: Vec<String> = found.column("integrity_check")?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// A transaction that can only read.
    pub(super) async fn snapshot(&self) -> Result<Session, SqlError> {
        let transaction = self.readers.begin().await.map_err(error)?;
        Ok(Session { transaction, committed: None, broken: None })
    }

    /// Closes the writer last, so that the WAL is folded into the file.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.checkpointer.close().await;
        self.writer.close().await;
    }
}

/// A transaction; dropping it rolls back.
pub(super) struct Session {
    transaction: Transaction<'static, Sqlite>,
    /// Whom a commit concerns.
    committed: Option<Arc<Notify>>,
    /// Why a statement failed, after which `SQLite` may have rolled back by itself: what follows would be outside of
    /// any transaction.
    broken: Option<String>,
}

impl Session {
    pub(super) async fn fetch(&mut self, sql: String, params: &[Value]) -> Result<ResultSet, SqlError> {
        fetch(&mut self.transaction, sql, params).await
    }

    /// Hands the rows of `sql` to `each`, one at a time.
    pub(super) async fn for_each(
        &mut self,
        sql: String,
        mut each: impl FnMut(Row) + Send,
    ) -> Result<(), SqlError> {
        let mut rows = bound(sql, &[]).fetch(&mut *self.transaction);
        while let Some(next) = rows.try_next().await.map_err(error)? {
            each(row(&next)?);
        }
        Ok(())
    }

    /// Runs `sql`; how many rows it changed.
    pub(super) async fn execute(&mut self, sql: String, params: &[Value]) -> Result<u64, SqlError> {
        self.is_whole()?;
        let done = bound(sql, params).execute(&mut *self.transaction).await.map_err(error);
        if let Err(SqlError::Unavailable(cause)) = &done {
            self.broken = Some(format!("{cause:#}"));
        }
        Ok(done?.rows_affected())
    }

    fn is_whole(&self) -> Result<(), SqlError> {
        match &self.broken {
            Some(why) => Err(SqlError::Unavailable(anyhow::anyhow!(
                "an earlier statement of the transaction failed: {why}"
            ))),
            None => Ok(()),
        }
    }

    pub(super) async fn commit(self) -> Result<(), SqlError> {
        self.is_whole()?;
        self.transaction.commit().await.map_err(error)?;
        if let Some(committed) = &self.committed {
            committed.notify_one();
        }
        Ok(())
    }

    pub(super) async fn rollback(self) -> Result<(), SqlError> {
        self.transaction.rollback().await.map_err(error)
    }
}

/// Moves what was committed into the file, on a connection of its own: a commit that does it by the way waits
/// for the disk, and a plug that is to be switched waits for that commit. PASSIVE waits for nobody.
async fn checkpoint(checkpointer: SqlitePool, committed: Arc<Notify>, erased: Arc<AtomicBool>) {
    let mut failures = Repeated::default();
    loop {
        committed.notified().await;
        sleep(CHECKPOINT_AFTER).await;
        let emptying = erased.swap(false, Ordering::SeqCst);
        let sql = if emptying { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        let outcome = sqlx::query(sql).fetch_one(&checkpointer).await;
        // A reader of older pages, or another process at it, held some back: those are tried again.
        let is_done = outcome.as_ref().is_ok_and(|row| {
            row.get::<i64, _>("busy") == 0 && row.get::<i64, _>("checkpointed") >= row.get::<i64, _>("log")
        });
        if !is_done {
            erased.fetch_or(emptying, Ordering::SeqCst);
            committed.notify_one();
        }
        match outcome {
            Ok(_) => {}
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                if let Some(count) = failures.count() {
                    let error = &error as &dyn Error;
                    tracing::warn!(error, count, "a checkpoint of a database file failed");
                }
            }
        }
    }
}

/// For a connection that writes. One at a time does: the pool's queue is fair, and a transaction that is
/// dropped rolls back before anybody else gets the connection.
fn writing(path: &Path) -> SqliteConnectOptions {
    options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        // Erased people must not be found in free pages.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-32768")
        // Only where so much is written that the checkpoints beside it are slower than the writes.
        .pragma("wal_autocheckpoint", "16000")
        .pragma("journal_size_limit", "67108864")
}

/// Connections that can only read.
fn readers(path: &Path, count: u32) -> SqlitePool {
    pool(count).connect_lazy_with(options(path).read_only(true).pragma("cache_size", "-8192"))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .pragma("temp_store", "MEMORY")
        // Rows cross a channel from the connection's thread: a longer one means fewer wake-ups.
        .row_buffer_size(1_024)
        .disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_clean(connection)))
}

/// Whether a connection that was given back can be used again. After some errors, a full disk among them, `SQLite`
/// rolls back by itself, and the driver, which then fails to, counts a transaction for ever: such a connection is
/// closed, and the next caller gets a new one.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that was only asked for is done before the answer.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

async fn fetch(
    connection: &mut SqliteConnection,
    sql: String,
    params: &[Value],
) -> Result<ResultSet, SqlError> {
    let rows = bound(sql, params).fetch_all(connection).await.map_err(error)?;
    let names = rows.first().map_or(&[][..], |row| row.columns());
    let names = names.iter().map(|column| column.name().into()).collect();
    Ok(ResultSet::new(names, rows.iter().map(row).collect::<Result<_, _>>()?))
}

fn bound(sql: String, params: &[Value]) -> Query<'static, Sqlite, SqliteArguments> {
    // Texts come from this crate's generators and from views; values are always parameters.
    params.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, value| match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(*number),
        Value::Real(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.clone()),
    })
}

fn row(row: &SqliteRow) -> Result<Row, SqlError> {
    (0..row.len()).map(|at| value(row, at)).collect()
}

fn value(row: &SqliteRow, at: usize) -> Result<Value, SqlError> {
    let raw = row.try_get_raw(at).map_err(error)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let decoded = match raw.type_info().name() {
        "INTEGER" => i64::decode(raw).map(Value::Integer),
        "REAL" => f64::decode(raw).map(Value::Real),
        "TEXT" => <&str>::decode(raw).map(|text| Value::Text(text.into())),
        other => return Err(SqlError::Bug(format!("column {at} is {other}, which no table here has"))),
    };
    decoded.map_err(|error| SqlError::Bug(error.to_string()))
}

/// Sorts the driver's errors: what waiting can cure, and what it cannot.
fn error(error: sqlx::Error) -> SqlError {
    // Primary result codes are the low byte: https://www.sqlite.org/rescode.html
    const WAITING_HELPS: [i32; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
    match &error {
        sqlx::Error::Database(database) => {
            let code: i32 = database.code().and_then(|code| code.parse().ok()).unwrap_or(1);
            match missing_table(database.message()) {
                Some(table) => SqlError::NotBuilt(table.to_owned()),
                None if database.message().contains("no such column: ") => {
                    SqlError::MissingColumn(error.to_string())
                }
                None if WAITING_HELPS.contains(&(code & 0xff)) => SqlError::Unavailable(error.into()),
                None => SqlError::Bug(error.to_string()),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => SqlError::Unavailable(error.into()),
        _ => SqlError::Bug(error.to_string()),
    }
}

/// Why the file takes no writes, if that is what went wrong.
pub(super) fn unwritable(error: &SqlError) -> Option<&'static str> {
    let SqlError::Unavailable(cause) = error else { return None };
    let code = cause.downcast_ref::<sqlx::Error>()?.as_database_error()?.code()?;
    match code.parse::<i32>().ok()? & 0xff {
        8 => Some("the file is read-only"),
        10 => Some("the disk refuses to read or write"),
        13 => Some("the disk is full"),
        14 => Some("the file cannot be opened"),
        _ => None,
    }
}

fn missing_table(message: &str) -> Option<&str> {
    message.split_once("no such table: ").map(|(_, table)| table)
}
