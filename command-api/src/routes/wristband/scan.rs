//! `POST /v1/locations/{location}/wristbands/{uid}/scan`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        ids::{LocationId, RoomId, WristbandUid},
        room::Room,
        wristband::{BadBand, cross_stream},
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::loaded::{LoadedBand, described};
use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
    routes::named_in_body,
};

/// Where a wristband was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanWristbandRequest {
    /// The room.
    #[schema(value_type = String, format = Uuid)]
    room_id: RoomId,
}

/// What a kiosk needs to know of a wristband.
#[derive(Debug, Serialize, ToSchema)]
pub struct WristbandScanned {
    /// The wristband's stream.
    pub stream: String,
    /// Its version after the scan.
    pub version: u64,
    /// Whether it can be played with.
    pub good: bool,
    /// Why not: `unknown`, `blank`, `voided`, `expired` or `unassigned`.
    pub reason: Option<String>,
    /// Who wears it, or wore it last.
    pub player_id: Option<String>,
    /// Rounded up.
    pub minutes_left: u32,
    /// When the time is over, or was.
    pub ends_at: Option<String>,
    /// The play it is in; it can join no other before that ends.
    pub play_id: Option<String>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<ScanWristbandRequest>,
) -> Result<CommandAnswer<WristbandScanned>, Problem> {
    let room = request.body.room_id;
    app.run(&request.meta, Some(location), |session| scan(session, location, uid.clone(), room)).await
}

async fn scan(
    session: Session,
    location: LocationId,
    uid: WristbandUid,
    room: RoomId,
) -> Result<Answer, ExecuteError> {
    let place = session.load::<Room>(room.stream()).await?;
    let band = LoadedBand::without_wearer(&session, location, uid).await?;
    let (changes, facts) = cross_stream::scan(location, (room, &place), band.band(), session.now())
        .map_err(|refusal| named_in_body(refusal, &["room_not_found"]))?;
    session.record(changes);
    let answer = Answer::ok(band.stream)
        .with("good", facts.good())
        .with("reason", facts.bad.map(BadBand::as_str))
        .with("play_id", facts.in_play.map(|play| play.to_string()));
    Ok(described(answer, &facts))
}
