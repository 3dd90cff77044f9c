//! `POST /v1/locations`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    location::cross_stream::NewLocation,
    values::{Code, Name, TimeZoneName},
};
use http_api::{CommandAnswer, CommandRequest, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::location::OpenLocation, execute::Created};

/// A venue to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLocationRequest {
    /// Unique among locations: 1 to 40 letters, digits, hyphens or underscores, folded to lower case.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    code: Code,
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// IANA time zone of its days and hours, such as `Europe/Berlin`.
    #[schema(value_type = String)]
    time_zone: TimeZoneName,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    request: CommandRequest<OpenLocationRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let OpenLocationRequest { code, name, time_zone } = request.body;
    let location = NewLocation { id: LocationId(app.new_id()), code, name, time_zone };
    app.send(&request.meta, OpenLocation(location)).await
}
