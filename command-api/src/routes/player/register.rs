//! `POST /v1/locations/{location}/players`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::Identity,
    values::{EmailAddress, Name, Phone},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{birth_date, seen_by};
use crate::{CommandApi, commands::player::RegisterGuardian, execute::Created};

/// An adult to register, as the head of a family.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterGuardianRequest {
    /// First name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    first_name: Name,
    /// Last name, if it is known.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Name>,
    /// The family's key, compared case-folded; unique at the location.
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: EmailAddress,
    /// `YYYY-MM-DD`; 18 or older today at the location. May be left out by who declares to be an adult.
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
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RegisterGuardianRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let RegisterGuardianRequest { first_name, last_name, email, birth_date, adult_declared, phone } =
        request.body;
    let person = Identity { first_name, last_name, birth_date, adult_declared, phone };
    let id = PlayerId(app.new_id());
    let sent = app.send(&request.meta, RegisterGuardian { id, location, person, email }).await;
    sent.map_err(|problem| seen_by(&request.meta.caller, problem))
}
