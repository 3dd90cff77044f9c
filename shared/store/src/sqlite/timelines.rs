//! Timelines: one row each that was started.

use domain::log::{Head, Position};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteDriver,
    fault::{commit_error, store_error},
    rows,
};
use crate::{StoreError, TimelineStart, timelines::TimelineTable};

const MOVE: &str = "UPDATE log_head SET timeline = ?3 WHERE shard = 0 AND timeline = ?1 AND position = ?2";
const NOTE: &str =
    "INSERT INTO timelines (timeline, position, started_at, started_by, reason) VALUES (?, ?, ?, ?, ?)";
const ALL: &str =
    "SELECT timeline, position, started_at, started_by, reason FROM timelines ORDER BY timeline";

impl TimelineTable for SqliteDriver {
    async fn start(&self, seen: Head, start: &TimelineStart) -> Result<bool, StoreError> {
        let mut writers = self.writers.lock().await;
        let started = begin(writers.durable.conn().await?, seen, start).await;
        if started.is_err() {
            // The driver may count a transaction that SQLite has ended by itself.
            writers.durable.close().await;
        }
        started
    }

    async fn all(&self) -> Result<Vec<TimelineStart>, StoreError> {
        let rows = sqlx::query(ALL).fetch_all(&self.readers).await.map_err(store_error)?;
        rows.iter().map(started).collect()
    }
}

async fn begin(conn: &mut SqliteConnection, seen: Head, start: &TimelineStart) -> Result<bool, StoreError> {
    let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
    let moved = sqlx::query(MOVE)
        .bind(seen.timeline)
        .bind(seen.position.0.cast_signed())
        .bind(start.timeline)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(NOTE)
        .bind(start.timeline)
        .bind(start.after.0.cast_signed())
        .bind(start.at.as_microsecond())
        .bind(&start.by)
        .bind(&start.reason)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(true)
}

fn started(row: &SqliteRow) -> Result<TimelineStart, StoreError> {
    let timeline = u32::try_from(rows::integer(row, 0)?);
    Ok(TimelineStart {
        timeline: timeline.map_err(|_| StoreError::Corrupt("a timeline is out of range".into()))?,
        after: Position(rows::unsigned(row, 1)?),
        at: rows::instant(row, 2)?,
        by: rows::text(row, 3)?.to_owned(),
        reason: rows::text(row, 4)?.to_owned(),
    })
}
