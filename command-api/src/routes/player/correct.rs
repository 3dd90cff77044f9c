//! `POST /v1/locations/{location}/players/{player}/correct`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    player::Identity,
    values::{EmailAddress, Name},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{birth_date, seen_by};
use crate::{CommandApi, commands::player::CorrectDetails, execute::Changed};

/// Who somebody is, as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectDetailsRequest {
    /// First name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    first_name: Name,
    /// Last name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    last_name: Name,
    /// The family's key: a guardian has one, a dependant has none.
    #[schema(value_type = Option<String>, format = "email", max_length = 254)]
    email: Option<EmailAddress>,
    /// `YYYY-MM-DD`.
    #[serde(deserialize_with = "birth_date")]
    #[schema(value_type = String, format = "date")]
    birth_date: Date,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlayerId)>,
    request: CommandRequest<CorrectDetailsRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let CorrectDetailsRequest { first_name, last_name, email, birth_date } = request.body;
    let person = Identity { first_name, last_name, birth_date };
    let sent = app.send(&request.meta, CorrectDetails { id, location, person, email }).await;
    sent.map_err(|problem| seen_by(&request.meta.caller, problem))
}
