//! What all runners of a process share, and how it is configured.

use std::{sync::Arc, time::Duration};

use domain::log::Head;
use futures::future::BoxFuture;
use read_store::{
    ReadStore, SqlError,
    progress::{LogEnd, Progress},
};
use runtime::clock::SharedClock;
use tokio::sync::Semaphore;

use crate::{decode::Decode, source::Events};

/// How a process runs projections.
#[derive(Clone, Debug)]
pub struct Config {
    /// Names this process in leases. A process that alone may open the data directory keeps one name for
    /// ever and takes its own leases back at once; any other needs a fresh one each start.
    pub worker: String,
    /// Most events in a transaction while following.
    pub follow_batch: usize,
    /// Least time between two batches while following.
    pub linger: Duration,
    /// Wanted events in a transaction while catching up, more or less.
    pub catch_up_batch: usize,
    /// How long a lease holds without being renewed: after this a dead worker's projections move.
    pub lease: Duration,
    /// How often a worker looks for projections nobody runs.
    pub look_every: Duration,
    /// How long the stored checkpoint may trail behind events that a projection passes over.
    pub idle_flush: Duration,
    /// Events a second at most that a rebuild reads.
    pub rebuild_rate: u32,
}

impl Config {
    /// What fits a venue's server.
    #[must_use]
    pub fn new(worker: impl Into<String>) -> Self {
        Self {
            worker: worker.into(),
            follow_batch: 500,
            linger: Duration::from_millis(20),
            catch_up_batch: 8_000,
            lease: Duration::from_secs(5),
            look_every: Duration::from_secs(1),
            idle_flush: Duration::from_millis(100),
            rebuild_rate: 100_000,
        }
    }
}

/// How many long batches may be in memory at once, over all projections.
const LONG_BATCHES: usize = 4;

/// What all runners of a process share.
pub(crate) struct Engine {
    pub(crate) db: ReadStore,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) decode: Arc<dyn Decode>,
    pub(crate) progress: Progress,
    pub(crate) clock: SharedClock,
    pub(crate) config: Config,
    pub(crate) long_batches: Arc<Semaphore>,
}

impl Engine {
    pub(crate) fn new(
        db: ReadStore,
        events: Arc<dyn Events>,
        decode: Arc<dyn Decode>,
        progress: Progress,
        clock: SharedClock,
        config: Config,
    ) -> Self {
        let long_batches = Arc::new(Semaphore::new(LONG_BATCHES));
        Self { db, events, decode, progress, clock, config, long_batches }
    }
}

impl LogEnd for Engine {
    fn timeline(&self) -> u32 {
        self.events.timeline()
    }

    fn head(&self) -> BoxFuture<'_, Result<Head, SqlError>> {
        Box::pin(async {
            let position = self.events.head().await.map_err(|error| SqlError::Unavailable(error.into()))?;
            Ok(Head { timeline: self.events.timeline(), position })
        })
    }
}
