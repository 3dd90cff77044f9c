//! Whatever changes one plug alone. Another location's plug is as absent as none.

use domain::{
    ids::{LocationId, PlugId},
    plug::{Plug, PlugCommand, cross_stream},
};

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Carries out `command` on a plug.
#[derive(Clone, Debug)]
pub struct ChangePlug {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: PlugId,
    /// What.
    pub command: PlugCommand,
}

impl Command for ChangePlug {
    type Answer = Changed;
    const NAME: &'static str = "change_plug";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, command } = self;
        let plug = work.load::<Plug>(id.stream()).await?;
        work.record(cross_stream::change((location, id), &plug, command)?);
        Ok(work.changed(id.stream()))
    }
}
