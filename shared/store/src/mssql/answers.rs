//! Deleting old answers.

use ::mssql::Pool;
use jiff::Timestamp;

use super::{fault::store_error, rows};
use crate::{StoreError, group::Forget};

/// The oldest rows have the lowest positions: no index on the time is needed.
const FORGET: &str = "DELETE FROM store.commands WHERE at < @P1 AND position <= (\
     SELECT MAX(oldest.position) FROM (SELECT TOP (@P2) position FROM store.commands ORDER BY position) oldest); \
     SELECT CAST(@@ROWCOUNT AS BIGINT)";

/// The table `store.commands`.
pub(super) struct Answers(pub(super) Pool);

impl Forget for Answers {
    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let (before, limit) = (before.as_microsecond(), i64::from(limit));
        let results = self.0.write(FORGET, &[&before, &limit]).await.map_err(store_error)?;
        rows::first(&results).map_or(Ok(0), |row| rows::unsigned(row, 0))
    }
}
