//! `POST /v1/locations/{location}/players/{player}/erase`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::{
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
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
    routes::NothingRequest,
};

/// Why the wristbands of an erased person are void.
const WHY_VOID: &str = "whoever wore it was erased";

/// Who is forgotten now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasedFamily {
    /// The person's stream.
    pub stream: String,
    /// Its version after the command.
    pub version: u64,
    /// The ids of those erased by this command: the person, and a guardian's dependants. Empty when all of
    /// them were erased before.
    pub erased: Vec<String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, player)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<ErasedFamily>, Problem> {
    app.run(&request.meta, Some(location), |session| erase(session, location, player)).await
}

/// Loads the person, the family and their wristbands, decides, records; the keys go with the same append.
async fn erase(session: Session, location: LocationId, id: PlayerId) -> Result<Answer, ExecuteError> {
    let player = session.load::<Player>(id.stream()).await?;
    let (dependants, email_key) = match player.existing_at(location) {
        Ok(active) => (active.dependants.clone(), active.email_key.clone()),
        // The decision says what is to be said about it.
        Err(_) => (vec![], None),
    };
    let claim = match email_key {
        Some(key) => session.load::<Claim>(email_claim(&key)).await?,
        None => Arc::default(),
    };
    let people = load(&session, location, [vec![id], dependants].concat()).await?;
    let members: Vec<Member<'_>> = people.iter().map(Person::member).collect();
    let [person, family @ ..] = members.as_slice() else { return Err(ExecuteError::NotLoaded(id.stream())) };
    let Erasure { changes, keys } = cross_stream::erase(location, *person, family, &claim)?;
    let erased: Vec<String> = keys.iter().map(ToString::to_string).collect();
    session.record(changes);
    for person in people.iter().filter(|person| keys.contains(&person.id)) {
        session.record(person.void_band(&session, location)?);
    }
    session.destroy_person_keys(keys);
    Ok(Answer::ok(id.stream()).with("erased", erased))
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
    fn void_band(&self, session: &Session, location: LocationId) -> Result<Vec<Change>, Refusal> {
        match &self.band {
            Some((uid, state)) if state.player() == Some(self.id) => {
                let band = Band { uid, state };
                void(location, band, None, Reason::stored(WHY_VOID), session.now())
            }
            Some(_) | None => Ok(vec![]),
        }
    }
}

async fn load(
    session: &Session,
    location: LocationId,
    ids: Vec<PlayerId>,
) -> Result<Vec<Person>, ExecuteError> {
    let states = session.load_all::<Player>(ids.iter().map(PlayerId::stream).collect()).await?;
    let mut people = Vec::with_capacity(ids.len());
    for (id, state) in ids.into_iter().zip(states) {
        let worn = state.existing_at(location).ok().and_then(|player| player.band.clone());
        let band = match worn {
            Some(uid) => {
                let band = session.load::<Wristband>(uid.stream(location)).await?;
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
