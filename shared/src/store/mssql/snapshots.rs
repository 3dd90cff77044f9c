//! Snapshots: a cache, one row a stream and schema version.

use async_trait::async_trait;

use super::{MssqlStore, fault::store_error, rows, upsert::upsert};
use crate::{
    domain::ids::StreamName,
    store::{Snapshot, Snapshots, StoreError, Version},
};

const SAVE: &str = "SET XACT_ABORT ON; BEGIN TRANSACTION; \
     UPDATE store.snapshots SET version = CASE WHEN version < @P3 THEN @P3 ELSE version END, \
         state = CASE WHEN version < @P3 THEN @P4 ELSE state END \
     WHERE stream = @P1 AND schema_version = @P2; \
     IF @@ROWCOUNT = 0 \
         INSERT INTO store.snapshots (stream, schema_version, version, state) VALUES (@P1, @P2, @P3, @P4); \
     DELETE FROM store.snapshots WHERE stream = @P1 AND schema_version < @P2; \
     COMMIT TRANSACTION";

#[async_trait]
impl Snapshots for MssqlStore {
    async fn load_snapshot(&self, stream: &StreamName, schema: u32) -> Result<Option<Snapshot>, StoreError> {
        let results = self
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
        upsert(&self.pool, SAVE, &[&stream.as_str(), &schema, &version, &snapshot.state])
            .await
            .map_err(store_error)?;
        Ok(())
    }
}
