//! `POST /v1/locations/{location}/players/{player}/dependants`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        ids::{LocationId, PlayerId},
        location::Location,
        player::{
            Identity, Player,
            cross_stream::{self, AddDependant},
        },
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath},
};
use utoipa::ToSchema;

use super::identity;
use crate::{
    CommandApi,
    app::Created,
    execute::{Answer, ExecuteError, Session},
};

/// Somebody who joins a guardian's family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDependantRequest {
    /// First name.
    #[schema(min_length = 1, max_length = 100)]
    first_name: String,
    /// Last name.
    #[schema(min_length = 1, max_length = 100)]
    last_name: String,
    /// `YYYY-MM-DD`.
    #[schema(format = "date")]
    birth_date: String,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, guardian)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<AddDependantRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let body = &request.body;
    let mut errors = FieldErrors::default();
    let person = identity(&mut errors, &body.first_name, &body.last_name, &body.birth_date);
    let person = errors.finish(person)?;
    let id = PlayerId(app.executor.clock().new_uuid());
    let decide = |session| add(session, location, guardian, (id, person.clone()));
    app.run(&request.meta, Some(location), decide).await
}

async fn add(
    session: Session,
    location: LocationId,
    guardian: PlayerId,
    (id, person): (PlayerId, Identity),
) -> Result<Answer, ExecuteError> {
    let venue = session.load::<Location>(location.stream()).await?;
    let head = session.load::<Player>(guardian.stream()).await?;
    let player = session.begin::<Player>(id.stream());
    let add = AddDependant { id, location, guardian, person, now: session.now() };
    let changes = cross_stream::add_dependant(&venue, &head, &player, add)?;
    session.create_person_key(id)?;
    session.record(changes);
    Ok(Answer::created(id.stream(), id))
}
