//! `POST /v1/locations/{location}/rooms/{room}/return`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, RoomId},
        room::RoomCommand,
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::apply;
use crate::{CommandApi, app::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(room): ValidPath<(LocationId, RoomId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    app.run(&request.meta, Some(room.0), |session| apply(session, room, RoomCommand::Return)).await
}
