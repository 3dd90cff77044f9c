//! What decisions about a plug need to know.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlugError, PlugEvent, PlugIdentity, RelayState};
use crate::{
    Aggregate, DomainEvent,
    ids::{LocationId, RoomId},
    values::Reason,
};

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

/// A wish with an end.
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
