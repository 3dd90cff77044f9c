//! Time as the worker sees it: the wall clock, which may jump, beside a clock that only runs.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use runtime::clock::SharedClock;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What the machine says the time is.
    pub wall: Timestamp,
    /// How long the worker has run.
    pub running: Duration,
}

/// When something ends: as soon as either clock says so. A wall clock that is set back or forward can
/// therefore end something early and never keep it alive.
///
/// Only the wall clock outlives the process; [`Deadline::resume`] gives the rest after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The end by the wall clock.
    pub wall: Timestamp,
    /// The whole length, from when it was set.
    length: Duration,
    /// The end by the running clock.
    #[serde(skip)]
    running: Duration,
}

impl Deadline {
    /// `length` from `now`.
    #[must_use]
    pub fn after(now: Moment, length: Duration) -> Self {
        let span = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
        Self {
            wall: now.wall.checked_add(span).unwrap_or(Timestamp::MAX),
            length,
            running: now.running.saturating_add(length),
        }
    }

    /// At `end` by the wall clock, and at most `longest` from `now`.
    #[must_use]
    pub fn at(now: Moment, end: Timestamp, longest: Duration) -> Self {
        let left = Duration::try_from(end.duration_since(now.wall)).unwrap_or(Duration::ZERO);
        Self::after(now, left.min(longest))
    }

    /// The same end after a restart: what is left by the wall clock, but never more than the whole.
    #[must_use]
    pub fn resume(self, now: Moment) -> Self {
        Self { length: self.length, ..Self::at(now, self.wall, self.length) }
    }

    /// The same beginning with another length.
    #[must_use]
    pub fn with_length(self, length: Duration, now: Moment) -> Self {
        let gone = self.length.saturating_sub(self.left(now));
        Self { length, ..Self::after(now, length.saturating_sub(gone)) }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Moment) -> bool {
        self.left(now).is_zero()
    }

    /// How long until it is over.
    #[must_use]
    pub fn left(&self, now: Moment) -> Duration {
        let by_wall = Duration::try_from(self.wall.duration_since(now.wall)).unwrap_or(Duration::ZERO);
        by_wall.min(self.running.saturating_sub(now.running))
    }

    /// The earlier of the two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if other.running < self.running { other } else { self }
    }

    /// The later of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other.running > self.running { other } else { self }
    }
}

/// The two clocks of this process.
#[derive(Clone)]
pub struct Clocks {
    wall: SharedClock,
    start: Instant,
}

impl Clocks {
    /// Starts the running clock.
    #[must_use]
    pub fn new(wall: SharedClock) -> Self {
        Self { wall, start: Instant::now() }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment { wall: self.wall.now(), running: self.start.elapsed() }
    }

    /// A fresh id.
    #[must_use]
    pub fn new_uuid(&self) -> uuid::Uuid {
        self.wall.new_uuid()
    }

    /// When `deadline` is over, for timers.
    #[must_use]
    pub fn instant(&self, deadline: &Deadline) -> Instant {
        Instant::now() + deadline.left(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall_seconds: i64, running_seconds: u64) -> Moment {
        let wall = Timestamp::from_second(1_780_000_000 + wall_seconds).unwrap();
        Moment { wall, running: Duration::from_secs(running_seconds) }
    }

    #[test]
    fn either_clock_ends_it() {
        let end = Deadline::after(moment(0, 0), Duration::from_mins(1));
        assert!(!end.is_over(moment(59, 59)));
        assert!(end.is_over(moment(60, 60)));
        // Set back two hours, set forward two hours.
        assert!(end.is_over(moment(-7_140, 60)));
        assert!(end.is_over(moment(7_201, 1)));
        assert_eq!(end.left(moment(-7_200, 20)), Duration::from_secs(40));
    }

    #[test]
    fn another_length_counts_from_the_same_beginning() {
        let end = Deadline::after(moment(0, 0), Duration::from_mins(1));
        let now = moment(20, 20);
        let longer = end.with_length(Duration::from_mins(2), now);
        assert_eq!(longer.left(now), Duration::from_secs(100));
        let now = moment(50, 50);
        assert_eq!(longer.with_length(Duration::from_mins(1), now).left(now), Duration::from_secs(10));
        assert!(longer.with_length(Duration::from_secs(50), now).is_over(now));
    }

    #[test]
    fn a_restart_keeps_the_end_and_never_lengthens_it() {
        let end = Deadline::after(moment(0, 500), Duration::from_mins(1));
        let stored = serde_json::to_string(&end).unwrap();
        let read: Deadline = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.resume(moment(20, 0)).left(moment(20, 0)), Duration::from_secs(40));
        assert!(read.resume(moment(61, 0)).is_over(moment(61, 0)));
        let set_back = moment(-7_200, 0);
        assert_eq!(read.resume(set_back).left(set_back), Duration::from_mins(1));
    }
}
