//! What every handler of the query API works with.

use std::{sync::Arc, time::Duration};

use auth::Authenticator;
use domain::log::{Head, Position, Token};
use futures::future::BoxFuture;
use jiff::Timestamp;
use read_store::{
    ReadStore, SqlError,
    progress::{History, LogEnd, Progress},
};
use runtime::clock::SharedClock;
use store::EventLog;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{QueryError, cache::Cache};

/// Bytes of answers that fit a venue's server.
pub const CACHE_BYTES: u64 = 32 << 20;
/// How often another process's checkpoints are looked at: adds to what a command's reader waits.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where answers come from.
pub struct Sources {
    /// The read tables.
    pub db: ReadStore,
    /// How far the projections are.
    pub progress: Progress,
    /// The log, for its end only.
    pub log: Arc<dyn EventLog>,
    /// The time, for views that show what is left of it.
    pub clock: SharedClock,
    /// Knows callers.
    pub authenticator: Arc<Authenticator>,
    /// Most bytes of answers kept in memory; see [`CACHE_BYTES`].
    pub cache_bytes: u64,
}

/// The query API's state. Cheap to clone.
#[derive(Clone)]
pub struct QueryApi(Arc<Inner>);

struct Inner {
    sources: Sources,
    head: watch::Receiver<Head>,
    cache: Cache,
}

impl AsRef<Authenticator> for QueryApi {
    fn as_ref(&self) -> &Authenticator {
        &self.0.sources.authenticator
    }
}

impl QueryApi {
    /// Answers from `sources`.
    #[must_use]
    pub fn new(sources: Sources) -> Self {
        let head = sources.log.watch_head();
        let cache = Cache::new(sources.cache_bytes);
        Self(Arc::new(Inner { sources, head, cache }))
    }

    /// Keeps the progress right until `stop`, in a process that projects nothing itself.
    ///
    /// # Errors
    /// `Unavailable` when the checkpoints cannot be read at the start.
    pub async fn follow_checkpoints(&self, stop: CancellationToken) -> Result<(), SqlError> {
        self.progress().refresh(self.store(), self).await?;
        self.progress().follow(self.store(), self, LOOK_EVERY, stop).await;
        Ok(())
    }

    /// The read tables.
    #[must_use]
    pub fn store(&self) -> &ReadStore {
        &self.0.sources.db
    }

    /// How far the projections are.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.0.sources.progress
    }

    /// The log, for its end only.
    #[must_use]
    pub fn log(&self) -> &dyn EventLog {
        &*self.0.sources.log
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.sources.clock.now()
    }

    /// What positions belong to: those of another timeline mean other events. To be asked before them.
    pub(crate) fn history(&self) -> History {
        match self.progress().history() {
            History { timeline: 0, .. } => History { timeline: LogEnd::timeline(self), lost: 0 },
            known => known,
        }
    }

    /// Waits until positions are of the timeline of `token`, at most until `deadline`. It may have been started a
    /// moment ago.
    ///
    /// # Errors
    /// `OtherTimeline` when the log is on another one; `NotThereYet`; `Log`.
    pub(crate) async fn enter_timeline_of(&self, token: Token, deadline: Instant) -> Result<(), QueryError> {
        if token.timeline == self.history().timeline {
            return Ok(());
        }
        let timeline = self.log().head().await?.timeline;
        if token.timeline != timeline {
            return Err(QueryError::OtherTimeline { token, timeline });
        }
        if self.progress().wait_for_timeline(timeline, deadline).await {
            return Ok(());
        }
        Err(QueryError::NotThereYet { wanted: token.position, at: Position::default() })
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }
}

impl LogEnd for QueryApi {
    fn timeline(&self) -> u32 {
        self.0.head.borrow().timeline
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, SqlError>> {
        Box::pin(async { self.log().head().await.map_err(|error| SqlError::Unavailable(error.into())) })
    }
}
