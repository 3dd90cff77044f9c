//! `POST /v1/locations/{location}/plugs/{plug}/release`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, PlugId},
        plug::PlugCommand,
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::apply;
use crate::{CommandApi, app::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(plug): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    app.run(&request.meta, Some(plug.0), |session| async move {
        let at = session.now();
        apply(&session, plug, PlugCommand::Release { at }).await
    })
    .await
}
