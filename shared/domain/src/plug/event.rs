//! Facts about one plug. What the device worker reports carries the time at the device, which may be
//! long before the event was recorded.

use core::net::SocketAddr;

use jiff::Timestamp;

use crate::{
    ids::{AutomationId, LocationId, PlugId, RoomId},
    values::{Name, Reason},
};

use super::{MacAddress, Model, PlugIdentity};

/// Whether current flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelayState {
    /// It does.
    On,
    /// It does not.
    Off,
}

impl RelayState {
    /// `on` or `off`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// What made the device worker switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An automation's trigger.
    Automation,
    /// An automation forced on or off by somebody.
    Force,
    /// Somebody's ask.
    Ask,
    /// An ask was released.
    Release,
    /// What wanted it on ended in time.
    HoldEnd,
    /// An override ended.
    OverrideEnd,
    /// It had been on for as long as it may.
    Limit,
    /// Nothing wants it on.
    Unwanted,
    /// The worker started and found it so.
    Start,
    /// The worker stops.
    Shutdown,
    /// The plug was unbound from its room.
    Unbound,
    /// The plug was retired.
    Retired,
}

impl CauseKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Automation,
        Self::Force,
        Self::Ask,
        Self::Release,
        Self::HoldEnd,
        Self::OverrideEnd,
        Self::Limit,
        Self::Unwanted,
        Self::Start,
        Self::Shutdown,
        Self::Unbound,
        Self::Retired,
    ];

    /// As stored and as on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automation => "automation",
            Self::Force => "force",
            Self::Ask => "ask",
            Self::Release => "release",
            Self::HoldEnd => "hold_end",
            Self::OverrideEnd => "override_end",
            Self::Limit => "limit",
            Self::Unwanted => "unwanted",
            Self::Start => "start",
            Self::Shutdown => "shutdown",
            Self::Unbound => "unbound",
            Self::Retired => "retired",
        }
    }
}

/// Why the device worker switched, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What sort of cause.
    pub kind: CauseKind,
    /// The automation, where one was at work.
    pub automation: Option<AutomationId>,
    /// The position in the log of the event that led to it, where one did.
    pub event_position: Option<u64>,
    /// For people.
    pub reason: Reason,
}

/// What an energy meter showed. All numbers are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Power drawn then, in watts.
    pub power_watts: f64,
    /// Mains voltage, in volts.
    pub voltage_volts: f64,
    /// Current drawn then, in amperes.
    pub current_amps: f64,
    /// Energy since the meter was last erased, in watt hours.
    pub total_watt_hours: f64,
}

/// What happened to a plug.
#[derive(Clone, Debug, PartialEq)]
pub enum PlugEvent {
    /// It became known at a location.
    Registered {
        /// Its id.
        id: PlugId,
        /// The venue.
        location: LocationId,
        /// Who it is.
        identity: PlugIdentity,
        /// What the device calls its model.
        model: Model,
        /// What people call it.
        name: Name,
        /// Where it was found.
        address: Option<SocketAddr>,
        /// Whether it can measure.
        has_energy_meter: bool,
    },
    /// It serves a room from now on.
    Bound {
        /// Which.
        room: RoomId,
    },
    /// It serves no room any more.
    Unbound,
    /// Called otherwise from now on.
    Renamed {
        /// The new name.
        name: Name,
    },
    /// Somebody wants it on or off. Replaces what was asked before.
    Asked {
        /// What is wanted.
        state: RelayState,
        /// Why.
        reason: Reason,
        /// On: when the wish ends, always there. Off: until when nothing may switch it on; without it,
        /// what wants it on now is dropped and nothing is forbidden.
        until: Option<Timestamp>,
        /// When.
        at: Timestamp,
    },
    /// What was asked is over early; automations decide again.
    Released {
        /// When.
        at: Timestamp,
    },
    /// Switched off once and then let go; its identity is free for another registration.
    Retired {
        /// Why.
        reason: Reason,
    },
    /// The device worker reported something.
    Reported {
        /// What.
        report: PlugReport,
        /// When, at the device.
        at: Timestamp,
    },
}

/// What the device worker says about a plug.
#[derive(Clone, Debug, PartialEq)]
pub enum PlugReport {
    /// The worker switched it and read it back.
    Switched {
        /// The state now.
        state: RelayState,
        /// Why.
        cause: Cause,
    },
    /// The plug answered and did not switch.
    Refused {
        /// The state it should have had.
        state: RelayState,
        /// What it said.
        error: Reason,
        /// Why it should have switched.
        cause: Cause,
    },
    /// The plug stopped answering.
    Unreachable {
        /// What was tried and how it failed.
        error: Reason,
    },
    /// The plug answers again.
    Recovered,
    /// Its relay was seen in a state that nobody commanded.
    Overridden {
        /// The state seen.
        state: RelayState,
        /// How long that is respected.
        until: Timestamp,
    },
    /// It answers at another address.
    Moved {
        /// Where.
        address: SocketAddr,
    },
    /// Its energy meter was read.
    Read {
        /// What it showed.
        reading: Reading,
    },
    /// At its address another device answered, which was left alone.
    IdentityRefused {
        /// Where.
        address: SocketAddr,
        /// Who was found there, if it said.
        found: Option<MacAddress>,
    },
}
