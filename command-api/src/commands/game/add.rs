//! Adds a game under a code that no other has.

use domain::{
    claim::Claim,
    game::{
        Game,
        cross_stream::{self, NewGame},
    },
    ids::LocationId,
};

use crate::execute::{Command, Created, Decided, UnitOfWork};

/// Adds a game to the catalogue.
#[derive(Clone, Debug)]
pub struct AddGame(pub NewGame);

impl Command for AddGame {
    type Answer = Created;
    const NAME: &'static str = "add_game";

    fn location(&self) -> Option<LocationId> {
        None
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self(new) = self;
        let id = new.id;
        let claim = work.load::<Claim>(cross_stream::code_stream(&new.code)).await?;
        let game = work.begin::<Game>(id.stream());
        work.record(cross_stream::add(&claim, &game, new)?);
        Ok(work.created(id.stream(), id.0))
    }
}
