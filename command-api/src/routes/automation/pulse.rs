//! `POST /v1/locations/{location}/automations/{automation}/pulse`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        automation::AutomationCommand,
        ids::{AutomationId, LocationId},
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::apply;
use crate::{CommandApi, app::Changed, execute::Session};

/// A pulse now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PulseAutomationRequest {
    /// How long; that of its rule, or 800, when absent.
    #[schema(minimum = 100, maximum = 10_000)]
    milliseconds: Option<u32>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(automation): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<PulseAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let milliseconds = request.body.milliseconds;
    let decide = |session: Session| {
        let at = session.now();
        apply(session, automation, AutomationCommand::Pulse { milliseconds, at })
    };
    app.run(&request.meta, Some(automation.0), decide).await
}
