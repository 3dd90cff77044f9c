//! The log as workers read it, which can be out of their reach.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use shared::{
    domain::ids::{EventId, StreamName},
    events::RecordedEvent,
    store::{
        Append, CommandId, EventLog, Head, Position, StoreError, StoredAnswer, Verdict, Version,
        sqlite::SqliteStore,
    },
};
use tokio::sync::watch;

pub struct Log {
    store: Arc<SqliteStore>,
    away: AtomicBool,
}

impl Log {
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
impl EventLog for Log {
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
