//! The time of commands and of what is shown: the machine's clock, unless that lies before what is recorded.
//!
//! A clock that jumps back would give bands that are over their time again, and record what follows before what it
//! follows from. Which of the two clocks was wrong cannot be told, so that what is recorded counts: time goes on from
//! there, a tenth slower than it passes, until the machine's clock has caught up.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock::{Clock, SharedClock, whole_micros};

/// Clocks of several machines differ by this much, and are set right by as much, without a word: until the machine's
/// clock has caught up, time stands still.
pub const USUAL_DIFFERENCE: SignedDuration = SignedDuration::from_secs(5);

/// See the module.
pub struct LogClock {
    machine: SharedClock,
    newest: Mutex<Option<Newest>>,
}

/// The newest event that is known.
#[derive(Clone, Copy)]
struct Newest {
    recorded_at: Timestamp,
    seen: Instant,
}

impl LogClock {
    /// The machine's clock, as long as no event is known.
    #[must_use]
    pub fn new(machine: SharedClock) -> Arc<Self> {
        Arc::new(Self { machine, newest: Mutex::default() })
    }

    /// An event was recorded at that time: from now on it is not earlier.
    pub fn recorded(&self, at: Timestamp) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.is_none_or(|newest| newest.recorded_at < at) {
            *newest = Some(Newest { recorded_at: at, seen: Instant::now() });
        }
    }

    /// How far the machine's clock lies before what is recorded, when that is more than [`USUAL_DIFFERENCE`].
    #[must_use]
    pub fn behind(&self) -> Option<SignedDuration> {
        let machine = self.machine.now();
        let behind = self.newest()?.goes_on_to().duration_since(machine);
        (behind > USUAL_DIFFERENCE).then_some(behind)
    }

    fn newest(&self) -> Option<Newest> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newest {
    /// What the time is by this event alone.
    fn goes_on_to(self) -> Timestamp {
        let passed = self.seen.elapsed() * 9 / 10;
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        whole_micros(self.recorded_at.checked_add(passed).unwrap_or(Timestamp::MAX))
    }
}

impl Clock for LogClock {
    fn now(&self) -> Timestamp {
        let machine = self.machine.now();
        let Some(newest) = self.newest() else { return machine };
        let by_log = newest.goes_on_to();
        if by_log.duration_since(machine) > USUAL_DIFFERENCE {
            by_log
        } else {
            machine.max(newest.recorded_at)
        }
    }

    fn new_uuid(&self) -> Uuid {
        self.machine.new_uuid()
    }
}

impl std::fmt::Debug for LogClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogClock").field("behind", &self.behind()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Machine(Mutex<Timestamp>);

    impl Clock for Machine {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        fn new_uuid(&self) -> Uuid {
            Uuid::nil()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn clocks(second: i64) -> (Arc<Machine>, Arc<LogClock>) {
        let machine = Arc::new(Machine(Mutex::new(at(second))));
        (machine.clone(), LogClock::new(machine))
    }

    #[tokio::test(start_paused = true)]
    async fn time_goes_on_from_the_newest_event_when_the_clock_jumps_back() {
        let (machine, clock) = clocks(100_000);
        clock.recorded(clock.now());
        *machine.0.lock().unwrap() = at(13_600);
        assert_eq!((clock.now(), clock.behind()), (at(100_000), Some(SignedDuration::from_secs(86_400))));
        tokio::time::advance(Duration::from_secs(1_000)).await;
        *machine.0.lock().unwrap() = at(14_600);
        assert_eq!(clock.now(), at(100_900), "a tenth slower");
        clock.recorded(clock.now());
        clock.recorded(at(50_000));
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(clock.now(), at(100_990), "and on from what was recorded then");
        *machine.0.lock().unwrap() = at(101_090);
        assert_eq!((clock.now(), clock.behind()), (at(101_090), None), "set right");
    }

    #[tokio::test(start_paused = true)]
    async fn a_usual_difference_makes_time_stand_still() {
        let (machine, clock) = clocks(10);
        assert_eq!((clock.now(), clock.behind()), (at(10), None));
        clock.recorded(at(13));
        assert_eq!((clock.now(), clock.behind()), (at(13), None));
        *machine.0.lock().unwrap() = at(12);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), at(13));
        *machine.0.lock().unwrap() = at(14);
        assert_eq!(clock.now(), at(14));
    }
}
