//! `POST /v1/locations/{location}/wristbands/{uid}/add-time`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        Change,
        ids::{LocationId, WristbandUid},
        values::Minutes,
        wristband::{WristbandCommand, decide},
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::{WristbandChanged, loaded::LoadedBand};
use crate::{CommandApi, execute::ExecuteError};

/// Time to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTimeRequest {
    /// How much.
    #[schema(minimum = 1, maximum = 1440)]
    minutes: i64,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<AddTimeRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let mut errors = FieldErrors::default();
    let minutes = errors.field("minutes", Minutes::new(request.body.minutes));
    let minutes = errors.finish(minutes)?;
    app.run(&request.meta, Some(location), |session| {
        let uid = uid.clone();
        async move {
            let band = LoadedBand::without_wearer(&session, location, uid).await?;
            let add = WristbandCommand::AddTime { minutes, at: session.now() };
            let events = decide(band.band().state, add).map_err(ExecuteError::refused)?;
            let changes = Change::all(&band.stream, events);
            Ok(band.record(&session, changes))
        }
    })
    .await
}
