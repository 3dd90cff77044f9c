//! The one place that reads the wall clock and draws identifiers; everything else is handed them.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

/// Source of "now" and of fresh ids, injected so that tests decide both.
pub trait Clock: Send + Sync {
    /// The current instant, in whole microseconds (what every store keeps).
    fn now(&self) -> Timestamp;
    /// A fresh `UUIDv7`, so that ids of one process sort by creation.
    fn new_uuid(&self) -> Uuid;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    fn now(&self) -> Timestamp {
        whole_micros(Timestamp::now())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;

/// `instant` cut down to whole microseconds.
#[must_use]
pub fn whole_micros(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}
