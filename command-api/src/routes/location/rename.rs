//! `POST /v1/locations/{location}/rename`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{ids::LocationId, location::LocationCommand, values::Name},
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::change;
use crate::{CommandApi, app::Changed};

/// A location's new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameLocationRequest {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RenameLocationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let name = errors.field("name", Name::new(&request.body.name));
    let name = errors.finish(name)?;
    let rename = || LocationCommand::Rename { name: name.clone() };
    app.run(&request.meta, Some(location), |session| change(session, location, rename())).await
}
