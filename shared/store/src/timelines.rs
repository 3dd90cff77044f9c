//! New timelines: what an operator starts after the log was restored to an earlier state, and the record of it.

use async_trait::async_trait;
use domain::log::{Head, Position};
use jiff::Timestamp;

use crate::StoreError;
#[cfg(any(feature = "mssql", feature = "sqlite"))]
use crate::{EventStore, event_store::Driver};

/// The start of a timeline, as it is kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineStart {
    /// The new one.
    pub timeline: u32,
    /// The last position that stays from the one before.
    pub after: Position,
    /// When.
    pub at: Timestamp,
    /// Who, such as `anna@server`.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// The table of timelines.
#[cfg(any(feature = "mssql", feature = "sqlite"))]
pub(crate) trait TimelineTable: Driver {
    /// Moves the head to the timeline of `start` and writes that down, in one transaction, if the head still stands as
    /// `seen`; whether it did.
    fn start(
        &self,
        seen: Head,
        start: &TimelineStart,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// All that were started, the oldest first.
    fn all(&self) -> impl Future<Output = Result<Vec<TimelineStart>, StoreError>> + Send;
}

/// The timelines of the log.
#[async_trait]
pub trait Timelines: Send + Sync {
    /// Starts a timeline at the end of the log, if the log still ends as `seen`; whether that was so.
    ///
    /// # Errors
    /// `Misuse` for one that is not after the log's own.
    async fn start_timeline(&self, seen: Head, start: &TimelineStart) -> Result<bool, StoreError>;

    /// All that were started, the oldest first. The first timeline of a log was not.
    async fn timelines(&self) -> Result<Vec<TimelineStart>, StoreError>;
}

#[cfg(any(feature = "mssql", feature = "sqlite"))]
#[async_trait]
impl<D: TimelineTable> Timelines for EventStore<D> {
    async fn start_timeline(&self, seen: Head, start: &TimelineStart) -> Result<bool, StoreError> {
        if start.timeline <= seen.timeline || start.after != seen.position {
            let (new, old) = (start.timeline, seen.token());
            return Err(StoreError::Misuse(format!("timeline {new} cannot follow {old}")));
        }
        self.driver.start(seen, start).await
    }

    async fn timelines(&self) -> Result<Vec<TimelineStart>, StoreError> {
        self.driver.all().await
    }
}
