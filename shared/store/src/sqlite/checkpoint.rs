//! Moves the write-ahead log into the database file, on a connection of its own and off the path of
//! commits. PASSIVE never waits for anyone, but under constant load it never reaches the log's end, and a
//! long log makes every page slow to find; past a bound, writers wait while the little that is left is
//! moved and the log starts over.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::FutureExt as _;
use runtime::{causes::with_causes, repeated::Repeated};
use sqlx::{SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::{
    connect,
    fault::store_error,
    rows,
    writer::{Writer, Writers},
};
use crate::StoreError;

/// How often the log is looked at.
const PERIOD: Duration = Duration::from_millis(100);
/// Pages in the log beyond which it must start over: some 32 MiB.
const LONG: u64 = 8_192;
/// Pages that writers may be made to wait for.
const SHORT: u64 = 1_024;
/// Tries to get that close to the end of the log while it grows.
const ROUNDS: u32 = 4;
/// Longest wait for readers of the old log while writers wait too.
const READERS_WAIT: Duration = Duration::from_millis(50);

/// What a checkpoint found and did, in pages.
struct Progress {
    blocked: bool,
    in_log: u64,
    moved: u64,
}

/// Runs until `closing`. After something was `erased` the log is emptied, so that it is in no file any more.
pub(super) async fn run(
    file: PathBuf,
    writers: Arc<Mutex<Writers>>,
    erased: Arc<Notify>,
    closing: CancellationToken,
) {
    let mut conn = Writer::new(options(&file));
    let (mut to_empty, mut failures) = (false, Repeated::default());
    while closing.run_until_cancelled(tokio::time::sleep(PERIOD)).await.is_some() {
        to_empty |= erased.notified().now_or_never().is_some();
        let done = if to_empty {
            empty(&mut conn, &writers).await.map(|emptied| to_empty = !emptied)
        } else {
            checkpoint(&mut conn, &writers).await
        };
        if let Err(error) = done {
            if let Some(count) = failures.count() {
                tracing::warn!(error = with_causes(&error), count, "a checkpoint of the event store failed");
            }
            conn.close().await;
        }
    }
    conn.close().await;
}

fn options(file: &std::path::Path) -> SqliteConnectOptions {
    connect::relaxed(file).busy_timeout(READERS_WAIT)
}

async fn checkpoint(conn: &mut Writer, writers: &Mutex<Writers>) -> Result<(), StoreError> {
    let conn = conn.conn().await?;
    let mut progress = run_pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    for _ in 0..ROUNDS {
        if progress.in_log < LONG || progress.in_log.saturating_sub(progress.moved) < SHORT {
            break;
        }
        progress = run_pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    }
    if progress.in_log >= LONG {
        let _no_writer = writers.lock().await;
        run_pragma(conn, "PRAGMA wal_checkpoint(RESTART)").await?;
    }
    Ok(())
}

/// As [`truncate`], while nobody writes.
async fn empty(conn: &mut Writer, writers: &Mutex<Writers>) -> Result<bool, StoreError> {
    let _no_writer = writers.lock().await;
    truncate(conn.conn().await?).await
}

/// Empties the log; false when another process still reads it.
pub(super) async fn truncate(conn: &mut SqliteConnection) -> Result<bool, StoreError> {
    Ok(!run_pragma(conn, "PRAGMA wal_checkpoint(TRUNCATE)").await?.blocked)
}

async fn run_pragma(conn: &mut SqliteConnection, sql: &'static str) -> Result<Progress, StoreError> {
    let row = sqlx::query(sql).fetch_one(conn).await.map_err(store_error)?;
    // The counts are -1 while another process is at it.
    let pages = |column| rows::integer(&row, column).map(|count| u64::try_from(count).unwrap_or(0));
    Ok(Progress { blocked: rows::integer(&row, 0)? != 0, in_log: pages(1)?, moved: pages(2)? })
}
