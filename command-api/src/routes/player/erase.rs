//! `POST /v1/locations/{location}/players/{player}/erase`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::{
        claim::Claim,
        ids::{LocationId, PlayerId},
        player::{
            Player, PlayerState, email_claim,
            process::{self, Erasure, Member},
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

/// Loads the person and the family, decides, records; the keys go with the same append.
async fn erase(session: Session, location: LocationId, id: PlayerId) -> Result<Answer, ExecuteError> {
    let player = session.load::<Player>(id.stream()).await?;
    let (dependants, email_key) = match player.existing_at(location) {
        Ok(active) => (active.dependants.clone(), active.email_key.clone()),
        Err(_) => (vec![], None),
    };
    let streams = dependants.iter().map(PlayerId::stream).collect();
    let family: Vec<(PlayerId, Arc<PlayerState>)> =
        dependants.iter().copied().zip(session.load_all::<Player>(streams).await?).collect();
    let claim = match email_key {
        Some(key) => session.load::<Claim>(email_claim(&key)).await?,
        None => Arc::default(),
    };
    let person = Member { id, state: &player, in_play: false };
    let family: Vec<Member<'_>> =
        family.iter().map(|(id, state)| Member { id: *id, state, in_play: false }).collect();
    let Erasure { changes, keys } = process::erase(location, person, &family, &claim)?;
    let erased: Vec<String> = keys.iter().map(ToString::to_string).collect();
    session.record(changes);
    session.destroy_person_keys(keys);
    Ok(Answer::ok(id.stream()).with("erased", erased))
}
