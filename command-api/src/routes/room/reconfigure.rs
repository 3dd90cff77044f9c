//! `POST /v1/locations/{location}/rooms/{room}/reconfigure`.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    ids::{LocationId, RoomId},
    room::RoomCommand,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ControllerRequest, controllers};
use crate::{CommandApi, commands::room::ChangeRoom, execute::Changed};

/// What becomes different about a room; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconfigureRoomRequest {
    /// What people call the room.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The game's devices; the whole list.
    #[schema(max_items = 20)]
    controllers: Option<Vec<ControllerRequest>>,
    /// Free settings for the game engine, all of them: at most 50, keys of 1 to 80 characters, values of at
    /// most 1 000.
    overrides: Option<BTreeMap<String, String>>,
}

impl ReconfigureRoomRequest {
    fn checked(self) -> Result<RoomCommand, Problem> {
        let mut errors = FieldErrors::default();
        let name = errors.field("name", self.name.as_deref().map(Name::new).transpose());
        let controllers = self.controllers.map(|requests| controllers(&mut errors, &requests));
        let name = errors.finish(name)?;
        Ok(RoomCommand::Reconfigure { name, controllers, overrides: self.overrides })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, RoomId)>,
    request: CommandRequest<ReconfigureRoomRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.checked()?;
    app.send(&request.meta, ChangeRoom { location, id, command }).await
}
