//! `POST /v1/locations/{location}/rooms/{room}/out-of-service`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, RoomId},
        room::RoomCommand,
        values::Reason,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};

use super::apply;
use crate::{CommandApi, app::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(room): ValidPath<(LocationId, RoomId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(&request.body.reason));
    let reason = errors.finish(reason)?;
    let command = RoomCommand::TakeOutOfService { reason };
    app.run(&request.meta, Some(room.0), |session| apply(session, room, command.clone())).await
}
