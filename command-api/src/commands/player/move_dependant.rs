//! Moves a dependant to another guardian's family.

use domain::{
    ids::{LocationId, PlayerId},
    location::Location,
    player::{Player, cross_stream},
};

use crate::{
    commands::AboutField as _,
    execute::{Changed, Command, Decided, ExecuteError, UnitOfWork},
};
use domain::{Refusal, player::PlayerError};

/// Moves a dependant.
#[derive(Clone, Debug)]
pub struct MoveDependant {
    /// Who.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// Whose family it is from now on.
    pub guardian: PlayerId,
}

impl Command for MoveDependant {
    type Answer = Changed;
    const NAME: &'static str = "move_dependant";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { id, location: location_id, guardian } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let player = work.load::<Player>(id.stream()).await?;
        let active = player.existing_at(location_id).map_err(ExecuteError::refused)?;
        let from = active.guardian.ok_or_else(|| ExecuteError::refused(PlayerError::NotADependant))?;
        let to = work.load::<Player>(guardian.stream()).await?;
        let about_guardian = |refusal: Refusal| refusal.about(&PlayerError::NotFound, "guardian_id");
        let moved = cross_stream::MoveDependant { id, location: location_id, from, to: guardian };
        let changes = cross_stream::move_dependant(&location, &player, &to, moved).map_err(about_guardian)?;
        work.load::<Player>(from.stream()).await?;
        work.record(changes);
        Ok(work.changed(id.stream()))
    }
}
