//! Keeps a signature under a waiver.

use domain::{
    ids::{LocationId, PlayerId},
    player::{
        PersonalDetails, Player, PlayerCommand, PlayerError, PlayerState, Signature, WaiverVersion, decide,
        signed_by_a_minor,
    },
};
use jiff::Timestamp;

use super::today_at;
use crate::execute::{Changed, Command, Decided, ExecuteError, UnitOfWork};

/// Signs a waiver, now.
#[derive(Clone)]
pub struct SignWaiver {
    /// For whom.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// Which text was signed.
    pub version: WaiverVersion,
    /// Who signed, and perhaps what was drawn.
    pub signature: Signature,
    /// Until when it shall hold.
    pub expires_at: Option<Timestamp>,
}

impl Command for SignWaiver {
    type Answer = Changed;
    const NAME: &'static str = "sign_waiver";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { id, location, version, signature, expires_at } = self;
        let today = today_at(&work, location).await?;
        let family = family_of(&work, location, id).await?;
        let by_minor = signed_by_a_minor(signature.signed_by.as_str(), &family, today);
        let sign = PlayerCommand::SignWaiver { version, signature, signed_at: work.now(), expires_at };
        let decide = |player: &PlayerState| -> Result<_, PlayerError> {
            player.existing_at(location)?;
            if by_minor { Err(PlayerError::SignedByMinor) } else { decide(player, sign) }
        };
        work.decide::<Player, _>(id.stream(), decide).await
    }
}

/// Who the person is and the others of the family, as far as that is known.
async fn family_of(
    work: &UnitOfWork,
    location: LocationId,
    id: PlayerId,
) -> Result<Vec<PersonalDetails>, ExecuteError> {
    let person = work.load::<Player>(id.stream()).await?;
    let Ok(person) = person.existing_at(location) else { return Ok(vec![]) };
    let head = person.guardian.unwrap_or(id);
    let family = work.load::<Player>(head.stream()).await?;
    let dependants = family.existing_at(location).map(|head| head.dependants.clone()).unwrap_or_default();
    let mut people = vec![id, head];
    people.extend(dependants);
    people.sort_unstable();
    people.dedup();
    Ok(work.details(&people).await?.into_iter().flatten().collect())
}
