//! `POST /v1/locations/{location}/plugs/{plug}/bind`.

use axum::extract::State;
use domain::ids::{LocationId, PlugId, RoomId};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::plug::BindPlug, execute::Changed};

/// The room that a plug shall serve.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindPlugRequest {
    /// A room of the location, or `null` for none.
    // Must be there, so that a forgotten field does not unbind.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(format = "uuid", required = true)]
    room_id: Option<String>,
}

impl BindPlugRequest {
    fn checked(&self) -> Result<Option<RoomId>, Problem> {
        let mut errors = FieldErrors::default();
        let room = self.room_id.as_deref().map(str::parse::<RoomId>).transpose();
        let room = errors.field("room_id", room);
        errors.finish(room)
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<BindPlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let room = request.body.checked()?;
    app.send(&request.meta, BindPlug { location, id, room }).await
}
