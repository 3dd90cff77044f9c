//! `POST /v1/locations/{location}/automations/{automation}/pulse`.

use axum::extract::State;
use domain::ids::{AutomationId, LocationId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::automation::PulseAutomation, execute::Changed};

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
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<PulseAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let milliseconds = request.body.milliseconds;
    app.send(&request.meta, PulseAutomation { location, id, milliseconds }).await
}
