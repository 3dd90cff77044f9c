//! `POST /v1/locations/{location}/wristbands/{uid}/assign`.

use axum::extract::State;
use domain::ids::{LocationId, PlayerId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{AssignWristband, WristbandChanged},
};

/// Who shall wear a wristband.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignWristbandRequest {
    /// The player.
    #[schema(value_type = String, format = Uuid)]
    player_id: PlayerId,
    /// Whether to take it off somebody else who wears it, with the time that is left: the wrong person got it.
    #[serde(default)]
    replace: bool,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<AssignWristbandRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let AssignWristbandRequest { player_id: player, replace } = request.body;
    app.send(&request.meta, AssignWristband { location, uid, player, replace }).await
}
