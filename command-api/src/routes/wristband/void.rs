//! `POST /v1/locations/{location}/wristbands/{uid}/void`.

use axum::extract::State;
use domain::ids::{LocationId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{
    CommandApi,
    commands::wristband::{VoidWristband, WristbandChanged},
    routes::ReasonRequest,
};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let reason = request.body.reason;
    app.send(&request.meta, VoidWristband { location, uid, reason }).await
}
