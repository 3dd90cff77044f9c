//! `POST /v1/games/{game}/variants`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        Change,
        game::{Game, GameCommand, VariantChanges, VariantSpec, decide},
        ids::{GameId, VariantId},
        values::Name,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::VariantMode;
use crate::{
    CommandApi,
    app::Created,
    execute::{Answer, ExecuteError, Session},
};

/// A variant of a game.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddVariantRequest {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// How players stand to each other.
    mode: VariantMode,
    /// Most players, at most the game's own.
    #[schema(minimum = 1, maximum = 200)]
    max_players: u32,
    /// How many levels it has; 1 when absent.
    #[schema(minimum = 1, maximum = 100)]
    levels: Option<u32>,
    /// Most iterations of a play; 10 when absent.
    #[schema(minimum = 1, maximum = 1000)]
    max_iterations: Option<u32>,
    /// Length of one iteration in seconds; 60 when absent.
    #[schema(minimum = 1, maximum = 3600)]
    iteration_seconds: Option<u32>,
    /// For the players; none when absent.
    #[schema(max_length = 5000)]
    instructions: Option<String>,
    /// `https` addresses of pictures and videos; none when absent.
    #[schema(max_items = 20)]
    media_links: Option<Vec<String>>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(game): ValidPath<GameId>,
    request: CommandRequest<AddVariantRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let mut errors = FieldErrors::default();
    let name = errors.field("name", Name::new(&request.body.name));
    let spec = spec(errors.finish(name)?, request.body);
    let id = VariantId(app.executor.clock().new_uuid());
    app.run(&request.meta, None, |session| add(session, game, id, spec.clone())).await
}

fn spec(name: Name, request: AddVariantRequest) -> VariantSpec {
    VariantSpec::new(name, request.mode.into(), request.max_players).with(VariantChanges {
        levels: request.levels,
        max_iterations: request.max_iterations,
        iteration_seconds: request.iteration_seconds,
        instructions: request.instructions,
        media_links: request.media_links,
        ..VariantChanges::default()
    })
}

async fn add(
    session: Session,
    game: GameId,
    id: VariantId,
    spec: VariantSpec,
) -> Result<Answer, ExecuteError> {
    let stream = game.stream();
    let state = session.load::<Game>(stream.clone()).await?;
    let events = decide(&state, GameCommand::AddVariant { id, spec }).map_err(ExecuteError::refused)?;
    session.record(Change::all(&stream, events));
    Ok(Answer::created(stream, id))
}
