//! Whatever changes one location alone.

use domain::{
    ids::LocationId,
    location::{Location, LocationCommand, decide},
};

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Carries out `command` on a location.
#[derive(Clone, Debug)]
pub struct ChangeLocation {
    /// Which.
    pub id: LocationId,
    /// What.
    pub command: LocationCommand,
}

impl Command for ChangeLocation {
    type Answer = Changed;
    const NAME: &'static str = "change_location";

    fn location(&self) -> Option<LocationId> {
        Some(self.id)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        work.decide::<Location, _>(self.id.stream(), |state| decide(state, self.command)).await
    }
}
