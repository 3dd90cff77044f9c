//! Runs projections in one process, sharing them with other processes by lease.

use std::{error::Error, sync::Arc};

use domain::log::Position;
use jiff::Timestamp;
use read_store::{ReadStore, SqlError, catalog::ProjectionRow, progress::Progress};
use runtime::{clock::SharedClock, repeated::Repeated};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    checkpoint::Claim,
    decode::Decode,
    engine::{Config, Engine},
    generations,
    projection::Projection,
    runner::{RunError, Runner},
    source::{Events, SourceError},
};

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
        let engine = Engine::new(db.on_primary(), events, decode, progress, clock, config);
        Self { engine: Arc::new(engine), projections }
    }

    /// Makes the tables of every projection that has none, so that readers find them, and says how far
    /// each projection is.
    ///
    /// # Errors
    /// [`PrepareError`]; `Ahead` and `OtherLog` say what to do about a log that was restored.
    pub async fn prepare(&self) -> Result<(), PrepareError> {
        let (mut checkpoint, mut rows) = (Position::default(), Vec::new());
        for projection in &self.projections {
            let found = generations::ensure(&self.engine.db, &**projection, self.engine.clock.now()).await?;
            checkpoint = found.iter().fold(checkpoint, |furthest, row| furthest.max(row.position));
            rows.extend(found);
        }
        // Asked after the checkpoints: a worker beside this one may move them meanwhile.
        let head = self.engine.events.head().await?;
        if checkpoint > head {
            return Err(SourceError::Ahead { checkpoint, head }.into());
        }
        for row in &rows {
            generations::same_log(&self.engine, row).await?;
        }
        Ok(self.engine.progress.refresh(&self.engine.db, &*self.engine).await?)
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
                tracing::error!(error = &error as &dyn Error, "a projection's runner broke down");
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
        let (mut logged, mut waits) = (String::new(), Repeated::default());
        while !stop.is_cancelled() {
            if let Err(error) = self.work(&stop).await {
                // What only an operator can mend is logged once, not at every try, and what passes once a minute.
                let is_told = match &error {
                    RunError::Source(_) => logged != error.to_string(),
                    RunError::Sql(error) if error.is_transient() => waits.count().is_some(),
                    _ => true,
                };
                if is_told {
                    self.log(&error);
                    logged = error.to_string();
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
            let generation = row.generation();
            let claim = Claim::take(&self.engine.db, name, generation, &self.owner, now, ttl).await?;
            let Some((claim, row)) = claim else { continue };
            tracing::debug!(projection = name, %generation, epoch = claim.epoch, "a projection is ours");
            generations::same_log(&self.engine, &row).await?;
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
            RunError::Source(SourceError::Restored { timeline }) => {
                tracing::warn!(projection, timeline, "the log was restored: going on from the checkpoint");
            }
            RunError::Sql(SqlError::Fenced) => tracing::info!(projection, "another worker took over"),
            RunError::Sql(error) if error.is_transient() => {
                tracing::warn!(projection, error = error as &dyn Error, "the projection must wait");
            }
            error => tracing::error!(projection, error = error as &dyn Error, "the projection stopped"),
        }
    }
}
