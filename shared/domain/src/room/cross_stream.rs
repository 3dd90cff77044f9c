//! Decisions about a room that need its location or its game as well.

use std::collections::BTreeMap;

use super::{Controller, RoomCommand, RoomError, RoomState, decide};
use crate::{
    Change, Refusal,
    game::{GameError, GameState},
    ids::{GameId, LocationId, RoomId, VariantId},
    location::LocationState,
    values::Name,
};

/// A room about to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoom {
    /// Fresh id.
    pub id: RoomId,
    /// The venue.
    pub location: LocationId,
    /// The game.
    pub game: GameId,
    /// What people call it.
    pub name: Name,
    /// Addresses of the game's controllers.
    pub controllers: Vec<Controller>,
}

/// Installs `new`; `location` and `game` are the states of the streams it names.
///
/// # Errors
/// `location_not_found`, `location_disabled`, `game_not_found`, `game_retired`, and the room's own.
pub fn install(
    location: &LocationState,
    game: &GameState,
    room: &RoomState,
    new: NewRoom,
) -> Result<Vec<Change>, Refusal> {
    location.in_business()?;
    if game.on_offer()?.id != new.game {
        return Err(GameError::NotFound.into());
    }
    let NewRoom { id, location, game, name, controllers } = new;
    let installed = decide(room, RoomCommand::Install { id, location, game, name, controllers })?;
    Ok(Change::all(&id.stream(), installed))
}

/// Lets `variant` be played in the room `id` of `location`; `game` is the state of the room's game.
///
/// # Errors
/// `room_not_found`, `game_not_found`, `variant_of_other_game`, `variant_not_found`, `variant_retired`,
/// and the room's own.
pub fn activate_variant(
    (location, id): (LocationId, RoomId),
    game: &GameState,
    room: &RoomState,
    variant: VariantId,
    custom: BTreeMap<String, String>,
) -> Result<Vec<Change>, Refusal> {
    let installed = room.at(location)?;
    let listed = game.existing()?;
    if listed.id != installed.game() {
        return Err(RoomError::VariantOfOtherGame.into());
    }
    listed.playable_variant(variant)?;
    change((location, id), room, RoomCommand::ActivateVariant { variant, custom })
}

/// Any command that concerns only the room `id`, which must be at `location`.
///
/// # Errors
/// `room_not_found` also for another location's room, and the room's own.
pub fn change(
    (location, id): (LocationId, RoomId),
    room: &RoomState,
    command: RoomCommand,
) -> Result<Vec<Change>, Refusal> {
    room.at(location)?;
    Ok(Change::all(&id.stream(), decide(room, command)?))
}
