//! `POST /v1/locations/{location}/automations`.

use axum::extract::State;
use shared::{
    domain::{
        automation::{
            Automation, AutomationSpec,
            cross_stream::{self, Named},
        },
        ids::{AutomationId, LocationId},
        location::Location,
    },
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::{Loaded, named_in_spec, spec::AutomationRequest};
use crate::{
    CommandApi,
    app::Created,
    execute::{Answer, ExecuteError, Session},
};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<AutomationRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let spec = request.body.checked()?;
    let id = AutomationId(app.executor.clock().new_uuid());
    app.run(&request.meta, Some(location), |session| create(session, (location, id), spec.clone())).await
}

async fn create(
    session: Session,
    (location, id): (LocationId, AutomationId),
    spec: AutomationSpec,
) -> Result<Answer, ExecuteError> {
    let venue = session.load::<Location>(location.stream()).await?;
    let automation = session.begin::<Automation>(id.stream());
    let loaded = Loaded::of(&session, &spec).await?;
    let named = Named { plugs: &loaded.plugs(), room: &loaded.room };
    let changes =
        cross_stream::create(&venue, &named, &automation, (location, id), spec).map_err(named_in_spec)?;
    session.record(changes);
    Ok(Answer::created(id.stream(), id))
}
