//! `POST /v1/locations/{location}/automations/{automation}/unforce`.

use axum::extract::State;
use domain::ids::{AutomationId, LocationId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::automation::UnforceAutomation, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    app.send(&request.meta, UnforceAutomation { location, id }).await
}
