//! Deleting old answers.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{fault::store_error, writer::Writers};
use crate::{StoreError, group::Forget};

/// The table `commands`, whose oldest rows have the lowest `seq`: no index on the time is needed.
pub(super) struct Answers(pub(super) Arc<Mutex<Writers>>);

impl Forget for Answers {
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut writers = self.0.lock().await;
        let done = sqlx::query(
            "DELETE FROM commands WHERE seq IN (SELECT seq FROM commands ORDER BY seq LIMIT ?) AND at < ?",
        )
        .bind(limit)
        .bind(before.as_microsecond())
        .execute(writers.relaxed.conn().await?)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}
