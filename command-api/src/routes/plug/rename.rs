//! `POST /v1/locations/{location}/plugs/{plug}/rename`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlugId},
    plug::PlugCommand,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::plug::ChangePlug, execute::Changed};

/// A plug's name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePlugRequest {
    /// What people call it from now on.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<RenamePlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = PlugCommand::Rename { name: request.body.name };
    app.send(&request.meta, ChangePlug { location, id, command }).await
}
