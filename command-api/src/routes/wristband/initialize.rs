//! `POST /v1/locations/{location}/wristbands/{uid}/initialize`.

use axum::extract::State;
use domain::ids::{LocationId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use super::PeriodRequest;
use crate::{
    CommandApi,
    commands::wristband::{Purchase, WristbandChanged},
};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(band): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<PeriodRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let initialize = request.body.bought(Purchase::Initialize, band);
    app.send(&request.meta, initialize).await
}
