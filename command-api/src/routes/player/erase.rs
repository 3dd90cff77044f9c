//! `POST /v1/locations/{location}/players/{player}/erase`.

use axum::extract::State;
use domain::ids::{LocationId, PlayerId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{
    CommandApi,
    commands::player::{ErasePlayer, ErasedFamily},
    routes::NothingRequest,
};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<ErasedFamily>, Problem> {
    app.send(&request.meta, ErasePlayer { id, location }).await
}
