//! `POST /v1/locations/{location}/players/{player}/correct`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        claim::{Claim, ClaimState},
        ids::{LocationId, PlayerId},
        location::Location,
        player::{
            FamilyEmail, Identity, Player,
            cross_stream::{self, CorrectDetails, EmailClaims},
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
    app::Changed,
    execute::{Answer, ExecuteError, Session},
};

/// Who somebody is, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectDetailsRequest {
    /// First name.
    #[schema(min_length = 1, max_length = 100)]
    first_name: String,
    /// Last name.
    #[schema(min_length = 1, max_length = 100)]
    last_name: String,
    /// The family's key: a guardian has one, a dependant has none.
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
    /// `YYYY-MM-DD`.
    #[schema(format = "date")]
    birth_date: String,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, player)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<CorrectDetailsRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let body = &request.body;
    let mut errors = FieldErrors::default();
    let person = identity(&mut errors, &body.first_name, &body.last_name, &body.birth_date);
    let email = errors.field("email", body.email.as_deref().map(EmailAddress::new).transpose());
    let (person, email) = errors.finish((person, email))?;
    let decide = |session| correct(session, (location, player), person.clone(), email.clone());
    app.run(&request.meta, Some(location), decide).await
}

async fn correct(
    session: Session,
    (location, id): (LocationId, PlayerId),
    person: Identity,
    address: Option<EmailAddress>,
) -> Result<Answer, ExecuteError> {
    let email = address.map(|address| FamilyEmail { key: session.email_key(location, &address), address });
    let venue = session.load::<Location>(location.stream()).await?;
    let player = session.load::<Player>(id.stream()).await?;
    let held = player.existing_at(location).map_err(ExecuteError::refused)?.email_key.as_deref();
    let claims = EmailClaims {
        held: claim(&session, held).await?,
        wanted: claim(&session, email.as_ref().map(|email| email.key.as_str())).await?,
    };
    let correct = CorrectDetails { id, location, person, email, now: session.now() };
    session.record(cross_stream::correct_details(&venue, &player, &claims, correct)?);
    Ok(Answer::ok(id.stream()))
}

async fn claim(session: &Session, key: Option<&str>) -> Result<ClaimState, ExecuteError> {
    match key {
        Some(key) => Ok(session.load::<Claim>(email_claim(key)).await?.as_ref().clone()),
        None => Ok(ClaimState::default()),
    }
}
