//! `POST /v1/locations/{location}/plugs/{plug}/bind`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        ids::{LocationId, PlugId, RoomId},
        plug::{Plug, cross_stream},
        room::Room,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    app::Changed,
    execute::{Answer, ExecuteError, Session},
    routes::named_in_body,
};

/// The room that a plug shall serve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindPlugRequest {
    /// A room of the location, or `null` for none.
    // Must be there, so that a forgotten field does not unbind.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = "uuid", required = true)]
    room_id: Option<String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(plug): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<BindPlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let room = request.body.room_id.as_deref().map(str::parse::<RoomId>).transpose();
    let room = errors.field("room_id", room);
    let room = errors.finish(room)?;
    app.run(&request.meta, Some(plug.0), |session| bind(session, plug, room)).await
}

async fn bind(
    session: Session,
    (location, id): (LocationId, PlugId),
    room: Option<RoomId>,
) -> Result<Answer, ExecuteError> {
    let plug = session.load::<Plug>(id.stream()).await?;
    let room_state = match room {
        Some(room) => session.load::<Room>(room.stream()).await?,
        None => Arc::default(),
    };
    let changes = cross_stream::bind((location, id), &plug, room, &room_state)
        .map_err(|refusal| named_in_body(refusal, &["room_not_found"]))?;
    session.record(changes);
    Ok(Answer::ok(id.stream()))
}
