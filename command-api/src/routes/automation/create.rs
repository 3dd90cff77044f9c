//! `POST /v1/locations/{location}/automations`.

use axum::extract::State;
use domain::ids::{AutomationId, LocationId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use super::spec::AutomationRequest;
use crate::{CommandApi, commands::automation::CreateAutomation, execute::Created};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<AutomationRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let (id, spec) = (AutomationId(app.new_id()), request.body.checked()?);
    app.send(&request.meta, CreateAutomation { location, id, spec }).await
}
