//! Forgets the answers of commands older than seven days, a few rows at a time and off the hot path.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use runtime::clock::SharedClock;
use tokio_util::sync::CancellationToken;

use crate::StoreError;

/// How long an answer is kept.
pub const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often old answers are looked for.
const PERIOD: Duration = Duration::from_mins(10);
/// Rows forgotten at once; appends wait that long.
const BATCH: u32 = 500;
/// Pause between two batches.
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes the oldest answers.
pub(crate) trait Forget: Send + Sync {
    /// Deletes those answered before `before` among the `limit` oldest, and returns how many there were.
    fn forget(&self, before: Timestamp, limit: u32) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// Runs until `closing`.
pub(crate) async fn forget_regularly(answers: impl Forget, clock: SharedClock, closing: CancellationToken) {
    while closing.run_until_cancelled(tokio::time::sleep(PERIOD)).await.is_some() {
        match closing.run_until_cancelled(forget_all(&answers, clock.now())).await {
            Some(Ok(0)) | None => {}
            Some(Ok(forgotten)) => tracing::debug!(forgotten, "old answers were forgotten"),
            Some(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "forgetting old answers failed");
            }
        }
    }
}

/// Forgets every answer that is too old at `now`, and returns how many there were.
pub(crate) async fn forget_all(answers: &impl Forget, now: Timestamp) -> Result<u64, StoreError> {
    let before = now
        .checked_sub(ANSWERS_KEPT)
        .map_err(|_| StoreError::Misuse("now is at the calendar's begin".into()))?;
    let mut forgotten = 0;
    loop {
        let gone = answers.forget(before, BATCH).await?;
        forgotten += gone;
        if gone < u64::from(BATCH) {
            return Ok(forgotten);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
