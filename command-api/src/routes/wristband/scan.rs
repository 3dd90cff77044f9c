//! `POST /v1/locations/{location}/wristbands/{uid}/scan`.

use axum::extract::State;
use domain::ids::{LocationId, RoomId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{ScanWristband, WristbandScanned},
};

/// Where a wristband was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanWristbandRequest {
    /// The room.
    #[schema(value_type = String, format = Uuid)]
    room_id: RoomId,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<ScanWristbandRequest>,
) -> Result<CommandAnswer<WristbandScanned>, Problem> {
    let room = request.body.room_id;
    app.send(&request.meta, ScanWristband { location, uid, room }).await
}
