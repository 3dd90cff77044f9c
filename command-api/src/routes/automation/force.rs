//! `POST /v1/locations/{location}/automations/{automation}/force`.

use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use shared::{
    domain::{
        automation::AutomationCommand,
        ids::{AutomationId, LocationId},
        plug::RelayState,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::apply;
use crate::{
    CommandApi,
    app::Changed,
    execute::Session,
    routes::end::{End, end},
};

/// What an automation shall want, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForceAutomationRequest {
    /// `on` or `off`.
    #[schema(value_type = String, example = "on")]
    state: RelayState,
    /// When the force ends, within 24 hours.
    until: Option<Timestamp>,
    /// The same, from now; send one of both.
    #[schema(minimum = 1, maximum = 86_400)]
    for_seconds: Option<u32>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(automation): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<ForceAutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let ForceAutomationRequest { state, until, for_seconds } = request.body;
    let end = checked(until, for_seconds)?;
    let decide = |session: Session| {
        let at = session.now();
        let command = AutomationCommand::Force { state, until: end.after(at), at };
        apply(session, automation, command)
    };
    app.run(&request.meta, Some(automation.0), decide).await
}

fn checked(until: Option<Timestamp>, for_seconds: Option<u32>) -> Result<End, Problem> {
    let mut errors = FieldErrors::default();
    let end = end(&mut errors, until, for_seconds);
    if matches!(end, Some(None)) {
        errors.refuse("until", "missing", "A force has an end: send `until` or `for_seconds`.");
    }
    errors.finish(end.flatten())
}
