//! `POST /v1/locations/{location}/rooms/{room}/variants/{variant}/deactivate`.

use axum::extract::State;
use domain::{
    ids::{LocationId, RoomId, VariantId},
    room::RoomCommand,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::room::ChangeRoom, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id, variant)): ValidPath<(LocationId, RoomId, VariantId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = RoomCommand::DeactivateVariant { variant };
    app.send(&request.meta, ChangeRoom { location, id, command }).await
}
