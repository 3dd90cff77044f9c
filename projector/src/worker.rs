//! Runs projections in one process, sharing them with other processes by lease.

use std::{error::Error, sync::Arc, time::Duration};

use jiff::Timestamp;
use shared::domain::log::Position;
use shared::{
    clock::SharedClock,
    sql::{Generation, ReadStore, SqlError, catalog::ProjectionRow, progress::Progress},
};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    checkpoint::Claim,
    decode::Decode,
    generations,
    projection::Projection,
    runner::{RunError, Runner},
    source::{Events, SourceError},
};

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

/// Why a projector must not start.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The read store failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The log cannot be read, or is not the one that the read tables were built from.
    #[error(transparent)]
    Source(#[from] SourceError),
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

/// Runs projections until it is stopped.
pub struct Projector {
    engine: Arc<Engine>,
    projections: Vec<Arc<dyn Projection>>,
}

impl Projector {
    /// A projector of `projections`; progress is published on `progress`.
    #[must_use]
    pub fn new(
        db: ReadStore,
        events: Arc<dyn Events>,
        decode: Arc<dyn Decode>,
        progress: Progress,
        clock: SharedClock,
        config: Config,
        projections: Vec<Arc<dyn Projection>>,
    ) -> Self {
        let long_batches = Arc::new(Semaphore::new(LONG_BATCHES));
        let db = db.on_primary();
        let engine = Engine { db, events, decode, progress, clock, config, long_batches };
        Self { engine: Arc::new(engine), projections }
    }

    /// Makes the tables of every projection that has none, so that readers find them, and says how far
    /// each projection is. To be called before anything is appended to a log that was restored: once it has
    /// grown past the read tables, nothing shows that they hold what it has lost.
    ///
    /// # Errors
    /// [`PrepareError`]; `Ahead` says what to do.
    pub async fn prepare(&self) -> Result<(), PrepareError> {
        let mut checkpoint = Position::default();
        for projection in &self.projections {
            let rows = generations::ensure(&self.engine.db, &**projection, self.engine.clock.now()).await?;
            checkpoint = rows.iter().fold(checkpoint, |furthest, row| furthest.max(row.position));
        }
        // Asked after the checkpoints: a worker beside this one may move them meanwhile.
        let head = self.engine.events.head().await?;
        if checkpoint > head {
            return Err(SourceError::Ahead { checkpoint, head }.into());
        }
        Ok(self.engine.progress.refresh(&self.engine.db).await?)
    }

    /// Runs until `stop`; then every batch under way ends, and the leases are given up. Dropping it
    /// instead stops at once and leaves the leases to run out.
    pub async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        for projection in &self.projections {
            // Two places each: one serves, one builds; after a rebuild they have changed roles.
            for place in ["a", "b"] {
                let owner = format!("{}/{place}", self.engine.config.worker);
                let slot = Slot { engine: self.engine.clone(), projection: projection.clone(), owner };
                tasks.spawn(slot.run(stop.clone()));
            }
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!("a projection's runner broke down: {error}");
            }
        }
    }
}

/// A place for one runner of one projection.
struct Slot {
    engine: Arc<Engine>,
    projection: Arc<dyn Projection>,
    owner: String,
}

impl Slot {
    async fn run(self, stop: CancellationToken) {
        let mut said = String::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.work(&stop).await {
                // What only an operator can end is the same every time; nobody reads it every second.
                if !matches!(error, RunError::Source(_)) || said != error.to_string() {
                    self.log(&error);
                    said = error.to_string();
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(self.engine.config.look_every)).await;
        }
    }

    /// Runs what can be had, until `stop` or until the lease is lost.
    async fn work(&self, stop: &CancellationToken) -> Result<(), RunError> {
        let now = self.engine.clock.now();
        let rows = generations::ensure(&self.engine.db, &*self.projection, now).await?;
        let (name, ttl) = (self.projection.name(), self.engine.config.lease);
        for row in self.candidates(&rows, now) {
            let generation = Generation { version: row.version, run: row.run };
            let claim = Claim::take(&self.engine.db, name, generation, &self.owner, now, ttl).await?;
            let Some((claim, row)) = claim else { continue };
            tracing::debug!(projection = name, %generation, epoch = claim.epoch, "a projection is ours");
            let runner = Runner::start(self.engine.clone(), self.projection.clone(), claim, &row).await?;
            return runner.run(stop).await;
        }
        Ok(())
    }

    /// Generations of our version that seem free, the serving one first.
    fn candidates<'a>(
        &self,
        rows: &'a [ProjectionRow],
        now: Timestamp,
    ) -> impl Iterator<Item = &'a ProjectionRow> {
        let free = |row: &&ProjectionRow| {
            row.version == self.projection.version()
                && (row.owner.is_none()
                    || row.owner.as_deref() == Some(&self.owner)
                    || row.lease_until.is_none_or(|until| until < now))
        };
        let in_state = |state: &'static str| rows.iter().filter(move |row| &*row.state == state).filter(free);
        let serving: Vec<_> =
            in_state(ProjectionRow::ACTIVE).chain(in_state(ProjectionRow::BUILDING)).collect();
        serving.into_iter()
    }

    fn log(&self, error: &RunError) {
        let projection = self.projection.name();
        match error {
            RunError::Sql(SqlError::Fenced) => tracing::info!(projection, "another worker took over"),
            RunError::Sql(error) if error.is_transient() => {
                tracing::warn!(projection, cause = error as &dyn Error, "the projection must wait");
            }
            error => tracing::error!(projection, cause = error as &dyn Error, "the projection stopped"),
        }
    }
}
