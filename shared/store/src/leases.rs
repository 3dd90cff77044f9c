//! Leases over any database: one row a name. A backend adds a [`LeaseTable`], which holds its statements.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{EventStore, Lease, Leases, StoreError, event_store::Driver};

/// The table of leases. The epoch counts owners, not renewals.
pub(crate) trait LeaseTable: Driver {
    /// Takes or renews `name` until `until`, unless another owner holds it at `now`; the epoch when that was done.
    fn acquire(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send;

    /// As [`Leases::read_lease`].
    fn read(&self, name: &str) -> impl Future<Output = Result<Option<Lease>, StoreError>> + Send;

    /// Gives the lease to `owner` until `until` if it still stands as `seen`; the epoch when that was done.
    fn take_over(
        &self,
        seen: &Lease,
        owner: &str,
        until: Timestamp,
    ) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send;

    /// Leaves the row without an owner if it is still that of `lease`. The row stays: the epoch must go on
    /// growing.
    fn release(&self, lease: &Lease) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// When a lease taken at `now` ends.
fn end_of(now: Timestamp, ttl: Duration) -> Result<Timestamp, StoreError> {
    let end = SignedDuration::try_from(ttl).ok().and_then(|ttl| now.checked_add(ttl).ok());
    end.ok_or_else(|| StoreError::Misuse("a lease ends beyond the calendar".into()))
}

#[async_trait]
impl<D: LeaseTable> Leases for EventStore<D> {
    async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let until = end_of(now, ttl)?;
        let epoch = self.driver.acquire(name, owner, now, until).await?;
        Ok(epoch.map(|epoch| Lease { name: name.to_owned(), owner: owner.to_owned(), epoch, until }))
    }

    async fn read_lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.driver.read(name).await
    }

    async fn take_over_lease(
        &self,
        seen: &Lease,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let until = end_of(now, ttl)?;
        let epoch = self.driver.take_over(seen, owner, until).await?;
        Ok(epoch.map(|epoch| Lease { name: seen.name.clone(), owner: owner.to_owned(), epoch, until }))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.driver.release(lease).await
    }
}
