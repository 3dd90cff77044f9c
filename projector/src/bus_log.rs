//! The log as the bus delivers it, with the store behind it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use shared::{
    bus::{FollowError, Follower, SharedBus},
    events::RecordedEvent,
    store::{EventLog, Position},
};

use crate::source::{EventSource, Events, SourceError};

/// Follows through the bus; reads from the store.
#[derive(Clone)]
pub struct BusLog {
    store: Arc<dyn EventLog>,
    bus: SharedBus,
}

impl BusLog {
    /// `bus` delivers what `store` holds.
    #[must_use]
    pub fn new(store: Arc<dyn EventLog>, bus: SharedBus) -> Self {
        Self { store, bus }
    }
}

#[async_trait]
impl Events for BusLog {
    fn follow(&self, after: Position) -> Box<dyn EventSource> {
        Box::new(BusSource(Follower::new(self.store.clone(), self.bus.clone(), after)))
    }

    async fn read(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, SourceError> {
        Ok(self.store.read_log(from, limit).await?)
    }

    async fn head(&self) -> Result<Position, SourceError> {
        Ok(self.store.head().await?.position)
    }
}

struct BusSource(Follower);

#[async_trait]
impl EventSource for BusSource {
    async fn next_batch(
        &mut self,
        max: usize,
        linger: Duration,
    ) -> Result<Vec<Arc<RecordedEvent>>, SourceError> {
        Ok(self.0.next_batch(max, linger).await?)
    }
}

impl From<FollowError> for SourceError {
    fn from(error: FollowError) -> Self {
        if error.is_transient() { Self::Unavailable(error.into()) } else { Self::Broken(error.into()) }
    }
}
