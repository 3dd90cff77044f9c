//! What the connections of a pool have learned about the server: when to doubt an idle one, and how long
//! to leave a server alone that could not be reached.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use runtime::retry::Delays;

use super::error::MssqlError;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Shared by a pool and the connections taken from it.
pub(super) struct Health(Mutex<State>);

struct State {
    /// Connections last used before this instant are checked before they are used again.
    doubted: Instant,
    /// Connections last used before this instant are dead.
    silent: Option<Instant>,
    outage: Option<Outage>,
    delays: Delays,
}

struct Outage {
    until: Instant,
    error: MssqlError,
}

impl Health {
    pub(super) fn new() -> Self {
        let delays = Delays::new(FIRST_PAUSE, LONGEST_PAUSE);
        Self(Mutex::new(State { doubted: Instant::now(), silent: None, outage: None, delays }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection was given up: the idle ones may be dead as well.
    pub(super) fn doubt(&self) {
        self.state().doubted = Instant::now();
    }

    pub(super) fn is_doubted(&self, used: Instant) -> bool {
        used <= self.state().doubted
    }

    /// An idle connection was asked at `then` and gave no answer in time: those that were idle by then are not asked
    /// one by one.
    pub(super) fn fell_silent(&self, then: Instant) {
        self.state().silent = Some(then);
    }

    pub(super) fn is_given_up(&self, used: Instant) -> bool {
        self.state().silent.is_some_and(|silent| used <= silent)
    }

    /// The last failure, while it is too early at `now` to try again.
    pub(super) fn outage(&self, now: Instant) -> Option<MssqlError> {
        let state = self.state();
        let outage = state.outage.as_ref()?;
        (now < outage.until).then(|| outage.error.clone())
    }

    /// Notes how an attempt to connect ended at `now`.
    pub(super) fn connected(&self, result: Result<(), &MssqlError>, now: Instant) {
        let mut state = self.state();
        let Err(error) = result else {
            state.delays.reset();
            state.outage = None;
            return;
        };
        // Attempts that failed together count once.
        if state.outage.as_ref().is_none_or(|outage| outage.until <= now) {
            let until = now + state.delays.next_delay();
            state.outage = Some(Outage { until, error: error.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_failed_is_left_alone_until_it_works_again() {
        let health = Health::new();
        let now = Instant::now();
        assert!(health.outage(now).is_none());
        let error = MssqlError::Unavailable("gone".into());
        health.connected(Err(&error), now);
        assert_eq!(health.outage(now), Some(error.clone()));
        assert!(health.outage(now + LONGEST_PAUSE * 2).is_none(), "then somebody may try again");
        health.connected(Err(&error), now);
        health.connected(Ok(()), now);
        assert!(health.outage(now).is_none());
    }

    #[test]
    fn only_connections_used_before_a_loss_are_doubted() {
        let health = Health::new();
        let before = Instant::now();
        health.doubt();
        assert!(health.is_doubted(before));
        assert!(!health.is_doubted(Instant::now() + Duration::from_secs(1)));
    }

    #[test]
    fn what_was_idle_when_the_server_fell_silent_is_given_up() {
        let health = Health::new();
        let before = Instant::now();
        assert!(!health.is_given_up(before));
        health.fell_silent(before);
        assert!(health.is_given_up(before));
        assert!(!health.is_given_up(before + Duration::from_millis(1)), "it answered later");
    }
}
