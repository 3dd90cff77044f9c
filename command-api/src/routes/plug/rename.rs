//! `POST /v1/locations/{location}/plugs/{plug}/rename`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        ids::{LocationId, PlugId},
        plug::PlugCommand,
        values::Name,
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::apply;
use crate::{CommandApi, app::Changed};

/// A plug's name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePlugRequest {
    /// What people call it from now on.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(plug): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<RenamePlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let name = errors.field("name", Name::new(&request.body.name));
    let command = PlugCommand::Rename { name: errors.finish(name)? };
    app.run(&request.meta, Some(plug.0), |session| {
        let command = command.clone();
        async move { apply(&session, plug, command).await }
    })
    .await
}
