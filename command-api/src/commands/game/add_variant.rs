//! Adds a variant to a game. The answer names the new variant; its history is the game's.

use domain::{
    game::{Game, GameCommand, VariantSpec, decide},
    ids::{GameId, LocationId, VariantId},
};

use crate::execute::{Command, Created, Decided, UnitOfWork};

/// Adds a variant to a game.
#[derive(Clone, Debug)]
pub struct AddVariant {
    /// The game.
    pub game: GameId,
    /// The new variant.
    pub id: VariantId,
    /// What it is.
    pub spec: VariantSpec,
}

impl Command for AddVariant {
    type Answer = Created;
    const NAME: &'static str = "add_variant";

    fn location(&self) -> Option<LocationId> {
        None
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self { game, id, spec } = self;
        let add = GameCommand::AddVariant { id, spec };
        work.decide::<Game, _>(game.stream(), |state| decide(state, add)).await?;
        Ok(work.created(game.stream(), id.0))
    }
}
