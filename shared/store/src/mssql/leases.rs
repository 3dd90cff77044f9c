//! Leases: one row a name. The row's own lock orders those who race for it.

use jiff::Timestamp;

use super::{MssqlDriver, fault::store_error, rows, upsert::upsert};
use crate::{Lease, StoreError, leases::LeaseTable};

/// The epoch is read in a statement of its own: an UPDATE that had to wait
/// for the row may give out what stood there before on some servers.
const ACQUIRE: &str = "SET NOCOUNT ON; BEGIN TRANSACTION; \
     UPDATE store.leases SET epoch = epoch + CASE WHEN owner = @P2 THEN 0 ELSE 1 END, owner = @P2, until = @P4 \
     WHERE name = @P1 AND (owner = @P2 OR until <= @P3); \
     IF @@ROWCOUNT = 0 AND NOT EXISTS (SELECT 1 FROM store.leases WHERE name = @P1) \
         INSERT INTO store.leases (name, owner, epoch, until) VALUES (@P1, @P2, 1, @P4); \
     SELECT epoch FROM store.leases WHERE name = @P1 AND owner = @P2 AND until = @P4; \
     COMMIT TRANSACTION";

const TAKE_OVER: &str = "SET NOCOUNT ON; BEGIN TRANSACTION; \
     UPDATE store.leases SET epoch = epoch + 1, owner = @P2, until = @P3 \
     WHERE name = @P1 AND owner = @P4 AND epoch = @P5 AND until = @P6; \
     SELECT epoch FROM store.leases WHERE name = @P1 AND owner = @P2 AND until = @P3 AND epoch = @P5 + 1; \
     COMMIT TRANSACTION";

impl LeaseTable for MssqlDriver {
    async fn acquire(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let (now, end) = (now.as_microsecond(), until.as_microsecond());
        let results = upsert(&self.pool, ACQUIRE, &[&name, &owner, &now, &end]).await.map_err(store_error)?;
        rows::first(&results).map(|row| rows::unsigned(row, 0)).transpose()
    }

    async fn read(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        let sql = "SELECT owner, epoch, until FROM store.leases WHERE name = @P1 AND owner <> N''";
        let results = self.pool.read(sql, &[&name]).await.map_err(store_error)?;
        let Some(row) = rows::first(&results) else { return Ok(None) };
        let until = Timestamp::from_microsecond(rows::value(row, 2)?)
            .map_err(|_| StoreError::Corrupt("a lease's end is out of range".into()))?;
        let owner = rows::value::<&str>(row, 0)?.to_owned();
        Ok(Some(Lease { name: name.to_owned(), owner, epoch: rows::unsigned(row, 1)?, until }))
    }

    async fn take_over(
        &self,
        seen: &Lease,
        owner: &str,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let (to, epoch, from) =
            (until.as_microsecond(), seen.epoch.cast_signed(), seen.until.as_microsecond());
        let results = self
            .pool
            .write(TAKE_OVER, &[&seen.name, &owner, &to, &seen.owner, &epoch, &from])
            .await
            .map_err(store_error)?;
        rows::first(&results).map(|row| rows::unsigned(row, 0)).transpose()
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
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
