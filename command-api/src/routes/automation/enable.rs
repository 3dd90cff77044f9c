//! `POST /v1/locations/{location}/automations/{automation}/enable`.

use axum::extract::State;
use shared::{
    domain::{
        automation::AutomationCommand,
        ids::{AutomationId, LocationId},
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::apply;
use crate::{CommandApi, app::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(automation): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let decide = |session| apply(session, automation, AutomationCommand::Enable);
    app.run(&request.meta, Some(automation.0), decide).await
}
