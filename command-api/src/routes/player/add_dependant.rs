//! `POST /v1/locations/{location}/players/{player}/dependants`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::Identity,
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::birth_date;
use crate::{CommandApi, commands::player::AddDependant, execute::Created};

/// Somebody who joins a guardian's family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDependantRequest {
    /// First name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    first_name: Name,
    /// Last name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    last_name: Name,
    /// `YYYY-MM-DD`.
    #[serde(deserialize_with = "birth_date")]
    #[schema(value_type = String, format = "date")]
    birth_date: Date,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, guardian)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<AddDependantRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let AddDependantRequest { first_name, last_name, birth_date } = request.body;
    let (id, person) = (PlayerId(app.new_id()), Identity { first_name, last_name, birth_date });
    app.send(&request.meta, AddDependant { id, location, guardian, person }).await
}
