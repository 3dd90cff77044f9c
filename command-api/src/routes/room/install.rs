//! `POST /v1/locations/{location}/rooms`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        game::Game,
        ids::{GameId, LocationId, RoomId},
        location::Location,
        room::{
            Room,
            cross_stream::{self, NewRoom},
        },
        values::Name,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::{ControllerRequest, controllers};
use crate::{
    CommandApi,
    app::Created,
    execute::{Answer, ExecuteError, Session},
    routes::named_in_body,
};

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

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<InstallRoomRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let mut errors = FieldErrors::default();
    let game = errors.field("game_id", request.body.game_id.parse::<GameId>());
    let name = errors.field("name", Name::new(&request.body.name));
    let controllers = controllers(&mut errors, &request.body.controllers);
    let (game, name) = errors.finish((game, name))?;
    let id = RoomId(app.executor.clock().new_uuid());
    let new = NewRoom { id, location, game, name, controllers };
    app.run(&request.meta, Some(location), |session| install(session, new.clone())).await
}

async fn install(session: Session, new: NewRoom) -> Result<Answer, ExecuteError> {
    let id = new.id;
    let location = session.load::<Location>(new.location.stream()).await?;
    let game = session.load::<Game>(new.game.stream()).await?;
    let room = session.begin::<Room>(id.stream());
    let changes = cross_stream::install(&location, &game, &room, new)
        .map_err(|refusal| named_in_body(refusal, &["game_not_found"]))?;
    session.record(changes);
    Ok(Answer::created(id.stream(), id))
}
