//! The log as the bus delivers it, with the store behind it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bus::{FollowError, Follower, SharedBus};
use domain::log::Position;
use events::RecordedEvent;
use store::EventLog;

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

    fn timeline(&self) -> u32 {
        self.store.watch_head().borrow().timeline
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
        match error {
            FollowError::Ahead { checkpoint, head } => Self::Ahead { checkpoint, head },
            FollowError::Restored { timeline, .. } => Self::Restored { timeline },
            error if error.is_transient() => Self::Unavailable(error.into()),
            error => Self::Broken(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_lost_its_end_says_what_to_do() {
        let error = FollowError::Ahead { checkpoint: Position(9), head: Position(4) };
        let message = SourceError::from(error).to_string();
        for part in ["position 9", "end 4", "delete read.db", "start again"] {
            assert!(message.contains(part), "{part} is missing: {message}");
        }
    }
}
