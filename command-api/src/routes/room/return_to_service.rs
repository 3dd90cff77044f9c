//! `POST /v1/locations/{location}/rooms/{room}/return`.

use axum::extract::State;
use domain::{
    ids::{LocationId, RoomId},
    room::RoomCommand,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::room::ChangeRoom, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, RoomId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = RoomCommand::Return;
    app.send(&request.meta, ChangeRoom { location, id, command }).await
}
