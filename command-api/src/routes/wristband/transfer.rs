//! `POST /v1/locations/{location}/wristbands/{uid}/transfer`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        ids::{LocationId, WristbandUid},
        wristband::cross_stream::{self, Wearers},
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::{WristbandChanged, loaded::LoadedBand};
use crate::CommandApi;

/// Where time and player go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferWristbandRequest {
    /// The code on the other wristband.
    #[schema(min_length = 1, max_length = 64)]
    to: String,
}

/// Answers where the wristband stands that was given away, which is blank now.
pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<TransferWristbandRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let mut errors = FieldErrors::default();
    let to = errors.field("to", request.body.to.parse::<WristbandUid>());
    let to = errors.finish(to)?;
    app.run(&request.meta, Some(location), |session| {
        let (uid, to) = (uid.clone(), to.clone());
        async move {
            let from = LoadedBand::load(&session, location, uid).await?;
            let to = LoadedBand::load(&session, location, to).await?;
            let wearers = Wearers { moving: from.wearer(), previous: to.wearer() };
            let changes = cross_stream::transfer(location, from.band(), to.band(), wearers, session.now())?;
            Ok(from.record(&session, changes))
        }
    })
    .await
}
