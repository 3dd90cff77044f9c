//! Facts about one plug, and what decisions need to know of them. What the device worker reports carries
//! the time at the device, which may be long before the event was recorded.

use core::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{MacAddress, Model, PlugError, PlugIdentity};
use crate::{
    Aggregate, DomainEvent,
    ids::{AutomationId, LocationId, PlugId, RoomId},
    values::{Name, Reason},
};

/// Whether current flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Why the device worker switched, or tried to. Read tables keep it as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What sort of cause.
    pub kind: CauseKind,
    /// The automation, where one was at work.
    #[serde(rename = "automation_id")]
    pub automation: Option<AutomationId>,
    /// The position in the log of the event that led to it, where one did.
    pub event_position: Option<u64>,
    /// For people.
    #[serde(with = "reason_as_kept")]
    pub reason: Reason,
}

impl Cause {
    /// A cause without automation or event.
    #[must_use]
    pub fn new(kind: CauseKind, reason: Reason) -> Self {
        Self { kind, automation: None, event_position: None, reason }
    }
}

/// A reason as text. The log may hold reasons that would be refused today, and so may what was made of it.
mod reason_as_kept {
    use super::{Deserialize as _, Deserializer, Reason, Serializer};

    pub(super) fn serialize<S: Serializer>(reason: &Reason, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(reason.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Reason, D::Error> {
        String::deserialize(from).map(|text| Reason::stored(&text))
    }
}

/// What an energy meter showed. What is new of it was [checked](Reading::check); the log may hold anything finite.
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

/// A number that no meter of a plug shows.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("`{quantity}` must be {min} to {max}, is {actual:e}")]
pub struct ImplausibleReading {
    /// Which number.
    pub quantity: &'static str,
    /// The least it may be.
    pub min: f64,
    /// The most it may be.
    pub max: f64,
    /// As given.
    pub actual: f64,
}

impl Reading {
    /// Most watts, also fed in: some twenty times what a socket carries.
    pub const MAX_WATTS: f64 = 100_000.0;
    /// Most volts.
    pub const MAX_VOLTS: f64 = 1_000.0;
    /// Most amperes, also fed in.
    pub const MAX_AMPS: f64 = 1_000.0;
    /// Most watt hours: a socket's full load for more than thirty years.
    pub const MAX_WATT_HOURS: f64 = 1_000_000_000.0;

    /// Checks each number.
    ///
    /// # Errors
    /// The first that no meter of a plug shows.
    pub fn check(self) -> Result<Self, ImplausibleReading> {
        let within = |quantity, min, max, actual: f64| {
            // Not a number is in no range.
            let fits = (min..=max).contains(&actual);
            if fits { Ok(()) } else { Err(ImplausibleReading { quantity, min, max, actual }) }
        };
        within("power_watts", -Self::MAX_WATTS, Self::MAX_WATTS, self.power_watts)?;
        within("voltage_volts", 0.0, Self::MAX_VOLTS, self.voltage_volts)?;
        within("current_amps", -Self::MAX_AMPS, Self::MAX_AMPS, self.current_amps)?;
        within("total_watt_hours", 0.0, Self::MAX_WATT_HOURS, self.total_watt_hours)?;
        Ok(self)
    }
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
        /// On: when the desired state ends, always there. Off: until when nothing may switch it on; without it,
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

/// The aggregate.
#[derive(Debug)]
pub struct Plug;

/// A plug's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlugState {
    /// Never registered.
    #[default]
    Absent,
    /// Registered once.
    Registered(RegisteredPlug),
}

/// A plug that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredPlug {
    /// The venue.
    pub location: LocationId,
    /// Who it is.
    pub identity: PlugIdentity,
    /// What people call it.
    pub name: String,
    /// The room it serves.
    pub room: Option<RoomId>,
    /// What was asked last and not released; may be over by now.
    pub ask: Option<Ask>,
    /// Let go for good.
    pub retired: bool,
}

/// A desired state with an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What is wanted.
    pub state: RelayState,
    /// Why.
    pub reason: String,
    /// When it ends.
    pub until: Timestamp,
}

impl PlugState {
    /// The plug, if it exists at `location`: another location's plug is as absent as none.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn at(&self, location: LocationId) -> Result<&RegisteredPlug, PlugError> {
        match self {
            Self::Registered(plug) if plug.location == location => Ok(plug),
            Self::Registered(_) | Self::Absent => Err(PlugError::NotFound),
        }
    }
}

impl RegisteredPlug {
    /// Whether people put it to use: it serves a room, or was asked for and not released.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.room.is_some() || self.ask.is_some()
    }

    /// What is wanted at `now`.
    #[must_use]
    pub fn live_ask(&self, now: Timestamp) -> Option<&Ask> {
        self.ask.as_ref().filter(|ask| now < ask.until)
    }
}

impl Aggregate for Plug {
    type Event = PlugEvent;
    type State = PlugState;
    const CATEGORY: &'static str = "plug";

    fn evolve(state: PlugState, event: &PlugEvent) -> PlugState {
        match (state, event) {
            (
                PlugState::Absent,
                PlugEvent::Registered {
                    id: _,
                    location,
                    identity,
                    model: _,
                    name,
                    address: _,
                    has_energy_meter: _,
                },
            ) => PlugState::Registered(RegisteredPlug {
                location: *location,
                identity: identity.clone(),
                name: name.to_string(),
                room: None,
                ask: None,
                retired: false,
            }),
            (PlugState::Registered(plug), event) => PlugState::Registered(changed(plug, event)),
            (PlugState::Absent, _) => PlugState::Absent,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&PlugEvent> {
        match event {
            DomainEvent::Plug(event) => Some(event),
            _ => None,
        }
    }
}

fn changed(plug: RegisteredPlug, event: &PlugEvent) -> RegisteredPlug {
    match event {
        PlugEvent::Registered { .. } | PlugEvent::Reported { .. } => plug,
        PlugEvent::Bound { room } => RegisteredPlug { room: Some(*room), ..plug },
        PlugEvent::Unbound => RegisteredPlug { room: None, ..plug },
        PlugEvent::Renamed { name } => RegisteredPlug { name: name.to_string(), ..plug },
        PlugEvent::Asked { state, reason, until, at: _ } => {
            let ask = until.map(|until| Ask { state: *state, reason: reason.to_string(), until });
            RegisteredPlug { ask, ..plug }
        }
        PlugEvent::Released { at: _ } => RegisteredPlug { ask: None, ..plug },
        PlugEvent::Retired { reason: _ } => RegisteredPlug { room: None, ask: None, retired: true, ..plug },
    }
}

/// Whether `ask` says the same as the arguments.
pub(super) fn is_same(ask: &Ask, state: RelayState, reason: &Reason, until: Timestamp) -> bool {
    ask.state == state && ask.until == until && ask.reason == reason.as_str()
}
