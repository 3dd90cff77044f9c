//! `POST /v1/locations/{location}/wristbands/{uid}/initialize`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, WristbandUid},
        location::Location,
        wristband::process,
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::{PeriodRequest, WristbandChanged, loaded::LoadedBand};
use crate::CommandApi;

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<PeriodRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let period = request.body.checked()?;
    app.run(&request.meta, Some(location), |session| {
        let uid = uid.clone();
        async move {
            let venue = session.load::<Location>(location.stream()).await?;
            let band = LoadedBand::load(&session, location, uid).await?;
            let bought = period(session.now());
            let changes = process::initialize((location, &venue), band.band(), band.wearer(), bought)?;
            Ok(band.record(&session, changes))
        }
    })
    .await
}
