//! Moves the write-ahead log into the database file, on a connection of its own and off the path of
//! commits. PASSIVE never waits for anyone, but under constant load it never empties the log either; past
//! a bound, RESTART makes writers wait for the little that is left.

use std::{path::PathBuf, time::Duration};

use sqlx::{Row as _, SqliteConnection};
use tokio_util::sync::CancellationToken;

use super::{connect, fault::store_error, writer::Writer};
use crate::store::StoreError;

/// How often the log is looked at.
const PERIOD: Duration = Duration::from_millis(250);
/// A log shorter than this waits for a quiet moment.
const PASSIVE_BYTES: u64 = 4 << 20;
/// A log longer than this is made to start over.
const RESTART_BYTES: u64 = 128 << 20;

/// Runs until `closing`.
pub(super) async fn run(file: PathBuf, closing: CancellationToken) {
    let mut conn = Writer::new(connect::relaxed(&file));
    let log = wal_file(&file);
    let mut last = 0;
    while closing.run_until_cancelled(tokio::time::sleep(PERIOD)).await.is_some() {
        let length = tokio::fs::metadata(&log).await.map_or(0, |metadata| metadata.len());
        if length >= PASSIVE_BYTES || length != last {
            last = length;
            if let Err(error) = checkpoint(&mut conn, length).await {
                tracing::warn!(%error, "a checkpoint of the event store failed");
                conn.close().await;
            }
        }
    }
    conn.close().await;
}

async fn checkpoint(conn: &mut Writer, length: u64) -> Result<(), StoreError> {
    let conn = conn.conn().await?;
    passive(conn).await?;
    if length > RESTART_BYTES {
        // Almost all of it was just copied, so that writers wait for the rest only.
        pragma(conn, "PRAGMA wal_checkpoint(RESTART)").await?;
    }
    Ok(())
}

async fn passive(conn: &mut SqliteConnection) -> Result<bool, StoreError> {
    pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)").await
}

/// Empties the log; false when another process still reads it.
pub(super) async fn truncate(conn: &mut SqliteConnection) -> Result<bool, StoreError> {
    pragma(conn, "PRAGMA wal_checkpoint(TRUNCATE)").await
}

async fn pragma(conn: &mut SqliteConnection, sql: &'static str) -> Result<bool, StoreError> {
    let row = sqlx::query(sql).fetch_one(conn).await.map_err(store_error)?;
    let blocked: i64 = row.try_get(0).map_err(store_error)?;
    Ok(blocked == 0)
}

fn wal_file(file: &std::path::Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
