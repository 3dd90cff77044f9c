//! `POST /v1/locations/{location}/plugs/{plug}/ask`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlugId},
    plug::RelayState,
    values::Reason,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::plug::{AskPlug, AskPlugDone},
    routes::{end::end, fields},
};

/// What a plug shall be, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPlugRequest {
    /// `on` or `off`.
    #[schema(value_type = String, example = "on")]
    state: RelayState,
    /// Why, for those who read the history. It must name nobody: it stays when people are erased.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    /// When the ask ends, within 24 hours.
    #[serde(default, deserialize_with = "fields::optional_instant")]
    #[schema(value_type = Option<String>, format = "date-time")]
    until: Option<Timestamp>,
    /// The same, from now; send one of both at most.
    #[schema(minimum = 1, maximum = 86_400)]
    for_seconds: Option<u32>,
}

impl AskPlugRequest {
    fn checked(&self, (location, id): (LocationId, PlugId)) -> Result<AskPlug, Problem> {
        let mut errors = FieldErrors::default();
        let reason = errors.field("reason", Reason::new(&self.reason));
        let end = end(&mut errors, self.until, self.for_seconds);
        let (reason, end) = errors.finish((reason, end))?;
        Ok(AskPlug { location, id, state: self.state, reason, end })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(plug): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<AskPlugRequest>,
) -> Result<CommandAnswer<AskPlugDone>, Problem> {
    let ask = request.body.checked(plug)?;
    app.send(&request.meta, ask).await
}
