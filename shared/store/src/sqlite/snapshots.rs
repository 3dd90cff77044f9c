//! Snapshots. They are a cache: a commit of one does not wait for the disk.

use async_trait::async_trait;
use domain::{ids::StreamName, log::Version};

use super::{SqliteStore, fault::store_error, rows};
use crate::{Snapshot, Snapshots, StoreError};

#[async_trait]
impl Snapshots for SqliteStore {
    async fn load_snapshot(&self, stream: &StreamName, schema: u32) -> Result<Option<Snapshot>, StoreError> {
        let found =
            sqlx::query("SELECT version, state FROM snapshots WHERE stream = ? AND schema_version = ?")
                .bind(stream.as_str())
                .bind(i64::from(schema))
                .fetch_optional(&self.driver.readers)
                .await
                .map_err(store_error)?;
        let Some(row) = found else { return Ok(None) };
        let version = Version(rows::unsigned(&row, 0)?);
        Ok(Some(Snapshot { version, schema, state: rows::blob(&row, 1)?.to_vec() }))
    }

    async fn save_snapshot(&self, stream: &StreamName, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut writers = self.driver.writers.lock().await;
        sqlx::query(
            "INSERT INTO snapshots (stream, schema_version, version, state) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (stream, schema_version) DO UPDATE SET version = excluded.version, state = excluded.state
             WHERE excluded.version > snapshots.version;
             DELETE FROM snapshots WHERE stream = ?1 AND schema_version < ?2",
        )
        .bind(stream.as_str())
        .bind(i64::from(snapshot.schema))
        .bind(snapshot.version.0.cast_signed())
        .bind(snapshot.state)
        .execute(writers.relaxed.conn().await?)
        .await
        .map_err(store_error)?;
        Ok(())
    }
}
