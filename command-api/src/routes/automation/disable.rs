//! `POST /v1/locations/{location}/automations/{automation}/disable`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        automation::AutomationCommand,
        ids::{AutomationId, LocationId},
        values::Reason,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::apply;
use crate::{CommandApi, app::Changed};

/// Why an automation is disabled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableAutomationRequest {
    /// For those who read its log.
    #[schema(min_length = 1, max_length = 300)]
    reason: Option<String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(automation): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<DisableAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", request.body.reason.as_deref().map(Reason::new).transpose());
    let command = AutomationCommand::Disable { reason: errors.finish(reason)? };
    app.run(&request.meta, Some(automation.0), |session| apply(session, automation, command.clone())).await
}
