//! `POST /v1/locations/{location}/disable`.

use axum::extract::State;
use shared::{
    domain::{ids::LocationId, location::LocationCommand, values::Reason},
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};

use super::change;
use crate::{CommandApi, app::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let mut errors = FieldErrors::default();
    let reason = errors.field("reason", Reason::new(&request.body.reason));
    let reason = errors.finish(reason)?;
    let disable = || LocationCommand::Disable { reason: reason.clone() };
    app.run(&request.meta, Some(location), |session| change(session, location, disable())).await
}
