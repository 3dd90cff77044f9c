//! Where events come from, as little of it as the runner needs.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::log::{Head, Position};
use events::RecordedEvent;
use store::{EventLog, StoreError};
use tokio::{sync::watch, time::sleep};

/// Why no events can be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Ask again later.
    #[error("the log cannot be read now")]
    Unavailable(#[source] anyhow::Error),
    /// The log is corrupt: an operator must look.
    #[error("the log does not fit the checkpoint")]
    Broken(#[source] anyhow::Error),
    /// The log was restored to an earlier state: the rows hold what it has lost.
    #[error(
        "the read tables are at position {checkpoint}, past the log's end {head}, as after restoring an older \
         backup: stop every process on this database, delete read.db with its -wal and -shm, and start \
         again; the views are then built anew"
    )]
    Ahead {
        /// The last position applied.
        checkpoint: Position,
        /// The last position in the log.
        head: Position,
    },
    /// The log was restored to an earlier state and has grown past the rows since: they hold what it has lost.
    #[error(
        "the event at position {position} is not the one that the read tables applied there, as after restoring an \
         older backup: stop every process on this database, delete read.db with its -wal and -shm, and start again; \
         the views are then built anew"
    )]
    OtherLog {
        /// Where log and rows differ.
        position: Position,
    },
    /// The log was restored with the rows, and a new timeline was started: go on from the checkpoint as it is now.
    #[error("the log was restored and is on timeline {timeline}")]
    Restored {
        /// The log's timeline.
        timeline: u32,
    },
}

impl From<StoreError> for SourceError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() { Self::Unavailable(error.into()) } else { Self::Broken(error.into()) }
    }
}

/// Delivers the log in order, without holes, from one place on.
#[async_trait]
pub trait EventSource: Send {
    /// Waits for events and gives the next ones: at most `max`, at least one. After the first it waits
    /// up to `linger` for more.
    ///
    /// # Errors
    /// After an error the next call goes on from the same place.
    async fn next_batch(
        &mut self,
        max: usize,
        linger: Duration,
    ) -> Result<Vec<Arc<RecordedEvent>>, SourceError>;
}

/// The log, for everybody who runs projections.
#[async_trait]
pub trait Events: Send + Sync {
    /// Follows the log after the checkpoint `after`.
    fn follow(&self, after: Position) -> Box<dyn EventSource>;

    /// At most `limit` events from `from` on.
    ///
    /// # Errors
    /// See [`SourceError`].
    async fn read(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, SourceError>;

    /// The last position.
    ///
    /// # Errors
    /// See [`SourceError`].
    async fn head(&self) -> Result<Position, SourceError>;

    /// The log's timeline, as far as this process has heard.
    fn timeline(&self) -> u32;
}

/// The store alone, without a bus: follows its head, and looks every so often for what other processes
/// appended.
#[derive(Clone)]
pub struct StoreLog {
    log: Arc<dyn EventLog>,
    poll: Duration,
}

impl StoreLog {
    /// Reads `log`; looks for appends of other processes once a `poll`.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, poll: Duration) -> Self {
        Self { log, poll }
    }
}

#[async_trait]
impl Events for StoreLog {
    fn follow(&self, after: Position) -> Box<dyn EventSource> {
        let head = self.log.watch_head();
        Box::new(StoreSource { log: self.log.clone(), poll: self.poll, head, next: after.next() })
    }

    async fn read(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, SourceError> {
        Ok(self.log.read_log(from, limit).await?)
    }

    async fn head(&self) -> Result<Position, SourceError> {
        Ok(self.log.head().await?.position)
    }

    fn timeline(&self) -> u32 {
        self.log.watch_head().borrow().timeline
    }
}

struct StoreSource {
    log: Arc<dyn EventLog>,
    poll: Duration,
    head: watch::Receiver<Head>,
    next: Position,
}

impl StoreSource {
    async fn wait(&mut self) {
        let next = self.next;
        let appended = async { self.head.wait_for(|head| head.position >= next).await.is_ok() };
        if let Ok(false) = tokio::time::timeout(self.poll, appended).await {
            // The store is closing, and the process with it.
            sleep(self.poll).await;
        }
    }
}

#[async_trait]
impl EventSource for StoreSource {
    async fn next_batch(
        &mut self,
        max: usize,
        linger: Duration,
    ) -> Result<Vec<Arc<RecordedEvent>>, SourceError> {
        loop {
            let mut events = self.log.read_log(self.next, max).await?;
            if events.is_empty() {
                self.wait().await;
                continue;
            }
            if events.len() < max && !linger.is_zero() {
                sleep(linger).await;
                events = self.log.read_log(self.next, max).await?;
            }
            if let Some(last) = events.last() {
                self.next = last.position.next();
            }
            return Ok(events);
        }
    }
}
