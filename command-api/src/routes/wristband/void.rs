//! `POST /v1/locations/{location}/wristbands/{uid}/void`.

use axum::extract::State;
use shared::{
    domain::{
        ids::{LocationId, WristbandUid},
        values::Reason,
        wristband::cross_stream,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};

use super::{WristbandChanged, loaded::LoadedBand};
use crate::{CommandApi, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(&request.body.reason));
    let reason = errors.finish(reason)?;
    app.run(&request.meta, Some(location), |session| {
        let (uid, reason) = (uid.clone(), reason.clone());
        async move {
            let band = LoadedBand::load(&session, location, uid).await?;
            let changes = cross_stream::void(location, band.band(), band.wearer(), reason, session.now())?;
            Ok(band.record(&session, changes))
        }
    })
    .await
}
