//! Facts about one automation. What the device worker logs carries the time at which it happened there,
//! which may be long before the event was recorded.

use jiff::Timestamp;

use crate::{
    ids::{AutomationId, LocationId, PlugId},
    plug::RelayState,
    values::Reason,
};

use super::AutomationSpec;

/// What the device worker did for an automation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoneAction {
    /// Its plugs are wanted on.
    On,
    /// It no longer wants its plugs on.
    Off,
    /// Its plugs are wanted on for a moment.
    Pulse,
}

impl DoneAction {
    /// As stored and as on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Pulse => "pulse",
        }
    }
}

/// What sort of thing made the worker look at an automation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OccasionKind {
    /// An event at the location.
    Event,
    /// A time of its cron expression.
    Cron,
    /// Its interval.
    Every,
    /// Somebody forced it.
    Force,
    /// Somebody wanted a pulse.
    Pulse,
    /// A time it had set itself: the end of an on, of a play, of a force.
    End,
    /// It was changed or disabled.
    Change,
}

impl OccasionKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Event, Self::Cron, Self::Every, Self::Force, Self::Pulse, Self::End, Self::Change];

    /// As stored and as on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Cron => "cron",
            Self::Every => "every",
            Self::Force => "force",
            Self::Pulse => "pulse",
            Self::End => "end",
            Self::Change => "change",
        }
    }
}

/// What made the worker look at an automation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// What sort of thing.
    pub kind: OccasionKind,
    /// The position in the log of the event that led to it, where one did.
    pub event_position: Option<u64>,
}

/// What happened to an automation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutomationEvent {
    /// It exists, enabled.
    Created {
        /// Its id.
        id: AutomationId,
        /// The venue.
        location: LocationId,
        /// The rule.
        spec: AutomationSpec,
    },
    /// The whole rule, after the change.
    Changed {
        /// The rule.
        spec: AutomationSpec,
    },
    /// Its trigger counts again.
    Enabled,
    /// Its trigger does not count; what it held on is let go, a force too.
    Disabled {
        /// Why.
        reason: Option<Reason>,
    },
    /// Somebody wants its plugs on, or wants it not to switch them on, whatever its trigger and gates.
    Forced {
        /// Which.
        state: RelayState,
        /// When that ends.
        until: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// The force is over early.
    Unforced {
        /// When.
        at: Timestamp,
    },
    /// Somebody wants a pulse now, whatever its trigger and gates.
    Pulsed {
        /// How long.
        milliseconds: u32,
        /// When.
        at: Timestamp,
    },
    /// The device worker logged something.
    Reported {
        /// What.
        report: AutomationReport,
        /// When, at the worker.
        at: Timestamp,
    },
}

/// What the device worker says about an automation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutomationReport {
    /// The worker did something for it.
    Acted {
        /// What.
        action: DoneAction,
        /// On what occasion.
        occasion: Occasion,
        /// For people.
        reason: Reason,
        /// When the last of what it holds on now ends at the latest, its maximum included; none when it holds
        /// nothing.
        until: Option<Timestamp>,
    },
    /// The worker did nothing for it although its trigger came.
    Skipped {
        /// Why: a gate, a limit, a late event, an override.
        reason: Reason,
        /// On what occasion.
        occasion: Occasion,
    },
    /// One of its plugs could not be switched.
    Failed {
        /// Which.
        plug: Option<PlugId>,
        /// What went wrong.
        error: Reason,
        /// On what occasion.
        occasion: Occasion,
    },
}
