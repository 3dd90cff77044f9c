//! `POST /v1/locations/{location}/rooms`.

use axum::extract::State;
use domain::{
    ids::{GameId, LocationId, RoomId},
    room::cross_stream::NewRoom,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ControllerRequest, controllers};
use crate::{CommandApi, commands::room::InstallRoom, execute::Created, routes::fields};

/// A room to install a game in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallRoomRequest {
    /// A game of the catalogue.
    #[serde(deserialize_with = "game")]
    #[schema(value_type = String, format = "uuid")]
    game_id: GameId,
    /// What people call the room.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// The game's devices; none when absent.
    #[serde(default)]
    #[schema(max_items = 20)]
    controllers: Vec<ControllerRequest>,
}

fn game<'de, D: Deserializer<'de>>(deserializer: D) -> Result<GameId, D::Error> {
    fields::text(deserializer, str::parse, GameId(Uuid::nil()))
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<InstallRoomRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let InstallRoomRequest { game_id: game, name, controllers: requests } = request.body;
    let (id, controllers) = (RoomId(app.new_id()), controllers(requests));
    app.send(&request.meta, InstallRoom(NewRoom { id, location, game, name, controllers })).await
}
