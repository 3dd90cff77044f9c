//! Timelines: one row each that was started. The head's row orders those who start one at once, and appends.

use domain::log::{Head, Position};
use tiberius::Row;

use super::{MssqlDriver, fault::store_error, fault::write_error, rows};
use crate::{StoreError, TimelineStart, timelines::TimelineTable};

const START: &str = "SET NOCOUNT ON; BEGIN TRANSACTION; \
     UPDATE store.log_head SET timeline = @P3 WHERE shard = 0 AND timeline = @P1 AND position = @P2; \
     IF @@ROWCOUNT = 1 \
         INSERT INTO store.timelines (timeline, position, started_at, started_by, reason) \
         VALUES (@P3, @P2, @P4, @P5, @P6); \
     COMMIT TRANSACTION; \
     SELECT timeline FROM store.timelines WHERE timeline = @P3 AND started_at = @P4 AND started_by = @P5";
const ALL: &str =
    "SELECT timeline, position, started_at, started_by, reason FROM store.timelines ORDER BY timeline";

impl TimelineTable for MssqlDriver {
    async fn start(&self, seen: Head, start: &TimelineStart) -> Result<bool, StoreError> {
        let (old, new) = (seen.timeline.cast_signed(), start.timeline.cast_signed());
        let (after, at) = (start.after.0.cast_signed(), start.at.as_microsecond());
        let results = self
            .pool
            .write(START, &[&old, &after, &new, &at, &start.by, &start.reason])
            .await
            .map_err(write_error)?;
        Ok(rows::first(&results).is_some())
    }

    async fn all(&self) -> Result<Vec<TimelineStart>, StoreError> {
        let results = self.pool.read(ALL, &[]).await.map_err(store_error)?;
        results.iter().flatten().map(started).collect()
    }
}

fn started(row: &Row) -> Result<TimelineStart, StoreError> {
    Ok(TimelineStart {
        timeline: rows::timeline(row, 0)?,
        after: Position(rows::unsigned(row, 1)?),
        at: rows::instant(row, 2)?,
        by: rows::value::<&str>(row, 3)?.to_owned(),
        reason: rows::value::<&str>(row, 4)?.to_owned(),
    })
}
