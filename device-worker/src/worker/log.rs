//! Reading the log: its history once, and then each event as a fact for the engine of its location.

use std::{sync::Arc, time::Duration};

use bus::{FollowError, Follower};
use domain::{ids::EventId, log::Position};
use events::RecordedEvent;
use runtime::retry::Delays;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::{engine::How, facts::fact};

/// Most events taken at once.
pub(super) const BATCH: usize = 500;
/// How long a checkpoint that nothing else changed with may wait to be written.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);

impl Worker {
    /// Reads a log that this worker never saw, up to its end: what happened so far is history, and triggers nothing.
    /// None when `stop` came first.
    pub(super) async fn read_history(&mut self, stop: &CancellationToken) -> Option<Position> {
        let reading = async {
            let head = self.head().await;
            let mut delays = self.config.log_retry.delays();
            let mut follower = self.follow(Position(0));
            while self.batch.checkpoint < head {
                match follower.next_batch(BATCH, Duration::ZERO).await {
                    Ok(events) => {
                        delays.reset();
                        for event in &events {
                            self.apply(event, How::History);
                        }
                    }
                    Err(error) => sleep(trouble(&error, &mut delays)).await,
                }
            }
            let now = self.clocks.now();
            for site in self.sites.values_mut() {
                site.engine.know_history(now);
            }
            self.write().await;
            head
        };
        stop.run_until_cancelled(reading).await
    }

    pub(super) fn follow(&self, from: Position) -> Follower {
        Follower::new(self.parts.log.clone(), self.parts.bus.clone(), from)
    }

    pub(super) fn apply(&mut self, event: &Arc<RecordedEvent>, how: How) {
        self.batch.checkpoint = event.position;
        self.batch.applied = Some((event.position, event.id));
        self.unwritten.get_or_insert_with(|| Instant::now() + CHECKPOINT_EVERY);
        let Some((location, fact)) = fact(event, self.config.location) else { return };
        let span = tracing::debug_span!("decision", %location, position = event.position.0);
        let _entered = span.enter();
        let now = self.clocks.now();
        if let Some(site) = self.site(location) {
            if how == How::News {
                site.engine.tick(now);
            }
            site.engine.apply(&fact, how, now);
        }
    }

    /// Whether the log has another event where this one was applied. Not known while it is out of reach.
    pub(super) async fn is_other_log(&self, (position, id): (Position, EventId)) -> bool {
        match self.parts.log.read_log(position, 1).await {
            Ok(found) => found.first().is_none_or(|event| (event.position, event.id) != (position, id)),
            Err(_) => false,
        }
    }

    async fn head(&self) -> Position {
        let mut delays = self.config.log_retry.delays();
        loop {
            match self.parts.log.head().await {
                Ok(head) => return head.position,
                Err(error) => {
                    {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "the log's end is not known");
                    }
                    sleep(delays.next_delay()).await;
                }
            }
        }
    }
}

/// Logs why the log cannot be read; how long to wait before the next try.
pub(super) fn trouble(error: &FollowError, delays: &mut Delays) -> Duration {
    let source = error as &dyn std::error::Error;
    if matches!(error, FollowError::Hole { .. }) {
        tracing::error!(error = source, "the log cannot be followed; plugs go on by what is known");
    } else {
        tracing::warn!(error = source, "the log is out of reach; plugs go on by what is known");
    }
    delays.next_delay()
}
