//! `POST /v1/locations/{location}/wristbands/bulk`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    values::Minutes,
    wristband::ClockStart,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{BulkItem, BulkWristbandsDone, InitializeMany},
};

/// A school class and its teachers, with room to spare.
const MOST_ITEMS: usize = 200;

/// Many wristbands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkWristbandsRequest {
    /// In the order in which they are done.
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<BulkItemRequest>,
}

/// A wristband to initialise and, with a player, to assign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkItemRequest {
    /// The code on it.
    #[schema(min_length = 1, max_length = 64)]
    uid: String,
    /// How much time.
    #[schema(minimum = 1, maximum = 1440)]
    minutes: i64,
    /// When the clock starts: `now` or `first_scan`.
    #[schema(value_type = String, example = "first_scan")]
    starts: ClockStart,
    /// Who shall wear it; nobody yet, when absent.
    #[schema(value_type = Option<String>, format = Uuid)]
    player_id: Option<PlayerId>,
}

impl BulkWristbandsRequest {
    fn checked(&self) -> Result<Vec<BulkItem>, Problem> {
        let mut errors = FieldErrors::default();
        if !(1..=MOST_ITEMS).contains(&self.items.len()) {
            errors.refuse("items", "invalid_length", format!("`items` holds 1 to {MOST_ITEMS}."));
        }
        let items = self.items.iter().take(MOST_ITEMS).enumerate().filter_map(|(index, item)| {
            let uid = errors.field(format_args!("items/{index}/uid"), item.uid.parse());
            let minutes = errors.field(format_args!("items/{index}/minutes"), Minutes::new(item.minutes));
            Some(BulkItem { uid: uid?, minutes: minutes?, starts: item.starts, player: item.player_id })
        });
        let items = items.collect();
        errors.finish(Some(items))
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<BulkWristbandsRequest>,
) -> Result<CommandAnswer<BulkWristbandsDone>, Problem> {
    let items = request.body.checked()?;
    app.send(&request.meta, InitializeMany { location, items }).await
}
