//! `POST /v1/locations/{location}/plugs/{plug}/bind`.

use axum::extract::State;
use domain::ids::{LocationId, PlugId, RoomId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{CommandApi, commands::plug::BindPlug, execute::Changed, routes::fields};

/// The room that a plug shall serve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindPlugRequest {
    /// A room of the location, or `null` for none.
    // Must be there, so that a forgotten field does not unbind.
    #[serde(deserialize_with = "room")]
    #[schema(value_type = Option<String>, format = "uuid", required = true)]
    room_id: Option<RoomId>,
}

fn room<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RoomId>, D::Error> {
    fields::optional_text(deserializer, str::parse)
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<BindPlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let room = request.body.room_id;
    app.send(&request.meta, BindPlug { location, id, room }).await
}
