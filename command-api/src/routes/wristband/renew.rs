//! `POST /v1/locations/{location}/wristbands/{uid}/renew`.

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
    let renew = request.body.bought(Purchase::Renew, band);
    app.send(&request.meta, renew).await
}
