//! Registers an adult as the head of a family. The e-mail is the family's key, unique at the location.

use domain::{
    claim::Claim,
    ids::{LocationId, PlayerId},
    location::Location,
    player::{FamilyEmail, Identity, Player, cross_stream, email_claim},
    values::EmailAddress,
};

use super::claim_of_ascii_form;
use crate::execute::{Command, Created, Decided, UnitOfWork};

/// Registers a guardian.
#[derive(Clone)]
pub struct RegisterGuardian {
    /// The new person.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// Who it is.
    pub person: Identity,
    /// The family's key.
    pub email: EmailAddress,
}

impl Command for RegisterGuardian {
    type Answer = Created;
    const NAME: &'static str = "register_guardian";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self { id, location: location_id, person, email: address } = self;
        let earlier = claim_of_ascii_form(&work, location_id, &address, &id.stream()).await?;
        let email = FamilyEmail { key: work.email_key(location_id, &address), address };
        let location = work.load::<Location>(location_id.stream()).await?;
        let claim = work.load_or_begin::<Claim>(email_claim(&email.key)).await?;
        let player = work.begin::<Player>(id.stream());
        let register =
            cross_stream::RegisterGuardian { id, location: location_id, person, email, now: work.now() };
        let claim = earlier.as_ref().unwrap_or(&claim);
        let changes = cross_stream::register_guardian(&location, &player, claim, register)?;
        work.create_person_key(id)?;
        work.record(changes);
        Ok(work.created(id.stream(), id.0))
    }
}
