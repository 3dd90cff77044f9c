//! `POST /v1/locations/{location}/wristbands/{uid}/initialize`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, WristbandUid},
        wristband::process,
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::{PeriodRequest, WristbandChanged, period::buy};
use crate::CommandApi;

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(band): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<PeriodRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    buy(&app, band, &request, process::initialize, true).await
}
