//! Finds plays past their maximum length in the read tables, for the scheduler. A row that is behind costs a
//! refused command, nothing more.

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use command_api::scheduler::OverduePlays;
use domain::ids::{LocationId, PlayId};
use jiff::Timestamp;
use read_store::{ReadStore, Value, record};

/// Asks the `plays` table.
pub struct OverdueInReadTables(ReadStore);

impl OverdueInReadTables {
    /// Of these read tables.
    #[must_use]
    pub fn new(db: ReadStore) -> Self {
        Self(db)
    }
}

record! {
    /// An overdue play.
    struct Overdue {
        location_id: LocationId,
        play_id: PlayId,
    }
}

#[async_trait]
impl OverduePlays for OverdueInReadTables {
    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<(LocationId, PlayId)>> {
        let sql = "SELECT location_id, play_id FROM {plays} WHERE status = ?1 AND ends_by < ?2 \
                   ORDER BY ends_by {limit ?3}";
        let params = ["running".into(), Value::Integer(now.as_microsecond()), Value::Integer(limit.into())];
        let rows = self.0.query(sql, &params).await.context("asking for overdue plays")?;
        Ok(rows.decode::<Overdue>()?.into_iter().map(|play| (play.location_id, play.play_id)).collect())
    }
}
