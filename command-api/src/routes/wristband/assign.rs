//! `POST /v1/locations/{location}/wristbands/{uid}/assign`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        ids::{LocationId, PlayerId, WristbandUid},
        player::Player,
        wristband::cross_stream::{self, Wearer},
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::{WristbandChanged, loaded::LoadedBand};
use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
    routes::named_in_body,
};

/// Who shall wear a wristband.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignWristbandRequest {
    /// The player.
    #[schema(value_type = String, format = Uuid)]
    player_id: PlayerId,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<AssignWristbandRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let player = request.body.player_id;
    app.run(&request.meta, Some(location), |session| assign(session, location, uid.clone(), player)).await
}

async fn assign(
    session: Session,
    location: LocationId,
    uid: WristbandUid,
    player: PlayerId,
) -> Result<Answer, ExecuteError> {
    let band = LoadedBand::without_wearer(&session, location, uid).await?;
    let state = session.load::<Player>(player.stream()).await?;
    let worn = state.existing_at(location).ok().and_then(|player| player.band.clone());
    let other = match worn.filter(|worn| *worn != band.uid) {
        Some(worn) => Some(LoadedBand::without_wearer(&session, location, worn).await?),
        None => None,
    };
    let wearer = Wearer { id: player, state: &state };
    let other = other.as_ref().map(LoadedBand::band);
    let changes = cross_stream::assign(location, band.band(), wearer, other, session.now())
        .map_err(|refusal| named_in_body(refusal, &["player_not_found"]))?;
    Ok(band.record(&session, changes))
}
