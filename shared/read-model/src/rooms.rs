//! The rooms of the venues: the game in each, its configuration, and what can be played there.

use std::collections::BTreeMap;

use domain::{
    ids::{GameId, LocationId, RoomId, VariantId},
    log::Version,
    room::Controller,
    values::{Name, Reason},
};
use read_store::{Json, ReadModel, Record as _, record};
use serde::{Deserialize, Serialize};

/// The rooms.
pub const ROOMS: ReadModel = ReadModel { name: "rooms", tables: &[RoomRow::TABLE] };

record! {
    /// A room as people see it.
    pub struct RoomRow in "rooms" {
        key {
            /// Its id.
            room_id: RoomId,
        }
        /// The venue.
        location_id: LocationId,
        /// The game installed in it.
        game_id: GameId,
        /// What people call it.
        name: Name,
        /// Addresses of the game's controllers.
        controllers: Json<Vec<Controller>>,
        /// Free settings for the game engine.
        overrides: Json<BTreeMap<String, String>>,
        /// What can be played in it, in the order of the variants' ids.
        variants: Json<Vec<VariantCell>>,
        /// Whether plays may start.
        in_service: bool,
        /// Why not.
        out_of_service_reason: Option<Reason>,
        /// Last event of its stream that changed the row.
        stream_version: Version,
    }
    index "location" (location_id, room_id);
}

/// A variant that can be played in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantCell {
    /// Which.
    pub variant_id: VariantId,
    /// This room's settings for it.
    pub custom: BTreeMap<String, String>,
}
