//! Erases a person for ever, a guardian with all dependants: the keys of their data go with the same append.

use std::sync::Arc;

use domain::{
    Change, Refusal,
    claim::Claim,
    ids::{LocationId, PlayerId, WristbandUid},
    player::{
        Player, PlayerState,
        cross_stream::{self, Erasure, Member},
        email_claim,
    },
    values::Reason,
    wristband::{
        Wristband, WristbandState,
        cross_stream::{Band, void},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::execute::{Answer, Changed, Command, Decided, ExecuteError, UnitOfWork};

/// Why the wristbands of an erased person are void.
const WHY_VOID: &str = "whoever wore it was erased";

/// Who is forgotten now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErasedFamily {
    /// The ids of those erased by this command: the person, and a guardian's dependants. Empty when all of
    /// them were erased before.
    pub erased: Vec<String>,
    /// The person's stream.
    pub stream: String,
    /// Its version after the command.
    pub version: u64,
}

/// Erases a person.
#[derive(Clone, Copy, Debug)]
pub struct ErasePlayer {
    /// Whom.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
}

impl Command for ErasePlayer {
    type Answer = ErasedFamily;
    const NAME: &'static str = "erase_player";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    /// Loads the person, the family and their wristbands, decides, records.
    async fn decide(self, work: UnitOfWork) -> Decided<ErasedFamily> {
        let Self { location, id } = self;
        let player = work.load::<Player>(id.stream()).await?;
        let (dependants, email_key) = match player.existing_at(location) {
            Ok(active) => (active.dependants.clone(), active.email_key.clone()),
            // The decision says what is to be said about it.
            Err(_) => (vec![], None),
        };
        let claim = match email_key {
            Some(key) => work.load::<Claim>(email_claim(&key)).await?,
            None => Arc::default(),
        };
        let people = load(&work, location, [vec![id], dependants].concat()).await?;
        let members: Vec<Member<'_>> = people.iter().map(Person::member).collect();
        let [person, family @ ..] = members.as_slice() else {
            return Err(ExecuteError::NotLoaded(id.stream()));
        };
        let Erasure { changes, keys } = cross_stream::erase(location, *person, family, &claim)?;
        let erased = keys.iter().map(ToString::to_string).collect();
        work.record(changes);
        for person in people.iter().filter(|person| keys.contains(&person.id)) {
            work.record(person.void_band(&work, location)?);
        }
        work.destroy_person_keys(keys);
        let Changed { stream, version } = work.standing(&id.stream());
        Ok(Answer::ok(id.stream(), ErasedFamily { erased, stream, version }))
    }
}

/// Somebody to be erased, with the wristband worn now.
struct Person {
    id: PlayerId,
    state: Arc<PlayerState>,
    band: Option<(WristbandUid, Arc<WristbandState>)>,
}

impl Person {
    fn member(&self) -> Member<'_> {
        let in_play = self.band.as_ref().is_some_and(|(_, band)| band.in_play().is_some());
        Member { id: self.id, state: &self.state, in_play }
    }

    /// The player's side, that it is worn no more, is part of the erasure.
    fn void_band(&self, work: &UnitOfWork, location: LocationId) -> Result<Vec<Change>, Refusal> {
        match &self.band {
            Some((uid, state)) if state.player() == Some(self.id) => {
                let band = Band { uid, state };
                void(location, band, None, Reason::stored(WHY_VOID), work.now())
            }
            Some(_) | None => Ok(vec![]),
        }
    }
}

async fn load(
    work: &UnitOfWork,
    location: LocationId,
    ids: Vec<PlayerId>,
) -> Result<Vec<Person>, ExecuteError> {
    let states = work.load_all::<Player>(ids.iter().map(PlayerId::stream).collect()).await?;
    let mut people = Vec::with_capacity(ids.len());
    for (id, state) in ids.into_iter().zip(states) {
        let uid = state.existing_at(location).ok().and_then(|player| player.band.clone());
        let band = match uid {
            Some(uid) => {
                let band = work.load::<Wristband>(uid.stream(location)).await?;
                Some((uid, band))
            }
            None => None,
        };
        people.push(Person { id, state, band });
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_one_that_a_caller_could_give() {
        assert_eq!(Reason::new(WHY_VOID), Ok(Reason::stored(WHY_VOID)));
    }
}
