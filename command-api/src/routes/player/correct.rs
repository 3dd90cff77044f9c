//! `POST /v1/locations/{location}/players/{player}/correct`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    values::EmailAddress,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::identity;
use crate::{CommandApi, commands::player::CorrectDetails, execute::Changed};

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

impl CorrectDetailsRequest {
    fn checked(&self, (location, id): (LocationId, PlayerId)) -> Result<CorrectDetails, Problem> {
        let mut errors = FieldErrors::default();
        let person = identity(&mut errors, &self.first_name, &self.last_name, &self.birth_date);
        let email = errors.field("email", self.email.as_deref().map(EmailAddress::new).transpose());
        let (person, email) = errors.finish((person, email))?;
        Ok(CorrectDetails { id, location, person, email })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(player): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<CorrectDetailsRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let correct = request.body.checked(player)?;
    app.send(&request.meta, correct).await
}
