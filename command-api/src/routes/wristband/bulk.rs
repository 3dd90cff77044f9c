//! `POST /v1/locations/{location}/wristbands/bulk`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    values::Minutes,
    wristband::ClockStart,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{BulkItem, BulkWristbandsDone, InitializeMany},
    routes::fields,
};

/// A school class and its teachers, with room to spare.
const MOST_ITEMS: usize = 200;

/// Many wristbands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkWristbandsRequest {
    /// In the order in which they are done.
    #[serde(deserialize_with = "items")]
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<BulkItemRequest>,
}

/// A wristband to initialise and, with a player, to assign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkItemRequest {
    /// The code on it.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    uid: WristbandUid,
    /// How much time.
    #[schema(value_type = i64, minimum = 1, maximum = 1440)]
    minutes: Minutes,
    /// When the clock starts: `now` or `first_scan`.
    #[schema(value_type = String, example = "first_scan")]
    starts: ClockStart,
    /// Who shall wear it; nobody yet, when absent.
    #[schema(value_type = Option<String>, format = Uuid)]
    player_id: Option<PlayerId>,
}

/// The shape of an item beyond the most.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by the parser")]
struct SurplusItem {
    uid: String,
    minutes: i64,
    starts: ClockStart,
    player_id: Option<PlayerId>,
}

fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<BulkItemRequest>, D::Error> {
    let message = format!("`items` holds 1 to {MOST_ITEMS}.");
    fields::list::<BulkItemRequest, SurplusItem, D>(
        deserializer,
        &(1..=MOST_ITEMS),
        "invalid_length",
        message,
    )
}

impl From<BulkItemRequest> for BulkItem {
    fn from(BulkItemRequest { uid, minutes, starts, player_id: player }: BulkItemRequest) -> Self {
        Self { uid, minutes, starts, player }
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<BulkWristbandsRequest>,
) -> Result<CommandAnswer<BulkWristbandsDone>, Problem> {
    let items = request.body.items.into_iter().map(BulkItem::from).collect();
    app.send(&request.meta, InitializeMany { location, items }).await
}
