//! Leases: one row a name, taken and renewed by a single statement.

use jiff::Timestamp;

use super::{SqliteDriver, fault::store_error, rows};
use crate::{Lease, StoreError, leases::LeaseTable};

const ACQUIRE: &str = "
    INSERT INTO leases (name, owner, epoch, until) VALUES (?1, ?2, 1, ?4)
    ON CONFLICT (name) DO UPDATE SET
        epoch = leases.epoch + (leases.owner <> excluded.owner),
        owner = excluded.owner,
        until = excluded.until
    WHERE leases.owner = excluded.owner OR leases.until <= ?3
    RETURNING epoch";

const TAKE_OVER: &str = "
    UPDATE leases SET owner = ?2, epoch = epoch + 1, until = ?3
    WHERE name = ?1 AND owner = ?4 AND epoch = ?5 AND until = ?6
    RETURNING epoch";

impl LeaseTable for SqliteDriver {
    async fn acquire(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let mut writers = self.writers.lock().await;
        let rows = sqlx::query(ACQUIRE)
            .bind(name)
            .bind(owner)
            .bind(now.as_microsecond())
            .bind(until.as_microsecond())
            // Read to the end: a statement left half-way would not commit.
            .fetch_all(writers.durable.conn().await?)
            .await
            .map_err(store_error)?;
        rows.first().map(|row| rows::unsigned(row, 0)).transpose()
    }

    async fn read(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        let row = sqlx::query("SELECT owner, epoch, until FROM leases WHERE name = ? AND owner <> ''")
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        let (owner, epoch) = (rows::text(&row, 0)?.to_owned(), rows::unsigned(&row, 1)?);
        Ok(Some(Lease { name: name.to_owned(), owner, epoch, until: rows::instant(&row, 2)? }))
    }

    async fn take_over(
        &self,
        seen: &Lease,
        owner: &str,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let mut writers = self.writers.lock().await;
        let rows = sqlx::query(TAKE_OVER)
            .bind(&seen.name)
            .bind(owner)
            .bind(until.as_microsecond())
            .bind(&seen.owner)
            .bind(seen.epoch.cast_signed())
            .bind(seen.until.as_microsecond())
            .fetch_all(writers.durable.conn().await?)
            .await
            .map_err(store_error)?;
        rows.first().map(|row| rows::unsigned(row, 0)).transpose()
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut writers = self.writers.lock().await;
        sqlx::query("UPDATE leases SET owner = '', until = 0 WHERE name = ? AND owner = ? AND epoch = ?")
            .bind(&lease.name)
            .bind(&lease.owner)
            .bind(lease.epoch.cast_signed())
            .execute(writers.durable.conn().await?)
            .await
            .map_err(store_error)?;
        Ok(())
    }
}
