//! `POST /v1/locations/{location}/automations/{automation}/change`.

use axum::extract::State;
use domain::ids::{AutomationId, LocationId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use super::spec::AutomationRequest;
use crate::{CommandApi, commands::automation::RespecifyAutomation, execute::Changed};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<AutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let spec = request.body.checked()?;
    app.send(&request.meta, RespecifyAutomation { location, id, spec }).await
}
