//! Consumes events for the devices of the venues. Plugs are not switched yet: the worker follows the log
//! in order and says what it sees, at the place where switching will happen.

use std::{sync::Arc, time::Duration};

use shared::{
    bus::{Bus, Follower},
    events::RecordedEvent,
    retry::Delays,
    store::{EventLog, Position},
};
use tokio_util::sync::CancellationToken;

/// Most events taken at once.
const BATCH: usize = 500;

/// Follows the log from its present end until `stop`. What happened before it started is of no concern to
/// a device: switching late is worse than not switching.
pub async fn run(store: Arc<dyn EventLog>, bus: Arc<dyn Bus>, stop: CancellationToken) {
    let mut delays = Delays::new(Duration::from_millis(100), Duration::from_secs(10));
    let from = tokio::select! {
        () = stop.cancelled() => return,
        head = head(&*store, &mut delays) => head,
    };
    let mut follower = Follower::new(store, bus, from);
    delays.reset();
    loop {
        let batch = tokio::select! {
            () = stop.cancelled() => return,
            batch = follower.next_batch(BATCH, Duration::ZERO) => batch,
        };
        match batch {
            Ok(batch) => {
                delays.reset();
                for event in &batch {
                    note(event);
                }
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the log cannot be followed");
                if stop.run_until_cancelled(tokio::time::sleep(delays.next_delay())).await.is_none() {
                    return;
                }
            }
        }
    }
}

async fn head(store: &dyn EventLog, delays: &mut Delays) -> Position {
    loop {
        match store.head().await {
            Ok(head) => return head.position,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the log's end is not known");
                tokio::time::sleep(delays.next_delay()).await;
            }
        }
    }
}

fn note(event: &RecordedEvent) {
    tracing::debug!(position = event.position.0, event_type = &*event.event_type, stream = %event.stream, "seen");
}
