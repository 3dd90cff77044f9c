//! `POST /v1/locations/{location}/players`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    values::EmailAddress,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::identity;
use crate::{CommandApi, commands::player::RegisterGuardian, execute::Created};

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

impl RegisterGuardianRequest {
    fn checked(&self, location: LocationId, id: PlayerId) -> Result<RegisterGuardian, Problem> {
        let mut errors = FieldErrors::default();
        let person = identity(&mut errors, &self.first_name, &self.last_name, &self.birth_date);
        let email = errors.field("email", EmailAddress::new(&self.email));
        let (person, email) = errors.finish((person, email))?;
        Ok(RegisterGuardian { id, location, person, email })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RegisterGuardianRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let register = request.body.checked(location, PlayerId(app.new_id()))?;
    app.send(&request.meta, register).await
}
