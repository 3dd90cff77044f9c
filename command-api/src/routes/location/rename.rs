//! `POST /v1/locations/{location}/rename`.

use axum::extract::State;
use domain::{ids::LocationId, location::LocationCommand, values::Name};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::location::ChangeLocation, execute::Changed};

/// A location's new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameLocationRequest {
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<LocationId>,
    request: CommandRequest<RenameLocationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = LocationCommand::Rename { name: request.body.name };
    app.send(&request.meta, ChangeLocation { id, command }).await
}
