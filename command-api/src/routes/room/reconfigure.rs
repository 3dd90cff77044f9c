//! `POST /v1/locations/{location}/rooms/{room}/reconfigure`.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    ids::{LocationId, RoomId},
    room::RoomCommand,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ControllerRequest, controllers};
use crate::{CommandApi, commands::room::ChangeRoom, execute::Changed};

/// What becomes different about a room; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconfigureRoomRequest {
    /// What people call the room.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<Name>,
    /// The game's devices; the whole list.
    #[schema(max_items = 20)]
    controllers: Option<Vec<ControllerRequest>>,
    /// Free settings for the game engine, all of them: at most 50, keys of 1 to 80 characters, values of at
    /// most 1 000.
    overrides: Option<BTreeMap<String, String>>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, RoomId)>,
    request: CommandRequest<ReconfigureRoomRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let ReconfigureRoomRequest { name, controllers: requests, overrides } = request.body;
    let command = RoomCommand::Reconfigure { name, controllers: requests.map(controllers), overrides };
    app.send(&request.meta, ChangeRoom { location, id, command }).await
}
