//! `POST /v1/locations/{location}/automations/{automation}/change`.

use axum::extract::State;
use shared::{
    domain::{
        automation::{
            Automation, AutomationSpec,
            cross_stream::{self, Named},
        },
        ids::{AutomationId, LocationId},
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::{Loaded, named_in_spec, spec::AutomationRequest};
use crate::{
    CommandApi,
    app::Changed,
    execute::{Answer, ExecuteError, Session},
};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(automation): ValidPath<(LocationId, AutomationId)>,
    request: CommandRequest<AutomationRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let spec = request.body.checked()?;
    app.run(&request.meta, Some(automation.0), |session| change(session, automation, spec.clone())).await
}

async fn change(
    session: Session,
    (location, id): (LocationId, AutomationId),
    spec: AutomationSpec,
) -> Result<Answer, ExecuteError> {
    let automation = session.load::<Automation>(id.stream()).await?;
    automation.at(location).map_err(ExecuteError::refused)?;
    let loaded = Loaded::of(&session, &spec).await?;
    let named = Named { plugs: &loaded.plugs(), room: &loaded.room };
    let changes =
        cross_stream::respecify((location, id), &named, &automation, spec).map_err(named_in_spec)?;
    session.record(changes);
    Ok(Answer::ok(id.stream()))
}
