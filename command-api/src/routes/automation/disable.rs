//! `POST /v1/locations/{location}/automations/{automation}/disable`.

use axum::extract::State;
use domain::{
    automation::AutomationCommand,
    ids::{AutomationId, LocationId},
    values::Reason,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::automation::ChangeAutomation, execute::Changed};

/// Why an automation is disabled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableAutomationRequest {
    /// For those who read its log. It must name nobody: it stays when people are erased.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<Reason>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<DisableAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = AutomationCommand::Disable { reason: request.body.reason };
    app.send(&request.meta, ChangeAutomation { location, id, command }).await
}
