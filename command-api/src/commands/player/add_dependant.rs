//! Adds somebody to a guardian's family.

use domain::{
    ids::{LocationId, PlayerId},
    location::Location,
    player::{Identity, Player, cross_stream},
};

use crate::execute::{Command, Created, Decided, UnitOfWork};

/// Adds a dependant.
#[derive(Clone)]
pub struct AddDependant {
    /// The new person.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// Whose family.
    pub guardian: PlayerId,
    /// Who it is.
    pub person: Identity,
}

impl Command for AddDependant {
    type Answer = Created;
    const NAME: &'static str = "add_dependant";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self { id, location: location_id, guardian, person } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let head = work.load::<Player>(guardian.stream()).await?;
        let player = work.begin::<Player>(id.stream());
        let add = cross_stream::AddDependant { id, location: location_id, guardian, person, now: work.now() };
        let changes = cross_stream::add_dependant(&location, &head, &player, add)?;
        work.create_person_key(id)?;
        work.record(changes);
        Ok(work.created(id.stream(), id.0))
    }
}
