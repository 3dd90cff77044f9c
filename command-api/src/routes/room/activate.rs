//! `POST /v1/locations/{location}/rooms/{room}/variants/{variant}/activate`.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        game::Game,
        ids::{LocationId, RoomId, VariantId},
        room::{Room, cross_stream},
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    app::Changed,
    execute::{Answer, ExecuteError, Session},
};

/// A variant's settings in one room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateVariantRequest {
    /// Free settings for the game engine, all of them: at most 50, keys of 1 to 80 characters, values of at
    /// most 1 000; none when absent.
    #[serde(default)]
    custom: BTreeMap<String, String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, room, variant)): ValidPath<(LocationId, RoomId, VariantId)>,
    request: CommandRequest<ActivateVariantRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let custom = request.body.custom;
    let decide = |session| activate(session, (location, room), variant, custom.clone());
    app.run(&request.meta, Some(location), decide).await
}

async fn activate(
    session: Session,
    (location, id): (LocationId, RoomId),
    variant: VariantId,
    custom: BTreeMap<String, String>,
) -> Result<Answer, ExecuteError> {
    let room = session.load::<Room>(id.stream()).await?;
    let game = room.at(location).map_err(ExecuteError::refused)?.game();
    let game = session.load::<Game>(game.stream()).await?;
    session.record(cross_stream::activate_variant((location, id), &game, &room, variant, custom)?);
    Ok(Answer::ok(id.stream()))
}
