//! `POST /v1/locations/{location}/wristbands/{uid}/renew`.

use axum::extract::State;
use shared::{
    domain::ids::{LocationId, WristbandUid},
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::{PeriodRequest, WristbandChanged, period::Purchase};
use crate::CommandApi;

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(band): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<PeriodRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    Purchase::Renew.run(&app, band, &request).await
}
