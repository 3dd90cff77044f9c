//! `POST /v1/locations/{location}/plays/{play}/scores/{player}/void`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, PlayId, PlayerId},
        play::PlayCommand,
        values::Reason,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};

use super::rescore;
use crate::{CommandApi, app::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play, player)): ValidPath<(LocationId, PlayId, PlayerId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(&request.body.reason));
    let reason = errors.finish(reason)?;
    app.run(&request.meta, Some(location), |session| {
        let reason = reason.clone();
        rescore(session, location, play, move |at| PlayCommand::VoidScore { player, reason, at })
    })
    .await
}
