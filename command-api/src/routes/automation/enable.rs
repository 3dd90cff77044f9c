//! `POST /v1/locations/{location}/automations/{automation}/enable`.

use axum::extract::State;
use domain::{
    automation::AutomationCommand,
    ids::{AutomationId, LocationId},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::automation::ChangeAutomation, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = AutomationCommand::Enable;
    app.send(&request.meta, ChangeAutomation { location, id, command }).await
}
