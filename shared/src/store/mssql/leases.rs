//! Leases: one row a name. The row's own lock orders those who race for it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{MssqlStore, fault::store_error, rows, upsert::upsert};
use crate::store::{Lease, Leases, StoreError};

/// The epoch counts owners, not renewals. It is read in a statement of its own: an UPDATE that had to wait
/// for the row may give out what stood there before on some servers.
const ACQUIRE: &str = "SET NOCOUNT ON; SET XACT_ABORT ON; BEGIN TRANSACTION; \
     UPDATE store.leases SET epoch = epoch + CASE WHEN owner = @P2 THEN 0 ELSE 1 END, owner = @P2, until = @P4 \
     WHERE name = @P1 AND (owner = @P2 OR until <= @P3); \
     IF @@ROWCOUNT = 0 AND NOT EXISTS (SELECT 1 FROM store.leases WHERE name = @P1) \
         INSERT INTO store.leases (name, owner, epoch, until) VALUES (@P1, @P2, 1, @P4); \
     SELECT epoch FROM store.leases WHERE name = @P1 AND owner = @P2 AND until = @P4; \
     COMMIT TRANSACTION";

#[async_trait]
impl Leases for MssqlStore {
    async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let until = SignedDuration::try_from(ttl)
            .ok()
            .and_then(|ttl| now.checked_add(ttl).ok())
            .ok_or_else(|| StoreError::Misuse("a lease ends beyond the calendar".into()))?;
        let (now, end) = (now.as_microsecond(), until.as_microsecond());
        let results = upsert(&self.pool, ACQUIRE, &[&name, &owner, &now, &end]).await.map_err(store_error)?;
        let Some(row) = rows::first(&results) else { return Ok(None) };
        let epoch = rows::unsigned(row, 0)?;
        Ok(Some(Lease { name: name.to_owned(), owner: owner.to_owned(), epoch, until }))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        // The row stays, without an owner: the epoch must go on growing.
        self.pool
            .write(
                "UPDATE store.leases SET owner = N'', until = 0 WHERE name = @P1 AND owner = @P2 AND epoch = @P3",
                &[&lease.name, &lease.owner, &lease.epoch.cast_signed()],
            )
            .await
            .map_err(store_error)?;
        Ok(())
    }
}
