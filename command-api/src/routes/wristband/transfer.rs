//! `POST /v1/locations/{location}/wristbands/{uid}/transfer`.

use axum::extract::State;
use domain::ids::{LocationId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{TransferWristband, WristbandChanged},
};

/// Where time and player go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferWristbandRequest {
    /// The code on the other wristband.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    to: WristbandUid,
}

/// Answers where the wristband stands that was given away, which is blank now.
pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, from)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<TransferWristbandRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let to = request.body.to;
    app.send(&request.meta, TransferWristband { location, from, to }).await
}
