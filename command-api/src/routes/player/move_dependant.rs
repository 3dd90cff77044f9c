//! `POST /v1/locations/{location}/players/{player}/move`.

use axum::extract::State;
use domain::ids::{LocationId, PlayerId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::player::MoveDependant, execute::Changed};

/// Whose family a dependant belongs to from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveDependantRequest {
    /// The guardian.
    #[schema(value_type = String, format = Uuid)]
    guardian_id: PlayerId,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<MoveDependantRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let guardian = request.body.guardian_id;
    app.send(&request.meta, MoveDependant { id, location, guardian }).await
}
