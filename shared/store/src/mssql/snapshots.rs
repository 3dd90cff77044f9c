//! Snapshots: a cache, one row a stream and schema version. Few streams are long enough to have one, so the names
//! of those that do are kept here: asking for each of the others would cost every command a request.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{ids::StreamName, log::Version};
use tokio::sync::Mutex;

use super::{MssqlStore, fault::store_error, rows, upsert::upsert};
use crate::{Snapshot, Snapshots, StoreError};

const SAVE: &str = "BEGIN TRANSACTION; \
     UPDATE store.snapshots SET version = CASE WHEN version < @P3 THEN @P3 ELSE version END, \
         state = CASE WHEN version < @P3 THEN @P4 ELSE state END \
     WHERE stream = @P1 AND schema_version = @P2; \
     IF @@ROWCOUNT = 0 \
         INSERT INTO store.snapshots (stream, schema_version, version, state) VALUES (@P1, @P2, @P3, @P4); \
     DELETE FROM store.snapshots WHERE stream = @P1 AND schema_version < @P2; \
     COMMIT TRANSACTION";

/// How soon snapshots of other processes are known. Until then their streams are read from the first event on.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The streams that have a snapshot, and when that was asked.
#[derive(Default)]
pub(super) struct Snapshotted(Mutex<Option<(Instant, HashSet<Box<str>>)>>);

impl MssqlStore {
    async fn has_snapshot(&self, stream: &StreamName) -> Result<bool, StoreError> {
        let mut known = self.driver.snapshotted.0.lock().await;
        if let Some((asked, names)) = &*known
            && asked.elapsed() < LOOK_AGAIN
        {
            return Ok(names.contains(stream.as_str()));
        }
        let asked = Instant::now();
        let results =
            self.driver.pool.read("SELECT stream FROM store.snapshots", &[]).await.map_err(store_error)?;
        let names = results.iter().flatten().map(|row| Ok(rows::value::<&str>(row, 0)?.into()));
        let names = names.collect::<Result<HashSet<Box<str>>, StoreError>>()?;
        let has = names.contains(stream.as_str());
        *known = Some((asked, names));
        Ok(has)
    }
}

#[async_trait]
impl Snapshots for MssqlStore {
    async fn load_snapshot(&self, stream: &StreamName, schema: u32) -> Result<Option<Snapshot>, StoreError> {
        if !self.has_snapshot(stream).await? {
            return Ok(None);
        }
        let results = self
            .driver
            .pool
            .read(
                "SELECT version, state FROM store.snapshots WHERE stream = @P1 AND schema_version = @P2",
                &[&stream.as_str(), &schema.cast_signed()],
            )
            .await
            .map_err(store_error)?;
        let Some(row) = rows::first(&results) else { return Ok(None) };
        let version = Version(rows::unsigned(row, 0)?);
        Ok(Some(Snapshot { version, schema, state: rows::value::<&[u8]>(row, 1)?.to_vec() }))
    }

    async fn save_snapshot(&self, stream: &StreamName, snapshot: Snapshot) -> Result<(), StoreError> {
        let (schema, version) = (snapshot.schema.cast_signed(), snapshot.version.0.cast_signed());
        upsert(&self.driver.pool, SAVE, &[&stream.as_str(), &schema, &version, &snapshot.state])
            .await
            .map_err(store_error)?;
        if let Some((_, names)) = &mut *self.driver.snapshotted.0.lock().await {
            names.insert(stream.as_str().into());
        }
        Ok(())
    }
}
