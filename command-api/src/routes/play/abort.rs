//! `POST /v1/locations/{location}/plays/{play}/abort`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, PlayId},
        play::cross_stream,
        values::Reason,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};

use super::ongoing::end;
use crate::{CommandApi, app::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play)): ValidPath<(LocationId, PlayId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(&request.body.reason));
    let reason = errors.finish(reason)?;
    app.run(&request.meta, Some(location), |session| {
        let reason = reason.clone();
        end(session, location, play, |play, at| cross_stream::abort(play, reason, at))
    })
    .await
}
