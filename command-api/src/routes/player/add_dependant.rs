//! `POST /v1/locations/{location}/players/{player}/dependants`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::Identity,
    values::{Name, Phone},
};
use http_api::{CommandRequest, CreatedOrKnown, Problem, ValidPath};
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
    /// Last name, if it is known.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Name>,
    /// `YYYY-MM-DD`, if it is known.
    #[serde(default, deserialize_with = "birth_date")]
    #[schema(value_type = Option<String>, format = "date")]
    birth_date: Option<Date>,
    /// Whether the person said to be an adult. Decides where the birth date is not known.
    #[serde(default)]
    adult_declared: bool,
    /// Telephone number: 5 to 15 digits.
    #[schema(value_type = Option<String>, min_length = 5, max_length = 32)]
    phone: Option<Phone>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, guardian)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<AddDependantRequest>,
) -> Result<CreatedOrKnown<Created>, Problem> {
    let AddDependantRequest { first_name, last_name, birth_date, adult_declared, phone } = request.body;
    let person = Identity { first_name, last_name, birth_date, adult_declared, phone };
    let id = PlayerId(app.new_id());
    app.send(&request.meta, AddDependant { id, location, guardian, person }).await.map(CreatedOrKnown)
}
