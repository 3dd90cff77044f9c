//! The store as workers see it, which can be out of their reach: one handle for the log, another for the leases.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    ids::{EventId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use store::{Append, EventLog, Lease, Leases, StoreError, StoredAnswer, Verdict, sqlite::SqliteStore};
use tokio::sync::watch;

pub struct Store {
    store: Arc<SqliteStore>,
    away: AtomicBool,
}

impl Store {
    pub fn of(store: Arc<SqliteStore>) -> Arc<Self> {
        Arc::new(Self { store, away: AtomicBool::new(false) })
    }

    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn reach(&self) -> Result<&SqliteStore, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(std::io::Error::other("away").into()));
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl EventLog for Store {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        self.reach()?.append(append).await
    }

    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        self.reach()?.answer(command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.reach()?.read_stream(stream, from, limit).await
    }

    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
        self.reach()?.read_streams(wanted).await
    }

    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        self.reach()?.read_log(from, limit).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.reach()?.read_event(id).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.reach()?.head().await
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        self.store.watch_head()
    }
}

#[async_trait]
impl Leases for Store {
    async fn acquire_lease(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.reach()?.acquire_lease(name, owner, now, ttl).await
    }

    async fn read_lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.reach()?.read_lease(name).await
    }

    async fn take_over_lease(
        &self,
        seen: &Lease,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.reach()?.take_over_lease(seen, owner, now, ttl).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.reach()?.release_lease(lease).await
    }
}
