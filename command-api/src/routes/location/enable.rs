//! `POST /v1/locations/{location}/enable`.

use axum::extract::State;
use shared::{
    domain::{ids::LocationId, location::LocationCommand},
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::change;
use crate::{CommandApi, app::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    app.run(&request.meta, Some(location), |session| change(session, location, LocationCommand::Enable)).await
}
