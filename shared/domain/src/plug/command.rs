//! What can be asked of a plug, and what is decided on it.

use core::net::SocketAddr;

use jiff::Timestamp;

use super::{
    LONGEST_ASK, Model, PlugError, PlugEvent, PlugIdentity, PlugReport, PlugState, RegisteredPlug,
    RelayState, USUAL_ON, event::is_same,
};
use crate::{
    ids::{LocationId, PlugId, RoomId},
    values::{Name, Reason},
};

/// A plug about to become known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlug {
    /// Fresh id.
    pub id: PlugId,
    /// The venue.
    pub location: LocationId,
    /// Who it is; claimed in the same append.
    pub identity: PlugIdentity,
    /// What the device calls its model.
    pub model: Model,
    /// What people call it.
    pub name: Name,
    /// Where it was found.
    pub address: Option<SocketAddr>,
    /// Whether it can measure.
    pub has_energy_meter: bool,
    /// A device worker found it: what it is follows from what the device answered. What a person registers is as that
    /// person wants it.
    pub found: bool,
}

/// A command on one plug. Registering, binding and retiring one concern other streams too and are asked
/// through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq)]
pub enum PlugCommand {
    /// Make it known.
    Register(NewPlug),
    /// Let it serve this room, or none.
    Bind {
        /// Which.
        room: Option<RoomId>,
    },
    /// Call it otherwise.
    Rename {
        /// The new name.
        name: Name,
    },
    /// Want it on, for an hour if nothing else is said, or off.
    Ask {
        /// What is wanted.
        state: RelayState,
        /// Why.
        reason: Reason,
        /// When the desired state ends, within 24 hours.
        until: Option<Timestamp>,
        /// When.
        at: Timestamp,
    },
    /// End what was asked.
    Release {
        /// When.
        at: Timestamp,
    },
    /// Let it go.
    Retire {
        /// Why.
        reason: Reason,
    },
    /// Keep what the device worker says.
    Report {
        /// What.
        report: PlugReport,
        /// When, at the device.
        at: Timestamp,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &PlugState, command: PlugCommand) -> Result<Vec<PlugEvent>, PlugError> {
    match (state, command) {
        (PlugState::Absent, PlugCommand::Register(new)) => Ok(vec![registered(new)]),
        (PlugState::Registered(_), PlugCommand::Register(_)) => Err(PlugError::AlreadyRegistered),
        (PlugState::Absent, _) => Err(PlugError::NotFound),
        // What became of a plug is a fact, also after it was let go: that is how it is switched off.
        (PlugState::Registered(_), PlugCommand::Report { report, at }) => {
            Ok(vec![PlugEvent::Reported { report, at }])
        }
        (PlugState::Registered(plug), PlugCommand::Retire { reason }) => {
            Ok(if plug.retired { vec![] } else { vec![PlugEvent::Retired { reason }] })
        }
        (PlugState::Registered(plug), _) if plug.retired => Err(PlugError::Retired),
        (PlugState::Registered(plug), PlugCommand::Bind { room }) => Ok(bind(plug, room)),
        (PlugState::Registered(plug), PlugCommand::Rename { name }) => {
            Ok(if plug.name == name.as_str() { vec![] } else { vec![PlugEvent::Renamed { name }] })
        }
        (PlugState::Registered(plug), PlugCommand::Ask { state, reason, until, at }) => {
            ask(plug, state, reason, until, at)
        }
        (PlugState::Registered(plug), PlugCommand::Release { at }) => {
            Ok(if plug.live_ask(at).is_some() { vec![PlugEvent::Released { at }] } else { vec![] })
        }
    }
}

fn registered(new: NewPlug) -> PlugEvent {
    let NewPlug { id, location, identity, model, name, address, has_energy_meter, found: _ } = new;
    PlugEvent::Registered { id, location, identity, model, name, address, has_energy_meter }
}

fn bind(plug: &RegisteredPlug, room: Option<RoomId>) -> Vec<PlugEvent> {
    match room {
        same if same == plug.room => vec![],
        Some(room) => vec![PlugEvent::Bound { room }],
        None => vec![PlugEvent::Unbound],
    }
}

fn ask(
    plug: &RegisteredPlug,
    state: RelayState,
    reason: Reason,
    until: Option<Timestamp>,
    at: Timestamp,
) -> Result<Vec<PlugEvent>, PlugError> {
    let until = ask_end(state, until, at).map(|until| checked_end(until, at)).transpose()?;
    let same = |until| plug.live_ask(at).is_some_and(|ask| is_same(ask, state, &reason, until));
    let in_effect = until.is_some_and(same);
    Ok(if in_effect { vec![] } else { vec![PlugEvent::Asked { state, reason, until, at }] })
}

/// When an ask made at `at` ends: an "on" always does.
#[must_use]
pub fn ask_end(state: RelayState, until: Option<Timestamp>, at: Timestamp) -> Option<Timestamp> {
    match (state, until) {
        (_, Some(until)) => Some(until),
        (RelayState::On, None) => Some(at.saturating_add(USUAL_ON).unwrap_or(Timestamp::MAX)),
        (RelayState::Off, None) => None,
    }
}

/// `until`, when it is ahead of `now` and not by more than anybody may ask for.
///
/// # Errors
/// `EndNotAhead`, `EndTooFar`.
pub(crate) fn checked_end(until: Timestamp, now: Timestamp) -> Result<Timestamp, PlugError> {
    if until <= now {
        Err(PlugError::EndNotAhead { until, now })
    } else if until.duration_since(now) > LONGEST_ASK {
        Err(PlugError::EndTooFar { until })
    } else {
        Ok(until)
    }
}
