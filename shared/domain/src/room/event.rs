//! Facts about one room.

use std::collections::BTreeMap;

use crate::{
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    values::{Name, Reason},
};

use super::Controller;

/// What happened to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// A game was installed at a location.
    Installed {
        /// Its id.
        id: RoomId,
        /// The venue.
        location: LocationId,
        /// The game.
        game: GameId,
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers.
        controllers: Vec<Controller>,
    },
    /// The configuration as a whole, after the change.
    Reconfigured {
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers.
        controllers: Vec<Controller>,
        /// Free settings for the game engine.
        overrides: BTreeMap<String, String>,
    },
    /// A variant can be played here.
    VariantActivated {
        /// Which.
        variant: VariantId,
        /// Settings of this room for it.
        custom: BTreeMap<String, String>,
    },
    /// A variant can no longer be played here.
    VariantDeactivated {
        /// Which.
        variant: VariantId,
    },
    /// Nothing starts here until it returns.
    TakenOutOfService {
        /// Why.
        reason: Reason,
    },
    /// Back in service.
    ReturnedToService,
    /// A play began here.
    Occupied {
        /// Which.
        play: PlayId,
    },
    /// The play here ended.
    Vacated {
        /// Which.
        play: PlayId,
    },
}
