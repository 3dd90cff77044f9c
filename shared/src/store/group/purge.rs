//! Forgets the answers of commands older than seven days, a few rows at a time and off the hot path.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{fault::store_error, writer::Writers};
use crate::{clock::SharedClock, store::StoreError};

/// How long an answer is kept.
pub const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often old answers are looked for.
const PERIOD: Duration = Duration::from_mins(10);
/// Rows forgotten at once; appends wait that long.
const BATCH: u32 = 500;
/// Pause between two batches.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs until `closing`.
pub(super) async fn run(writers: Arc<Mutex<Writers>>, clock: SharedClock, closing: CancellationToken) {
    while closing.run_until_cancelled(tokio::time::sleep(PERIOD)).await.is_some() {
        match closing.run_until_cancelled(purge(&writers, clock.now())).await {
            Some(Ok(0)) | None => {}
            Some(Ok(forgotten)) => tracing::debug!(forgotten, "old answers were forgotten"),
            Some(Err(error)) => tracing::warn!(%error, "forgetting old answers failed"),
        }
    }
}

/// Forgets every answer that is too old at `now`, and returns how many there were.
pub(super) async fn purge(writers: &Mutex<Writers>, now: Timestamp) -> Result<u64, StoreError> {
    let before = now
        .checked_sub(ANSWERS_KEPT)
        .map_err(|_| StoreError::Misuse("now is at the calendar's begin".into()))?;
    let mut forgotten = 0;
    loop {
        let gone = purge_batch(writers, before).await?;
        forgotten += gone;
        if gone < u64::from(BATCH) {
            return Ok(forgotten);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The oldest rows have the lowest `seq`: no index on the time is needed.
async fn purge_batch(writers: &Mutex<Writers>, before: Timestamp) -> Result<u64, StoreError> {
    let mut writers = writers.lock().await;
    let done = sqlx::query(
        "DELETE FROM commands WHERE seq IN (SELECT seq FROM commands ORDER BY seq LIMIT ?) AND at < ?",
    )
    .bind(BATCH)
    .bind(before.as_microsecond())
    .execute(writers.relaxed.conn().await?)
    .await
    .map_err(store_error)?;
    Ok(done.rows_affected())
}
