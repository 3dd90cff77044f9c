//! What can be asked of a plug.

use core::net::SocketAddr;

use jiff::Timestamp;

use crate::{
    ids::{LocationId, PlugId, RoomId},
    values::{Name, Reason},
};

use super::{Model, PlugIdentity, PlugReport, RelayState};

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
}

/// A wish about one plug. Registering, binding and retiring one concern other streams too and are asked
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
        /// When the wish ends, within 24 hours.
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
