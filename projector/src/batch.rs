//! What lies between the log and a projection: reads ahead of the runner, passes over what the
//! projection does not want, decodes the rest.

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use domain::{ids::LocationId, log::Position};
use events::RecordedEvent;
use runtime::retry::Delays;
use store::StoreError;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, sleep},
};

use crate::{
    decode::Event,
    engine::Engine,
    projection::Projection,
    source::{EventSource, SourceError},
};

/// Events read from the log at once while catching up.
const READ_AT_ONCE: usize = 4_000;
/// Longest stretch of the log in one batch, and the longest that reading one goes on, so that a projection that
/// wants little shows progress, also on a log that is read slowly.
const READ_AT_MOST: u64 = 200_000;
const READ_FOR: Duration = Duration::from_secs(1);

/// A stretch of the log, ready to be applied.
pub(crate) struct Batch {
    /// The last position of the stretch, wanted or not.
    pub(crate) last: Position,
    /// The wanted events in it.
    pub(crate) events: Vec<Event>,
    /// The locations whose rows may change, with the last position of each.
    pub(crate) touched: Vec<(Option<LocationId>, Position)>,
    /// Whether the log had no more at the time.
    pub(crate) at_head: bool,
    /// Bounds how many long batches are in memory at once.
    _permit: Option<OwnedSemaphorePermit>,
}

/// Reads one batch ahead of the runner, which takes them from a channel, until that is dropped.
pub(crate) struct Reader {
    pub(crate) engine: Arc<Engine>,
    pub(crate) projection: Arc<dyn Projection>,
    /// Where the last batch ended.
    pub(crate) after: Position,
    /// Events a second at most, while another generation serves.
    pub(crate) rate: Option<u32>,
}

impl Reader {
    pub(crate) async fn run(mut self, batches: mpsc::Sender<Result<Batch, SourceError>>) {
        let mut source = self.engine.events.follow(self.after);
        let mut delays = Delays::new(Duration::from_millis(50), Duration::from_secs(2));
        let (mut full, mut last) = (true, None);
        loop {
            let next = self.next(&mut *source, full, last).await;
            if let Err(SourceError::Unavailable(error)) = &next {
                let projection = self.projection.name();
                tracing::warn!(projection, error = format!("{error:#}"), "the log cannot be read");
                sleep(delays.next_delay()).await;
                continue;
            }
            delays.reset();
            last = Some(Instant::now());
            full = next.as_ref().is_ok_and(|batch| !batch.at_head);
            let broken = next.is_err();
            if batches.send(next).await.is_err() || broken {
                return;
            }
        }
    }

    async fn next(
        &mut self,
        source: &mut dyn EventSource,
        full: bool,
        last: Option<Instant>,
    ) -> Result<Batch, SourceError> {
        let config = &self.engine.config;
        if full {
            let head = self.engine.events.head().await?;
            if head.0.saturating_sub(self.after.0) > config.follow_batch as u64 {
                return self.long(source, head).await;
            }
        }
        // Batches keep a distance of one linger; an event after a pause goes through at once.
        let linger = last.map_or(Duration::ZERO, |last| config.linger.saturating_sub(last.elapsed()));
        let max = config.follow_batch;
        let events = source.next_batch(max, linger).await?;
        let (at_head, end) = (events.len() < max, end(&events, self.after));
        self.prepare(wanted(&*self.projection, events), end, at_head, None).await
    }

    /// A stretch of the log, at most to `head`, with enough wanted events for a long transaction: the
    /// longer it is, the less often each page is written.
    async fn long(&mut self, source: &mut dyn EventSource, head: Position) -> Result<Batch, SourceError> {
        let config = &self.engine.config;
        // A rebuild beside a generation that serves keeps its transactions short.
        let enough = if self.rate.is_some() { config.follow_batch } else { config.catch_up_batch };
        let permit = self.engine.long_batches.clone().acquire_owned().await.ok();
        let (mut kept, mut reached, begun) = (Vec::new(), self.after, Instant::now());
        let is_short =
            |reached: Position| reached.0 - self.after.0 < READ_AT_MOST && begun.elapsed() < READ_FOR;
        while kept.len() < enough && reached < head && is_short(reached) {
            let events = match source.next_batch(READ_AT_ONCE, Duration::ZERO).await {
                Ok(events) => events,
                // What was read does not come again; the error will.
                Err(_) if reached > self.after => break,
                Err(error) => return Err(error),
            };
            self.pace(events.len()).await;
            reached = end(&events, reached);
            kept.extend(wanted(&*self.projection, events));
        }
        self.prepare(kept, reached, reached >= head, permit).await
    }

    async fn pace(&self, events: usize) {
        if let Some(rate) = self.rate {
            let events = u32::try_from(events).unwrap_or(u32::MAX);
            sleep(Duration::from_secs(1) * events / rate.max(1)).await;
        }
    }

    async fn prepare(
        &mut self,
        wanted: Vec<Arc<RecordedEvent>>,
        last: Position,
        at_head: bool,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Batch, SourceError> {
        let touched = touched(&wanted);
        let events = self.decode(wanted).await?;
        self.after = last;
        Ok(Batch { last, events, touched, at_head, _permit: permit })
    }

    /// Events taken from the source do not come again, so this insists.
    async fn decode(&self, events: Vec<Arc<RecordedEvent>>) -> Result<Vec<Event>, StoreError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let mut delays = Delays::new(Duration::from_millis(50), Duration::from_secs(2));
        loop {
            match self.engine.decode.decode(events.clone()).await {
                Err(error) if error.is_transient() => {
                    let projection = self.projection.name();
                    tracing::warn!(projection, error = &error as &dyn Error, "events cannot be decoded");
                    sleep(delays.next_delay()).await;
                }
                done => return done,
            }
        }
    }
}

fn end(events: &[Arc<RecordedEvent>], before: Position) -> Position {
    events.last().map_or(before, |event| event.position)
}

pub(crate) fn wanted(
    projection: &dyn Projection,
    events: Vec<Arc<RecordedEvent>>,
) -> Vec<Arc<RecordedEvent>> {
    events.into_iter().filter(|event| projection.handles(&event.event_type)).collect()
}

fn touched(events: &[Arc<RecordedEvent>]) -> Vec<(Option<LocationId>, Position)> {
    let mut last = HashMap::new();
    for event in events {
        last.insert(event.location, event.position);
    }
    last.into_iter().collect()
}

impl Batch {
    /// A stretch that ends at `last`, read by somebody else.
    pub(crate) fn folded(last: Position, events: Vec<Event>) -> Self {
        Self { last, events, ..Self::nothing() }
    }

    /// For telling where a projection is when no event moved it.
    pub(crate) fn nothing() -> Self {
        Self {
            last: Position::default(),
            events: Vec::new(),
            touched: Vec::new(),
            at_head: true,
            _permit: None,
        }
    }
}
