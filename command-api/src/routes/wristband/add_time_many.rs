//! `POST /v1/locations/{location}/wristbands/add-time`.

use axum::extract::State;
use domain::{
    ids::{LocationId, WristbandUid},
    values::{Minutes, Reason},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{AddTimeToMany, TimeAddedToMany},
    routes::fields,
};

/// A venue that is full.
const MOST_BANDS: usize = 1_000;

/// Time for many wristbands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTimeToManyRequest {
    /// The codes on them.
    #[serde(deserialize_with = "uids")]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 1000)]
    uids: Vec<WristbandUid>,
    /// How much for each.
    #[schema(value_type = i64, minimum = 1, maximum = 1440)]
    minutes: Minutes,
    /// Why, for those who read the history: 1 to 300 characters. It must name nobody.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<Reason>,
}

fn uids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WristbandUid>, D::Error> {
    let message = format!("`uids` holds 1 to {MOST_BANDS}.");
    fields::list::<WristbandUid, String, D>(deserializer, &(1..=MOST_BANDS), "invalid_length", message)
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<AddTimeToManyRequest>,
) -> Result<CommandAnswer<TimeAddedToMany>, Problem> {
    let AddTimeToManyRequest { uids, minutes, reason } = request.body;
    app.send(&request.meta, AddTimeToMany { location, uids, minutes, reason }).await
}
