//! `POST /v1/locations/{location}/wristbands/{uid}/transfer`.

use axum::extract::State;
use domain::ids::{LocationId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
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
    #[schema(min_length = 1, max_length = 64)]
    to: String,
}

impl TransferWristbandRequest {
    fn checked(&self) -> Result<WristbandUid, Problem> {
        let mut errors = FieldErrors::default();
        let to = errors.field("to", self.to.parse::<WristbandUid>());
        errors.finish(to)
    }
}

/// Answers where the wristband stands that was given away, which is blank now.
pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, from)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<TransferWristbandRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let to = request.body.checked()?;
    app.send(&request.meta, TransferWristband { location, from, to }).await
}
