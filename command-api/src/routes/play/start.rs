//! `POST /v1/locations/{location}/plays`.

use axum::extract::State;
use domain::ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::play::StartPlay, execute::Created};

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
    #[schema(min_items = 1, max_items = 100)]
    wristbands: Vec<String>,
}

impl StartPlayRequest {
    fn checked(&self, location: LocationId, id: PlayId) -> Result<StartPlay, Problem> {
        let mut errors = FieldErrors::default();
        if self.wristbands.len() > MOST_WRISTBANDS {
            errors.refuse("wristbands", "too_many", format!("`wristbands` holds at most {MOST_WRISTBANDS}."));
        }
        let uids = self.wristbands.iter().take(MOST_WRISTBANDS).enumerate();
        let uids = uids
            .filter_map(|(index, uid)| errors.field(format_args!("wristbands/{index}"), uid.parse()))
            .collect::<Vec<WristbandUid>>();
        let wristbands = errors.finish(Some(uids))?;
        Ok(StartPlay { id, location, room: self.room_id, variant: self.variant_id, wristbands })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<StartPlayRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let start = request.body.checked(location, PlayId(app.new_id()))?;
    app.send(&request.meta, start).await
}
