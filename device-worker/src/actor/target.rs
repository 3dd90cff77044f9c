//! The outlet of a request, with the timers that the device keeps for it.

use tokio::time::Instant;
use tplink_hs1xx::Outlets;

/// The outlet of a request, and what is known of it.
pub(super) struct Target {
    pub(super) outlets: Outlets,
    /// What has a timer of its own; empty when that is not known.
    pub(super) timers: Vec<Outlets>,
    pub(super) countdown: Countdown,
    /// The relay.
    pub(super) relay: Option<bool>,
}

/// The device's own timers for this outlet, as far as known: all of them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Countdown {
    /// Not armed by us.
    Idle,
    /// Switches off at `fires`, unless renewed, best at `renew`.
    Armed {
        /// When.
        fires: Instant,
        /// Half-way there, so that one failed try does no harm.
        renew: Instant,
    },
    /// Perhaps still armed, and not as wanted.
    Stale,
    /// The device has one and would not arm it; it may change its mind.
    Refused {
        /// When to ask again.
        again: Instant,
    },
    /// The device has none.
    Unsupported,
}

impl Countdown {
    /// The timer is not wanted any more, or not known.
    pub(super) fn abandon(&mut self) {
        if let Self::Armed { .. } | Self::Refused { .. } = self {
            *self = Self::Stale;
        }
    }
}
