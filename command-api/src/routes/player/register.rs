//! `POST /v1/locations/{location}/players`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        claim::Claim,
        ids::{LocationId, PlayerId},
        location::Location,
        player::{
            FamilyEmail, Identity, Player,
            cross_stream::{self, RegisterGuardian},
            email_claim,
        },
        values::EmailAddress,
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

/// An adult to register, as the head of a family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterGuardianRequest {
    /// First name.
    #[schema(min_length = 1, max_length = 100)]
    first_name: String,
    /// Last name.
    #[schema(min_length = 1, max_length = 100)]
    last_name: String,
    /// The family's key, compared case-folded; unique at the location.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// `YYYY-MM-DD`; 18 or older today at the location.
    #[schema(format = "date")]
    birth_date: String,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RegisterGuardianRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let body = &request.body;
    let mut errors = FieldErrors::default();
    let person = identity(&mut errors, &body.first_name, &body.last_name, &body.birth_date);
    let email = errors.field("email", EmailAddress::new(&body.email));
    let (person, email) = errors.finish((person, email))?;
    let id = PlayerId(app.executor.clock().new_uuid());
    let decide = |session| register(session, (location, id), person.clone(), email.clone());
    app.run(&request.meta, Some(location), decide).await
}

async fn register(
    session: Session,
    (location, id): (LocationId, PlayerId),
    person: Identity,
    address: EmailAddress,
) -> Result<Answer, ExecuteError> {
    let email = FamilyEmail { key: session.email_key(location, &address), address };
    let venue = session.load::<Location>(location.stream()).await?;
    let claim = session.load_or_begin::<Claim>(email_claim(&email.key)).await?;
    let player = session.begin::<Player>(id.stream());
    let register = RegisterGuardian { id, location, person, email, now: session.now() };
    let changes = cross_stream::register_guardian(&venue, &player, &claim, register)?;
    session.create_person_key(id)?;
    session.record(changes);
    Ok(Answer::created(id.stream(), id))
}
