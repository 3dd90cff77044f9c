//! How connections to the file are opened: who may write, how durable, how long to wait for a lock.

use std::{path::Path, time::Duration};

use sqlx::{
    ConnectOptions as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};

use super::fault::store_error;
use crate::StoreError;

/// Longest wait for another process that holds the write lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared a connection: more than this backend has.
const STATEMENTS: usize = 128;

fn common(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

fn writing(file: &Path, synchronous: SqliteSynchronous) -> SqliteConnectOptions {
    common(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        // Checkpoints run on a connection of their own, off the path of commits.
        .pragma("wal_autocheckpoint", "0")
        // An erased person's key is overwritten wherever it stood, in pages that are no longer used too.
        .pragma("secure_delete", "ON")
}

/// The one connection that appends: a commit is on the disk when it returns.
pub(super) fn durable(file: &Path) -> SqliteConnectOptions {
    writing(file, SqliteSynchronous::Full).pragma("cache_size", "-16384")
}

/// For what may be lost with the power, never with the process: snapshots, purges, last-used marks.
pub(super) fn relaxed(file: &Path) -> SqliteConnectOptions {
    writing(file, SqliteSynchronous::Normal)
}

/// Creates the file when it is not there.
pub(super) fn creating(file: &Path) -> SqliteConnectOptions {
    durable(file).create_if_missing(true)
}

/// A connection that cannot write.
pub(super) fn reading(file: &Path) -> SqliteConnectOptions {
    common(file).read_only(true).row_buffer_size(1_024)
}

/// Opens one connection.
pub(super) async fn open(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    options.connect().await.map_err(store_error)
}

/// Read-only connections, opened as they are needed.
pub(super) fn reader_pool(file: &Path, readers: u32) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(readers)
        .acquire_timeout(BUSY_TIMEOUT)
        .test_before_acquire(false)
        .connect_lazy_with(reading(file))
}
