//! Facts about one automation, and what decisions need to know of them. What the device worker logs carries
//! the time at which it happened there, which may be long before the event was recorded.

use jiff::Timestamp;

use super::{AutomationError, AutomationSpec};
use crate::{
    Aggregate, DomainEvent,
    ids::{AutomationId, LocationId, PlugId},
    plug::RelayState,
    values::Reason,
};

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

/// The aggregate.
#[derive(Debug)]
pub struct Automation;

/// An automation's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AutomationState {
    /// Never created.
    #[default]
    Absent,
    /// Created once.
    Existing(Box<ExistingAutomation>),
}

/// An automation that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingAutomation {
    /// The venue.
    pub location: LocationId,
    /// The rule.
    pub spec: AutomationSpec,
    /// Whether its trigger counts.
    pub enabled: bool,
    /// What was forced last and not ended; may be over by now.
    pub force: Option<Force>,
}

/// A state that stands above trigger and gates, with an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Force {
    /// What is wanted.
    pub state: RelayState,
    /// When it ends.
    pub until: Timestamp,
}

impl AutomationState {
    /// The automation, if it exists at `location`: another location's is as absent as none.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn at(&self, location: LocationId) -> Result<&ExistingAutomation, AutomationError> {
        match self {
            Self::Existing(automation) if automation.location == location => Ok(automation),
            Self::Existing(_) | Self::Absent => Err(AutomationError::NotFound),
        }
    }
}

impl ExistingAutomation {
    /// What is forced at `now`.
    #[must_use]
    pub fn live_force(&self, now: Timestamp) -> Option<Force> {
        self.force.filter(|force| now < force.until)
    }
}

impl Aggregate for Automation {
    type Event = AutomationEvent;
    type State = AutomationState;
    const CATEGORY: &'static str = "automation";

    fn evolve(state: AutomationState, event: &AutomationEvent) -> AutomationState {
        match (state, event) {
            (AutomationState::Absent, AutomationEvent::Created { id: _, location, spec }) => {
                AutomationState::Existing(Box::new(ExistingAutomation {
                    location: *location,
                    spec: spec.clone(),
                    enabled: true,
                    force: None,
                }))
            }
            (AutomationState::Existing(mut automation), event) => {
                change(&mut automation, event);
                AutomationState::Existing(automation)
            }
            (AutomationState::Absent, _) => AutomationState::Absent,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&AutomationEvent> {
        match event {
            DomainEvent::Automation(event) => Some(event),
            _ => None,
        }
    }
}

fn change(automation: &mut ExistingAutomation, event: &AutomationEvent) {
    match event {
        AutomationEvent::Created { .. }
        | AutomationEvent::Pulsed { .. }
        | AutomationEvent::Reported { .. } => {}
        AutomationEvent::Changed { spec } => automation.spec = spec.clone(),
        AutomationEvent::Enabled => automation.enabled = true,
        AutomationEvent::Disabled { reason: _ } => {
            automation.enabled = false;
            automation.force = None;
        }
        AutomationEvent::Forced { state, until, at: _ } => {
            automation.force = Some(Force { state: *state, until: *until });
        }
        AutomationEvent::Unforced { at: _ } => automation.force = None,
    }
}
