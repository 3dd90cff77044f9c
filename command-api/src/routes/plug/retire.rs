//! `POST /v1/locations/{location}/plugs/{plug}/retire`.

use axum::extract::State;
use shared::{
    domain::{
        claim::Claim,
        ids::{LocationId, PlugId},
        plug::{Plug, cross_stream},
        values::Reason,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};

use crate::{
    CommandApi,
    app::Changed,
    execute::{Answer, ExecuteError, Session},
    routes::ReasonRequest,
};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(plug): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(&request.body.reason));
    let reason = errors.finish(reason)?;
    app.run(&request.meta, Some(plug.0), |session| retire(session, plug, reason.clone())).await
}

async fn retire(
    session: Session,
    (location, id): (LocationId, PlugId),
    reason: Reason,
) -> Result<Answer, ExecuteError> {
    let plug = session.load::<Plug>(id.stream()).await?;
    let identity = &plug.at(location).map_err(ExecuteError::refused)?.identity;
    let claim = session.load::<Claim>(identity.claim_stream()).await?;
    let device = session.load::<Claim>(identity.device_stream()).await?;
    session.record(cross_stream::retire((location, id), &plug, (&claim, &device), reason)?);
    Ok(Answer::ok(id.stream()))
}
