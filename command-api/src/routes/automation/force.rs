//! `POST /v1/locations/{location}/automations/{automation}/force`.

use axum::extract::State;
use domain::{
    ids::{AutomationId, LocationId},
    plug::RelayState,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::{automation::ForceAutomation, plug::End},
    execute::Changed,
    routes::{end::end, fields},
};

/// What an automation shall want, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForceAutomationRequest {
    /// `on` or `off`.
    #[schema(value_type = String, example = "on")]
    state: RelayState,
    /// When the force ends, within 24 hours.
    #[serde(default, deserialize_with = "fields::optional_instant")]
    #[schema(value_type = Option<String>, format = "date-time")]
    until: Option<Timestamp>,
    /// The same, from now; send one of both.
    #[schema(minimum = 1, maximum = 86_400)]
    for_seconds: Option<u32>,
}

impl ForceAutomationRequest {
    fn checked(&self) -> Result<End, Problem> {
        let mut errors = FieldErrors::default();
        let end = end(&mut errors, self.until, self.for_seconds);
        if matches!(end, Some(None)) {
            errors.refuse("until", "missing", "A force has an end: send `until` or `for_seconds`.");
        }
        errors.finish(end.flatten())
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<ForceAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let (state, end) = (request.body.state, request.body.checked()?);
    app.send(&request.meta, ForceAutomation { location, id, state, end }).await
}
