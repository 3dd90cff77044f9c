//! `POST /v1/locations/{location}/wristbands/{uid}/unassign`.

use axum::extract::State;
use domain::{
    ids::{LocationId, WristbandUid},
    values::Reason,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{UnassignWristband, WristbandChanged},
};

/// Why a wristband is taken off its player, if that shall be known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnassignWristbandRequest {
    /// Why, for those who read the history: 1 to 300 characters. It must name nobody.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<Reason>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<UnassignWristbandRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let reason = request.body.reason;
    app.send(&request.meta, UnassignWristband { location, uid, reason }).await
}
