//! `POST /v1/locations/{location}/wristbands/{uid}/scan`.

use axum::extract::State;
use domain::ids::{LocationId, RoomId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::{
        player::display_name,
        wristband::{ScanWristband, WristbandScanned},
    },
    routes::context,
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
    let scan = ScanWristband { location, uid, room };
    let scanned = app.executor.execute(&context(&request.meta), scan).await?;
    let player = scanned.answer().ok().and_then(|scanned| scanned.player_id?.parse().ok());
    let display_name = match player {
        Some(player) => display_name(&app.executor, location, player).await,
        None => None,
    };
    Ok(scanned.map(|scanned| WristbandScanned { display_name, ..scanned }).into())
}
