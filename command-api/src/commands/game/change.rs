//! Whatever changes one game alone.

use domain::{
    game::{Game, GameCommand, decide},
    ids::{GameId, LocationId},
};

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Carries out `command` on a game.
#[derive(Clone, Debug)]
pub struct ChangeGame {
    /// Which.
    pub id: GameId,
    /// What.
    pub command: GameCommand,
}

impl Command for ChangeGame {
    type Answer = Changed;
    const NAME: &'static str = "change_game";

    fn location(&self) -> Option<LocationId> {
        None
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        work.decide::<Game, _>(self.id.stream(), |state| decide(state, self.command)).await
    }
}
