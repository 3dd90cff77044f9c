//! `POST /v1/locations/{location}/rooms`.

use axum::extract::State;
use domain::{
    ids::{GameId, LocationId, RoomId},
    room::cross_stream::NewRoom,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ControllerRequest, controllers};
use crate::{CommandApi, commands::room::InstallRoom, execute::Created};

/// A room to install a game in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallRoomRequest {
    /// A game of the catalogue.
    #[schema(format = "uuid")]
    game_id: String,
    /// What people call the room.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The game's devices; none when absent.
    #[serde(default)]
    #[schema(max_items = 20)]
    controllers: Vec<ControllerRequest>,
}

impl InstallRoomRequest {
    fn checked(&self, location: LocationId, id: RoomId) -> Result<InstallRoom, Problem> {
        let mut errors = FieldErrors::default();
        let game = errors.field("game_id", self.game_id.parse::<GameId>());
        let name = errors.field("name", Name::new(&self.name));
        let controllers = controllers(&mut errors, &self.controllers);
        let (game, name) = errors.finish((game, name))?;
        Ok(InstallRoom(NewRoom { id, location, game, name, controllers }))
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<InstallRoomRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let install = request.body.checked(location, RoomId(app.new_id()))?;
    app.send(&request.meta, install).await
}
