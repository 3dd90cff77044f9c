//! `POST /v1/locations/{location}/plays`.

use axum::extract::State;
use domain::ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::play::{PlayStarted, StartPlay},
    routes::fields,
};

/// More wristbands than any variant takes are not even looked up.
const MOST_WRISTBANDS: usize = 100;

/// A play to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPlayRequest {
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    room_id: RoomId,
    /// What; it must be active in the room.
    #[schema(value_type = String, format = Uuid)]
    variant_id: VariantId,
    /// The codes of the wristbands that play, each once.
    #[serde(deserialize_with = "wristbands")]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100)]
    wristbands: Vec<WristbandUid>,
}

/// None at all is for the rules of the play.
fn wristbands<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WristbandUid>, D::Error> {
    let message = format!("`wristbands` holds at most {MOST_WRISTBANDS}.");
    fields::list::<WristbandUid, String, D>(deserializer, &(0..=MOST_WRISTBANDS), "too_many", message)
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<StartPlayRequest>,
) -> Result<CommandAnswer<PlayStarted, 201>, Problem> {
    let StartPlayRequest { room_id: room, variant_id: variant, wristbands } = request.body;
    let start = StartPlay { id: PlayId(app.new_id()), location, room, variant, wristbands };
    app.send(&request.meta, start).await
}
