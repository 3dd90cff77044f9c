//! Installs a game of the catalogue in a new room of a location.

use domain::{
    Refusal,
    game::{Game, GameError},
    ids::LocationId,
    location::Location,
    room::{
        Room,
        cross_stream::{self, NewRoom},
    },
};

use crate::{
    commands::AboutField as _,
    execute::{Command, Created, Decided, UnitOfWork},
};

/// Installs a room.
#[derive(Clone, Debug)]
pub struct InstallRoom(pub NewRoom);

impl Command for InstallRoom {
    type Answer = Created;
    const NAME: &'static str = "install_room";

    fn location(&self) -> Option<LocationId> {
        Some(self.0.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self(new) = self;
        let id = new.id;
        let location = work.load::<Location>(new.location.stream()).await?;
        let game = work.load::<Game>(new.game.stream()).await?;
        let room = work.begin::<Room>(id.stream());
        let about_game = |refusal: Refusal| refusal.about(&GameError::NotFound, "game_id");
        work.record(cross_stream::install(&location, &game, &room, new).map_err(about_game)?);
        Ok(work.created(id.stream(), id.0))
    }
}
