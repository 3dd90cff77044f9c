//! Ends what was asked of a plug.

use domain::{
    ids::{LocationId, PlugId},
    plug::PlugCommand,
};

use super::ChangePlug;
use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Releases a plug: automations decide again.
#[derive(Clone, Copy, Debug)]
pub struct ReleasePlug {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: PlugId,
}

impl Command for ReleasePlug {
    type Answer = Changed;
    const NAME: &'static str = "release_plug";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id } = self;
        let command = PlugCommand::Release { at: work.now() };
        ChangePlug { location, id, command }.decide(work).await
    }
}
