//! What the actor of a device observes of a plug, for the engine.

use std::{net::SocketAddr, time::Duration};

use domain::ids::PlugId;
use jiff::Timestamp;
use tplink_hs1xx::{Energy, Mac};

use crate::desired::Desired;

/// What an actor observed of one plug.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Which plug.
    pub plug: PlugId,
    /// When, at the worker.
    pub at: Timestamp,
    /// What.
    pub kind: ObservationKind,
}

/// See [`Observation`].
#[derive(Clone, Debug)]
pub enum ObservationKind {
    /// It was switched as desired, and the read-back agrees.
    Switched(Desired),
    /// A try to switch it failed; observed once a desired state and reason.
    Failed {
        /// What was desired.
        desired: Desired,
        /// The reason.
        error: String,
        /// It answered and did not obey, rather than not answering.
        refused: bool,
    },
    /// It was looked at.
    Seen {
        /// The relay.
        on: bool,
        /// The desired state that its actor had then.
        serial: Option<u64>,
    },
    /// It is off as desired, and no ON of ours can arrive any more; observed once a desired OFF.
    StaysOff {
        /// The desired state.
        serial: u64,
    },
    /// It was switched on as desired, is not on any more, and is to be switched on again: that needs a new desired
    /// state.
    NeedsRetry(Desired),
    /// An ON of this desired state is not sent any more: the plug is on, or is to be off.
    UnconfirmedOn {
        /// The desired state.
        serial: u64,
        /// For how long an ON that was sent may still take effect; none when all were answered.
        left: Option<Duration>,
    },
    /// It was as desired, stayed in touch, and changed all the same: its button was pressed.
    Pressed {
        /// The relay now.
        on: bool,
    },
    /// It stopped answering; observed once.
    Unreachable {
        /// How that showed.
        error: String,
    },
    /// It answers again; observed once.
    Recovered,
    /// Another device is at its address; observed once an address and device.
    IdentityRefused {
        /// The address.
        address: SocketAddr,
        /// Which device is there, if it said so.
        found: Option<Mac>,
    },
    /// Its energy meter.
    Reading(Energy),
}
