//! Activates a variant of the room's game in a room, with settings for the game engine.

use std::collections::BTreeMap;

use domain::{
    game::Game,
    ids::{LocationId, RoomId, VariantId},
    room::{Room, cross_stream},
};

use crate::execute::{Changed, Command, Decided, ExecuteError, UnitOfWork};

/// Activates a variant in a room.
#[derive(Clone, Debug)]
pub struct ActivateVariant {
    /// Where.
    pub location: LocationId,
    /// The room.
    pub room: RoomId,
    /// The variant.
    pub variant: VariantId,
    /// Free settings for the game engine.
    pub custom: BTreeMap<String, String>,
}

impl Command for ActivateVariant {
    type Answer = Changed;
    const NAME: &'static str = "activate_variant";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, room: id, variant, custom } = self;
        let room = work.load::<Room>(id.stream()).await?;
        let game = room.at(location).map_err(ExecuteError::refused)?.game();
        let game = work.load::<Game>(game.stream()).await?;
        work.record(cross_stream::activate_variant((location, id), &game, &room, variant, custom)?);
        Ok(work.changed(id.stream()))
    }
}
