//! `POST /v1/locations/{location}/wristbands/{uid}/add-time`.

use axum::extract::State;
use domain::{
    ids::{LocationId, WristbandUid},
    values::{Minutes, Reason},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{AddTime, WristbandChanged},
};

/// Time to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTimeRequest {
    /// How much.
    #[schema(value_type = i64, minimum = 1, maximum = 1440)]
    minutes: Minutes,
    /// Why, for those who read the history: 1 to 300 characters. It must name nobody.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<Reason>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<AddTimeRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let AddTimeRequest { minutes, reason } = request.body;
    app.send(&request.meta, AddTime { location, uid, minutes, reason }).await
}
