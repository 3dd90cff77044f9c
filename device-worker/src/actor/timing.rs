//! How often an actor looks, and how long it is patient.

use std::time::Duration;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Shortest and longest pause between two looks at a device; drawn anew each time, so that hundreds of
    /// plugs do not answer at once.
    pub poll: (Duration, Duration),
    /// Pause between two readings of an energy meter.
    pub energy: Duration,
    /// Pause after a first failure; grows up to `longest_retry`.
    pub first_retry: Duration,
    /// Longest pause between two tries.
    pub longest_retry: Duration,
    /// Longest try to switch, with all that belongs to it: a look before, the countdown, and reading back. An ON
    /// has longer where more than one timer is armed for it; see [`Timing::switching_on`].
    pub switching: Duration,
    /// What each timer after the first adds to that: up to three requests.
    pub another_timer: Duration,
    /// How long the engine has to answer a pressed button, before the desired state is enforced all the same.
    pub yielding: Duration,
    /// Longest countdown armed on a device: it goes off by itself when this is not renewed for so long. One that was
    /// refused is asked for again after a fifth of it.
    pub dead_man: Duration,
    /// How much later than the end of the desired ON the countdown fires.
    pub dead_man_margin: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll: (Duration::from_secs(10), Duration::from_secs(30)),
            energy: Duration::from_mins(5),
            first_retry: Duration::from_millis(100),
            longest_retry: Duration::from_secs(10),
            switching: Duration::from_secs(6),
            another_timer: Duration::from_secs(2),
            yielding: Duration::from_secs(5),
            dead_man: Duration::from_mins(5),
            dead_man_margin: Duration::from_secs(5),
        }
    }
}

/// Timers that an ON is given time for; no strip has more outlets than six, whatever one may say of itself.
const MOST_TIMERS: usize = 6;

impl Timing {
    /// Longest try to switch on what has so many timers of its own.
    #[must_use]
    pub fn switching_on(&self, timers: usize) -> Duration {
        let others = timers.clamp(1, MOST_TIMERS) - 1;
        let share = u32::try_from(others).map_or(Duration::ZERO, |others| self.another_timer * others);
        self.switching.saturating_add(share)
    }

    /// A pause until the next look.
    #[must_use]
    pub fn next_poll(&self) -> Duration {
        let (shortest, longest) = self.poll;
        let spread = longest.saturating_sub(shortest);
        shortest + spread.mul_f64(rand::random_range(0.0..=1.0))
    }
}
