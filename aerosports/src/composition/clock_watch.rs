//! Lets the process's clock know what is recorded, and says when the machine's clock lies before that.

use std::{sync::Arc, time::Duration};

use domain::log::Head;
use http_api::Check;
use runtime::log_clock::LogClock;
use store::{EventLog, StoreError};
use tokio::time::Instant;

/// The readiness check, and what it says while the clock is wrong: commands are taken all the same.
pub const CLOCK: &str = "clock";
const ADVICE: &str = "this machine's clock lies before the newest stored event; until it is set right, time goes on from \
                      that event";

/// How often the log says so.
const SAY_EVERY: Duration = Duration::from_mins(1);

/// Lets `clock` know the newest event.
///
/// # Errors
/// When the store cannot be read.
pub async fn learn_newest(store: &dyn EventLog, head: Head, clock: &LogClock) -> Result<(), StoreError> {
    for newest in store.read_log(head.position, 1).await? {
        clock.recorded(newest.recorded_at);
    }
    Ok(())
}

/// See the module.
pub struct ClockWatch {
    clock: Arc<LogClock>,
    check: Check,
    learnt: Option<Head>,
    said: Option<Instant>,
}

impl ClockWatch {
    /// Of this clock; tells `check`.
    #[must_use]
    pub fn new(clock: Arc<LogClock>, check: Check) -> Self {
        Self { clock, check, learnt: None, said: None }
    }

    /// Looks at both clocks; the log ends at `head`, if that could be told.
    pub async fn look(&mut self, store: &dyn EventLog, head: Option<Head>) {
        if let Some(head) = head.filter(|head| self.learnt != Some(*head))
            && learn_newest(store, head, &self.clock).await.is_ok()
        {
            self.learnt = Some(head);
        }
        let Some(behind) = self.clock.behind() else {
            self.said = None;
            return self.check.ready();
        };
        self.check.degraded(ADVICE);
        if self.said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            self.said = Some(Instant::now());
            tracing::warn!(behind_seconds = behind.as_secs(), "{ADVICE}");
        }
    }
}
