//! `POST /v1/locations/{location}/wristbands/{uid}/set-end`.

use axum::extract::State;
use domain::{
    ids::{LocationId, WristbandUid},
    values::Reason,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{SetEnd, WristbandChanged},
    routes::fields,
};

/// When the time of a wristband shall be over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetEndRequest {
    /// When; now, when absent. At most a day off, and not past.
    #[serde(default, deserialize_with = "fields::optional_instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// Why, for those who read the history: 1 to 300 characters. It must name nobody.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: Reason,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<SetEndRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let SetEndRequest { ends_at, reason } = request.body;
    app.send(&request.meta, SetEnd { location, uid, ends_at, reason }).await
}
