//! `POST /v1/locations/{location}/wristbands/{uid}/pass`.

use axum::extract::State;
use domain::ids::{LocationId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{IssuePass, WristbandChanged},
    routes::fields,
};

/// A pass.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuePassRequest {
    /// Until when it is good: at most 366 days off.
    #[serde(deserialize_with = "fields::instant")]
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<IssuePassRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let valid_until = request.body.valid_until;
    app.send(&request.meta, IssuePass { location, uid, valid_until }).await
}
