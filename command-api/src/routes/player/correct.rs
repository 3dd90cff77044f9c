//! `POST /v1/locations/{location}/players/{player}/correct`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    values::{EmailAddress, Name, Phone},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{birth_date, seen_by};
use crate::{
    CommandApi,
    commands::player::{CorrectDetails, Correction},
    execute::Changed,
};

/// What is said anew of somebody; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectDetailsRequest {
    /// First name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    first_name: Option<Name>,
    /// Last name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Name>,
    /// The family's key: a guardian has one, a dependant has none.
    #[schema(value_type = Option<String>, format = "email", max_length = 254)]
    email: Option<EmailAddress>,
    /// `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "birth_date")]
    #[schema(value_type = Option<String>, format = "date")]
    birth_date: Option<Date>,
    /// Whether the person said to be an adult. Decides where the birth date is not known.
    adult_declared: Option<bool>,
    /// Telephone number: 5 to 15 digits.
    #[schema(value_type = Option<String>, min_length = 5, max_length = 32)]
    phone: Option<Phone>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<CorrectDetailsRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let CorrectDetailsRequest { first_name, last_name, email, birth_date, adult_declared, phone } =
        request.body;
    let correction = Correction { first_name, last_name, email, birth_date, adult_declared, phone };
    let sent = app.send(&request.meta, CorrectDetails { id, location, correction }).await;
    sent.map_err(|problem| seen_by(&request.meta.caller, problem))
}
