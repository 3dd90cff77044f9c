//! `POST /v1/locations/{location}/plugs/{plug}/annotate`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlugId},
    plug::PlugCommand,
    values::Reason,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::plug::ChangePlug, execute::Changed};

/// A note on a plug.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnotatePlugRequest {
    /// The note.
    #[schema(min_length = 1, max_length = 300)]
    note: String,
}

impl AnnotatePlugRequest {
    fn checked(&self) -> Result<PlugCommand, Problem> {
        let mut errors = FieldErrors::default();
        let note = errors.field("note", Reason::new(&self.note));
        Ok(PlugCommand::Annotate { note: errors.finish(note)? })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<AnnotatePlugRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.checked()?;
    app.send(&request.meta, ChangePlug { location, id, command }).await
}
