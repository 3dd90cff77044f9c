//! Corrects a person's details. A guardian's new e-mail must be nobody else's.

use domain::{
    claim::{Claim, ClaimState},
    ids::{LocationId, PlayerId},
    location::Location,
    player::{
        FamilyEmail, Identity, Player,
        cross_stream::{self, EmailClaims},
        email_claim,
    },
    values::EmailAddress,
};

use super::claim_of_ascii_form;
use crate::execute::{Changed, Command, Decided, ExecuteError, UnitOfWork};

/// Corrects details: all of them.
#[derive(Clone)]
pub struct CorrectDetails {
    /// Whose.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// Who it is.
    pub person: Identity,
    /// The family's key: a guardian has one, a dependant has none.
    pub email: Option<EmailAddress>,
}

impl Command for CorrectDetails {
    type Answer = Changed;
    const NAME: &'static str = "correct_details";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { id, location: location_id, person, email } = self;
        let earlier = match &email {
            Some(address) => claim_of_ascii_form(&work, location_id, address, &id.stream()).await?,
            None => None,
        };
        let email = email.map(|address| FamilyEmail { key: work.email_key(location_id, &address), address });
        let location = work.load::<Location>(location_id.stream()).await?;
        let player = work.load::<Player>(id.stream()).await?;
        let held = player.existing_at(location_id).map_err(ExecuteError::refused)?.email_key.as_deref();
        let claims = EmailClaims {
            held: claim(&work, held).await?,
            wanted: match earlier {
                Some(claim) => claim.as_ref().clone(),
                None => claim(&work, email.as_ref().map(|email| email.key.as_str())).await?,
            },
        };
        let now = work.now();
        let correct = cross_stream::CorrectDetails { id, location: location_id, person, email, now };
        work.record(cross_stream::correct_details(&location, &player, &claims, correct)?);
        Ok(work.changed(id.stream()))
    }
}

async fn claim(work: &UnitOfWork, key: Option<&str>) -> Result<ClaimState, ExecuteError> {
    match key {
        Some(key) => Ok(work.load::<Claim>(email_claim(key)).await?.as_ref().clone()),
        None => Ok(ClaimState::default()),
    }
}
