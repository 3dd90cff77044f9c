//! `POST /v1/locations/{location}/players/{player}/dependants`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::Identity,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::identity;
use crate::{CommandApi, commands::player::AddDependant, execute::Created};

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

impl AddDependantRequest {
    fn checked(&self) -> Result<Identity, Problem> {
        let mut errors = FieldErrors::default();
        let person = identity(&mut errors, &self.first_name, &self.last_name, &self.birth_date);
        errors.finish(person)
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, guardian)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<AddDependantRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let (id, person) = (PlayerId(app.new_id()), request.body.checked()?);
    app.send(&request.meta, AddDependant { id, location, guardian, person }).await
}
