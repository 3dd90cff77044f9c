//! `POST /v1/locations/{location}/rooms/{room}/variants/{variant}/deactivate`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, RoomId, VariantId},
        room::RoomCommand,
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::apply;
use crate::{CommandApi, app::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, room, variant)): ValidPath<(LocationId, RoomId, VariantId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = RoomCommand::DeactivateVariant { variant };
    app.run(&request.meta, Some(location), |session| apply(session, (location, room), command.clone())).await
}
