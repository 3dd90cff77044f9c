//! What decisions about an automation need to know.

use jiff::Timestamp;

use super::{AutomationError, AutomationEvent, AutomationSpec};
use crate::{Aggregate, DomainEvent, ids::LocationId, plug::RelayState};

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

/// A wish above trigger and gates, with an end.
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
