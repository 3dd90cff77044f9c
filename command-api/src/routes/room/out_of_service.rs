//! `POST /v1/locations/{location}/rooms/{room}/out-of-service`.

use axum::extract::State;
use domain::{
    ids::{LocationId, RoomId},
    room::RoomCommand,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::room::ChangeRoom, execute::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, RoomId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = RoomCommand::TakeOutOfService { reason: request.body.reason };
    app.send(&request.meta, ChangeRoom { location, id, command }).await
}
