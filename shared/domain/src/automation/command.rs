//! What can be asked of an automation, and what is decided on it.

use jiff::Timestamp;

use super::{
    Action, AutomationError, AutomationEvent, AutomationReport, AutomationSpec, AutomationState,
    ExistingAutomation, Force, USUAL_PULSE_MILLISECONDS, check, faults,
};
use crate::{
    ids::{AutomationId, LocationId},
    plug::{RelayState, checked_end},
    values::Reason,
};

/// A command on one automation. Creating and changing one concern the plugs and the room it names too and
/// are asked through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutomationCommand {
    /// Make it, enabled.
    Create {
        /// Fresh id.
        id: AutomationId,
        /// The venue.
        location: LocationId,
        /// The rule.
        spec: AutomationSpec,
    },
    /// Give it another rule.
    Change {
        /// The whole rule.
        spec: AutomationSpec,
    },
    /// Let its trigger count.
    Enable,
    /// Let its trigger not count; ends a force too.
    Disable {
        /// Why.
        reason: Option<Reason>,
    },
    /// Want its plugs on, or want it not to switch them on, whatever its trigger and gates.
    Force {
        /// Which.
        state: RelayState,
        /// When that ends, within 24 hours.
        until: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// End a force.
    Unforce {
        /// When.
        at: Timestamp,
    },
    /// Want a pulse now.
    Pulse {
        /// How long, 100 to 10 000; its rule's, or the usual, when nothing is said.
        milliseconds: Option<u32>,
        /// When.
        at: Timestamp,
    },
    /// Keep what the device worker says.
    Report {
        /// What.
        report: AutomationReport,
        /// When, at the worker.
        at: Timestamp,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// Whether the plugs and the room of a rule exist is for [`super::cross_stream`].
///
/// # Errors
/// The first rule it breaks.
pub fn decide(
    state: &AutomationState,
    command: AutomationCommand,
) -> Result<Vec<AutomationEvent>, AutomationError> {
    match (state, command) {
        (AutomationState::Absent, AutomationCommand::Create { id, location, spec }) => {
            let spec = checked(spec)?;
            Ok(vec![AutomationEvent::Created { id, location, spec }])
        }
        (AutomationState::Existing(_), AutomationCommand::Create { .. }) => {
            Err(AutomationError::AlreadyExists)
        }
        (AutomationState::Absent, _) => Err(AutomationError::NotFound),
        (AutomationState::Existing(automation), AutomationCommand::Change { spec }) => {
            let spec = checked(spec)?;
            Ok(if automation.spec == spec { vec![] } else { vec![AutomationEvent::Changed { spec }] })
        }
        (AutomationState::Existing(automation), AutomationCommand::Enable) => {
            Ok(if automation.enabled { vec![] } else { vec![AutomationEvent::Enabled] })
        }
        (AutomationState::Existing(automation), AutomationCommand::Disable { reason }) => {
            Ok(if automation.enabled { vec![AutomationEvent::Disabled { reason }] } else { vec![] })
        }
        (AutomationState::Existing(automation), AutomationCommand::Force { state, until, at }) => {
            force(automation, state, until, at)
        }
        (AutomationState::Existing(automation), AutomationCommand::Unforce { at }) => {
            let forced = automation.live_force(at).is_some();
            Ok(if forced { vec![AutomationEvent::Unforced { at }] } else { vec![] })
        }
        (AutomationState::Existing(automation), AutomationCommand::Pulse { milliseconds, at }) => {
            pulse(automation, milliseconds, at)
        }
        (AutomationState::Existing(_), AutomationCommand::Report { report, at }) => {
            Ok(vec![AutomationEvent::Reported { report, at }])
        }
    }
}

fn checked(spec: AutomationSpec) -> Result<AutomationSpec, AutomationError> {
    faults(&spec).into_iter().next().map_or(Ok(spec), |fault| Err(AutomationError::Spec(fault)))
}

fn force(
    automation: &ExistingAutomation,
    state: RelayState,
    until: Timestamp,
    at: Timestamp,
) -> Result<Vec<AutomationEvent>, AutomationError> {
    let until = checked_end(until, at).map_err(AutomationError::End)?;
    if !automation.enabled {
        return Err(AutomationError::Disabled);
    }
    let in_effect = automation.live_force(at) == Some(Force { state, until });
    Ok(if in_effect { vec![] } else { vec![AutomationEvent::Forced { state, until, at }] })
}

fn pulse(
    automation: &ExistingAutomation,
    milliseconds: Option<u32>,
    at: Timestamp,
) -> Result<Vec<AutomationEvent>, AutomationError> {
    let own = match automation.spec.action {
        Action::Pulse { milliseconds } => milliseconds,
        Action::On { .. } | Action::WhilePlay | Action::Off => USUAL_PULSE_MILLISECONDS,
    };
    let milliseconds = milliseconds.unwrap_or(own);
    if let Some(why) = check::pulse(milliseconds) {
        return Err(AutomationError::PulseLength(why));
    }
    if !automation.enabled {
        return Err(AutomationError::Disabled);
    }
    Ok(vec![AutomationEvent::Pulsed { milliseconds, at }])
}
