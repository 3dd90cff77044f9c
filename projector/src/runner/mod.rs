//! One projection under one lease: applies batches, parks what fails, keeps the lease, does what operators
//! request, and, for a generation being built, takes over from the one that serves.

mod fold_to;
mod take_over;
mod unpark;

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use domain::{
    ids::{LocationId, StreamName},
    log::Position,
};
use futures::FutureExt as _;
use read_store::{
    SqlError, Tx,
    catalog::{AppliedEvent, LocationChange, ParkedRow, ProjectionRow},
    progress::Watermark,
};
use runtime::{repeated::Repeated, retry::Delays};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{Instrument as _, Span};

use crate::{
    batch::{Batch, Reader, wanted},
    checkpoint::{Advance, Claim},
    decode::Event,
    engine::Engine,
    error::ApplyError,
    parked,
    projection::Projection,
    rows::Context,
    source::SourceError,
    worker::PrepareError,
};

/// Why a runner ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Sql(#[from] SqlError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the reader ended")]
    ReaderEnded,
}

/// Why a chunk was not applied.
enum Failure {
    /// No event's fault.
    Store(SqlError),
    /// The fault of the event at this place of the chunk.
    At(usize, String),
    /// The fault of one of them.
    Somewhere(String),
}

impl From<PrepareError> for RunError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Sql(error) => Self::Sql(error),
            PrepareError::Source(error) => Self::Source(error),
        }
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Store(error)
    }
}

pub(crate) struct Runner {
    engine: Arc<Engine>,
    projection: Arc<dyn Projection>,
    claim: Claim,
    context: Context,
    /// The checkpoint as stored.
    saved: Position,
    /// The last position dealt with. It is past `saved` where the projection passed over events: that is written
    /// down a little later.
    seen: Position,
    revision: i64,
    /// Streams with something parked.
    parked: HashSet<StreamName>,
    building: bool,
    renewed: Instant,
}

impl Runner {
    pub(crate) async fn start(
        engine: Arc<Engine>,
        projection: Arc<dyn Projection>,
        claim: Claim,
        row: &ProjectionRow,
    ) -> Result<Self, SqlError> {
        let parked = parked::streams(&engine.db, claim.name, claim.generation).await?;
        let runner = Self {
            engine,
            projection,
            claim,
            context: Context::default(),
            saved: row.position,
            seen: row.position,
            revision: row.revision,
            parked: parked.into_iter().collect(),
            building: &*row.state == ProjectionRow::BUILDING,
            renewed: Instant::now(),
        };
        // A runner that failed may have applied events without publishing their locations.
        let mut start = Batch::nothing();
        start.touched.push((None, row.position));
        runner.publish(&start);
        Ok(runner)
    }

    /// Runs until `stop`, then gives the lease up.
    pub(crate) async fn run(mut self, stop: &CancellationToken) -> Result<(), RunError> {
        let (sender, mut batches) = mpsc::channel(1);
        let rate = self.building.then_some(self.engine.config.rebuild_rate);
        let reader = Reader {
            engine: self.engine.clone(),
            projection: self.projection.clone(),
            after: self.seen,
            rate,
        };
        let _reader = AbortOnDropHandle::new(tokio::spawn(reader.run(sender)));
        let mut tick = interval(self.engine.config.idle_flush);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(self.stop().await?),
                _ = tick.tick() => self.tick().await?,
                batch = batches.recv() => {
                    let batch = batch.ok_or(RunError::ReaderEnded)??;
                    let span = self.span(&batch);
                    self.take(&batch).instrument(span).await?;
                }
            }
        }
    }

    fn span(&self, batch: &Batch) -> Span {
        let (projection, from, to) = (self.claim.name, self.seen.next().0, batch.last.0);
        tracing::info_span!("projection_batch", projection, from, to)
    }

    async fn stop(mut self) -> Result<(), SqlError> {
        self.save().await?;
        self.claim.release(&self.engine.db).await
    }

    /// Applies `batch`, insisting while the store is not available.
    async fn take(&mut self, batch: &Batch) -> Result<(), SqlError> {
        let mut delays = Delays::new(Duration::from_millis(50), Duration::from_secs(2));
        let mut failures = Repeated::default();
        loop {
            match self.apply_batch(batch).await {
                Err(error) if error.is_transient() => {
                    if let Some(count) = failures.count() {
                        tracing::warn!(error = &error as &dyn Error, count, "a batch must wait");
                    }
                    sleep(delays.next_delay()).await;
                }
                Ok(()) => break,
                refused => return refused,
            }
        }
        self.publish(batch);
        if self.building && batch.at_head { self.take_over().await } else { Ok(()) }
    }

    /// Applies what of `batch` is not yet; after an interruption it goes on where it was.
    async fn apply_batch(&mut self, batch: &Batch) -> Result<(), SqlError> {
        let mut at_most = usize::MAX;
        while self.seen < batch.last {
            let done = batch.events.partition_point(|event| event.position <= self.seen);
            let rest = batch.events.get(done..).unwrap_or_default();
            let chunk = rest.get(..at_most).unwrap_or(rest);
            let to = match chunk.last() {
                Some(event) if chunk.len() < rest.len() => event.position,
                _ => batch.last,
            };
            at_most = match (self.try_apply(chunk, to).await, chunk) {
                (Ok(()), _) => usize::MAX,
                (Err(Failure::Store(error)), _) => return Err(error),
                (Err(Failure::At(0, why)), [event, ..]) | (Err(Failure::Somewhere(why)), [event]) => {
                    self.park(event, &why).await?;
                    usize::MAX
                }
                (Err(Failure::At(before, _)), _) => before.max(1),
                (Err(Failure::Somewhere(_)), _) => (chunk.len() / 2).max(1),
            };
        }
        Ok(())
    }

    async fn try_apply(&mut self, chunk: &[Event], to: Position) -> Result<(), Failure> {
        if chunk.is_empty() {
            self.seen = to;
            return Ok(());
        }
        let applied = self.apply_and_commit(chunk, to).await;
        match applied {
            Ok(()) => {
                self.moved_to(to);
                if chunk.iter().any(|event| self.projection.cannot_wait(&event.event_type)) {
                    self.engine.db.empty_log();
                }
            }
            Err(_) => self.context.forget(),
        }
        applied
    }

    async fn apply_and_commit(&mut self, chunk: &[Event], to: Position) -> Result<(), Failure> {
        let behind = chunk.iter().filter(|event| self.waits(event)).count();
        let mut tx = self.engine.db.begin(self.claim.generation).await?;
        self.claim.advance(&mut tx, &self.step(to, count(behind), false)).await?;
        let applied = self.apply_in(&mut tx, chunk, behind > 0).await;
        end(tx, applied).await
    }

    /// Applies `chunk`; what is of a parked stream is parked behind it.
    async fn apply_in(&mut self, tx: &mut Tx, chunk: &[Event], any_behind: bool) -> Result<(), Failure> {
        if any_behind {
            let (behind, good): (Vec<_>, Vec<_>) = chunk.iter().cloned().partition(|event| self.waits(event));
            let rows: Vec<_> = behind.iter().map(|event| self.parked_row(event, None)).collect();
            tx.put(&rows).await?;
            self.project(tx, &good, chunk).await?;
        } else {
            self.project(tx, chunk, chunk).await?;
        }
        tx.put(chunk.last().map(|event| self.applied(event)).as_slice()).await?;
        // Last, because every projection writes to that table, and on a server one may wait there until the
        // transaction of another ends.
        Ok(tx.put(&self.location_changes(chunk)).await?)
    }

    /// Whether `event` is parked behind others of its stream.
    fn waits(&self, event: &Event) -> bool {
        self.parked.contains(&event.stream) && !self.projection.cannot_wait(&event.event_type)
    }

    /// A panic is taken for an event's fault too, so that it stops one stream and not the process.
    async fn project(&mut self, tx: &mut Tx, events: &[Event], chunk: &[Event]) -> Result<(), Failure> {
        if events.is_empty() {
            return Ok(());
        }
        let applied = AssertUnwindSafe(self.projection.apply(tx, events, &mut self.context));
        match applied.catch_unwind().await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(ApplyError::Event { position, source })) => {
                let why = format!("{source:#}");
                let place = chunk.iter().position(|event| event.position == position);
                Err(place.map_or(Failure::Somewhere(why.clone()), |place| Failure::At(place, why)))
            }
            Ok(Err(ApplyError::Sql(error @ (SqlError::Bug(_) | SqlError::MissingColumn(_))))) => {
                Err(Failure::Somewhere(error.to_string()))
            }
            Ok(Err(ApplyError::Sql(error))) => Err(Failure::Store(error)),
            Err(_) => Err(Failure::Somewhere("the projection panicked".to_owned())),
        }
    }

    async fn park(&mut self, event: &Event, why: &str) -> Result<(), SqlError> {
        let mut tx = self.engine.db.begin(self.claim.generation).await?;
        self.claim.advance(&mut tx, &self.step(event.position, 1, false)).await?;
        tx.put(&[self.parked_row(event, Some(why))]).await?;
        tx.put(&[self.applied(event)]).await?;
        tx.commit().await?;
        self.moved_to(event.position);
        self.parked.insert(event.stream.clone());
        tracing::error!(
            projection = self.claim.name,
            stream = %event.stream,
            position = %event.position,
            error = why,
            "an event is parked"
        );
        Ok(())
    }

    /// For readers in other processes: they cannot see what is published here.
    fn location_changes(&self, chunk: &[Event]) -> Vec<LocationChange> {
        let last: HashMap<_, _> = chunk.iter().map(|event| (event.location, event.position)).collect();
        let change = |(location, position): (Option<LocationId>, _)| LocationChange {
            projection: self.claim.name.into(),
            version: self.claim.generation.version,
            run: self.claim.generation.run,
            location: location.map(|location| location.to_string()).unwrap_or_default().into(),
            position,
        };
        last.into_iter().map(change).collect()
    }

    fn applied(&self, event: &Event) -> AppliedEvent {
        AppliedEvent {
            projection: self.claim.name.into(),
            version: self.claim.generation.version,
            run: self.claim.generation.run,
            position: event.position,
            event_id: event.id,
        }
    }

    fn parked_row(&self, event: &Event, error: Option<&str>) -> ParkedRow {
        ParkedRow {
            projection: self.claim.name.into(),
            version: self.claim.generation.version,
            run: self.claim.generation.run,
            position: event.position,
            stream: event.stream.clone(),
            stream_version: event.version,
            event_type: event.event_type.clone(),
            // Control characters have no place in a table.
            error: error.map(|error| error.replace(char::is_control, " ").into()),
            tries: i64::from(error.is_some()),
            requested: None,
            parked_at: self.engine.clock.now(),
        }
    }

    async fn tick(&mut self) -> Result<(), RunError> {
        self.save().await?;
        // Nothing need be appended to a log for its timeline to be a new one.
        self.engine.progress.enter(self.engine.events.timeline());
        if self.renewed.elapsed() > self.engine.config.lease / 3 {
            self.claim.renew(&self.engine.db, self.engine.clock.now(), self.engine.config.lease).await?;
            self.renewed = Instant::now();
        }
        if !self.parked.is_empty() {
            self.do_requests().await?;
        }
        // On a quiet log no further batch comes, so that the end is looked up.
        if self.building && self.engine.events.head().await.is_ok_and(|head| head <= self.seen) {
            self.take_over().await?;
        }
        Ok(())
    }

    /// Writes down how far events were passed over.
    async fn save(&mut self) -> Result<(), SqlError> {
        if self.seen > self.saved {
            let mut tx = self.engine.db.begin_catalog().await?;
            self.claim.advance(&mut tx, &self.step(self.seen, 0, false)).await?;
            tx.commit().await?;
            self.moved_to(self.seen);
        }
        Ok(())
    }

    async fn read(&self, from: Position, limit: usize) -> Result<Vec<Event>, SourceError> {
        let recorded = self.engine.events.read(from, limit).await?;
        Ok(self.engine.decode.decode(wanted(&*self.projection, recorded)).await?)
    }

    fn step(&self, to: Position, parked: i64, revised: bool) -> Advance {
        let (now, ttl) = (self.engine.clock.now(), self.engine.config.lease);
        Advance { from: self.saved, to, parked, revised, now, ttl }
    }

    fn moved_to(&mut self, to: Position) {
        (self.saved, self.seen) = (to, to);
        self.renewed = Instant::now();
    }

    fn publish(&self, batch: &Batch) {
        self.engine.progress.enter(self.engine.events.timeline());
        if !self.building {
            let watermark =
                Watermark { generation: self.claim.generation, revision: self.revision, position: self.seen };
            self.engine.progress.publish(self.claim.name, watermark, &batch.touched);
        }
    }
}

/// Commits what was applied, or undoes what was not: dropping it would cost a server's connection.
async fn end(tx: Tx, applied: Result<(), Failure>) -> Result<(), Failure> {
    match applied {
        Ok(()) => Ok(tx.commit().await?),
        Err(failure) => {
            // When the connection is lost, so are the changes.
            let _ = tx.rollback().await;
            Err(failure)
        }
    }
}

fn count(events: usize) -> i64 {
    i64::try_from(events).unwrap_or(i64::MAX)
}
