//! Adds somebody to a guardian's family.

use domain::{
    ids::{LocationId, PlayerId},
    location::Location,
    player::{Identity, Player, PlayerState, cross_stream, same_person},
};

use crate::execute::{Answer, Changed, Command, Created, Decided, ExecuteError, UnitOfWork};

/// Adds a dependant; one who is in the family already is answered as known.
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
        if let Some(known) = known_dependant(&work, location_id, &head, &person).await? {
            let Changed { stream, version } = work.standing(&known.stream());
            return Ok(Answer::ok(known.stream(), Created { id: known.0, stream, version }));
        }
        let player = work.begin::<Player>(id.stream());
        let add = cross_stream::AddDependant { id, location: location_id, guardian, person, now: work.now() };
        let changes = cross_stream::add_dependant(&location, &head, &player, add)?;
        work.create_person_key(id)?;
        work.record(changes);
        Ok(work.created(id.stream(), id.0))
    }
}

/// Who of the family `head` it is whom `person` describes, loaded.
pub(in crate::commands) async fn known_dependant(
    work: &UnitOfWork,
    location: LocationId,
    head: &PlayerState,
    person: &Identity,
) -> Result<Option<PlayerId>, ExecuteError> {
    let Ok(head) = head.existing_at(location) else { return Ok(None) };
    let details = work.details(&head.dependants).await?;
    let is_meant = |details: &Option<_>| details.as_ref().is_some_and(|details| same_person(details, person));
    let known = details.iter().position(is_meant).map(|place| head.dependants[place]);
    if let Some(known) = known {
        work.load::<Player>(known.stream()).await?;
    }
    Ok(known)
}
