//! `POST /v1/locations/{location}/automations/{automation}/disable`.

use axum::extract::State;
use domain::{
    automation::AutomationCommand,
    ids::{AutomationId, LocationId},
    values::Reason,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::automation::ChangeAutomation, execute::Changed};

/// Why an automation is disabled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableAutomationRequest {
    /// For those who read its log.
    #[schema(min_length = 1, max_length = 300)]
    reason: Option<String>,
}

impl DisableAutomationRequest {
    fn checked(&self) -> Result<AutomationCommand, Problem> {
        let mut errors = FieldErrors::default();
        let reason = errors.field("reason", self.reason.as_deref().map(Reason::new).transpose());
        Ok(AutomationCommand::Disable { reason: errors.finish(reason)? })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<DisableAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.checked()?;
    app.send(&request.meta, ChangeAutomation { location, id, command }).await
}
