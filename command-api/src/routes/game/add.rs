//! `POST /v1/games`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        claim::Claim,
        game::{
            Game,
            cross_stream::{self, NewGame},
        },
        ids::GameId,
        values::{Code, Name},
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem},
};
use utoipa::ToSchema;

use crate::{
    CommandApi,
    app::Created,
    execute::{Answer, ExecuteError, Session},
};

/// A game for the catalogue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddGameRequest {
    /// Unique among games: 1 to 40 letters, digits, hyphens or underscores, folded to lower case.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Most players any of its variants may have.
    #[schema(minimum = 1, maximum = 200)]
    max_players: u32,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    request: CommandRequest<AddGameRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let mut errors = FieldErrors::default();
    let code = errors.field("code", Code::new(&request.body.code));
    let name = errors.field("name", Name::new(&request.body.name));
    let (code, name) = errors.finish((code, name))?;
    let id = GameId(app.executor.clock().new_uuid());
    let new = NewGame { id, code, name, max_players: request.body.max_players };
    app.run(&request.meta, None, |session| add(session, new.clone())).await
}

async fn add(session: Session, new: NewGame) -> Result<Answer, ExecuteError> {
    let id = new.id;
    let claim = session.load::<Claim>(cross_stream::code_stream(&new.code)).await?;
    let game = session.begin::<Game>(id.stream());
    session.record(cross_stream::add(&claim, &game, new)?);
    Ok(Answer::created(id.stream(), id))
}
