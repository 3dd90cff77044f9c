//! `POST /v1/locations/{location}/plugs/{plug}/rename`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlugId},
    plug::PlugCommand,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::plug::ChangePlug, execute::Changed};

/// A plug's name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePlugRequest {
    /// What people call it from now on.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

impl RenamePlugRequest {
    fn checked(&self) -> Result<PlugCommand, Problem> {
        let mut errors = FieldErrors::default();
        let name = errors.field("name", Name::new(&self.name));
        Ok(PlugCommand::Rename { name: errors.finish(name)? })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<RenamePlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.checked()?;
    app.send(&request.meta, ChangePlug { location, id, command }).await
}
