//! What can be asked of a room.

use std::collections::BTreeMap;

use crate::{
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    values::{Name, Reason},
};

use super::Controller;

/// A wish about a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomCommand {
    /// Install a game at a location.
    Install {
        /// Fresh id.
        id: RoomId,
        /// The venue, which must be in business.
        location: LocationId,
        /// The game, which must not be retired.
        game: GameId,
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers, at most 20.
        controllers: Vec<Controller>,
    },
    /// Change the configuration; what is absent stays.
    Reconfigure {
        /// What people call it.
        name: Option<Name>,
        /// Addresses of the game's controllers, at most 20.
        controllers: Option<Vec<Controller>>,
        /// Free settings for the game engine, at most 50.
        overrides: Option<BTreeMap<String, String>>,
    },
    /// Let a variant be played here, or change its settings here.
    ActivateVariant {
        /// Which; one of the room's game that is not retired.
        variant: VariantId,
        /// Settings of this room for it, at most 50.
        custom: BTreeMap<String, String>,
    },
    /// Let a variant be played here no more.
    DeactivateVariant {
        /// Which.
        variant: VariantId,
    },
    /// Let nothing start here. A play under way goes on.
    TakeOutOfService {
        /// Why.
        reason: Reason,
    },
    /// Back in service.
    Return,
    /// Begin a play here.
    Occupy {
        /// Which.
        play: PlayId,
        /// What it plays.
        variant: VariantId,
    },
    /// End a play here.
    Vacate {
        /// Which.
        play: PlayId,
    },
}
