//! `POST /v1/locations`.

use axum::extract::State;
use domain::{
    ids::LocationId,
    location::cross_stream::NewLocation,
    values::{Code, Name, TimeZoneName},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::location::OpenLocation, execute::Created};

/// A venue to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLocationRequest {
    /// Unique among locations: 1 to 40 letters, digits, hyphens or underscores, folded to lower case.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// IANA time zone of its days and hours, such as `Europe/Berlin`.
    time_zone: String,
}

impl OpenLocationRequest {
    fn checked(&self, id: LocationId) -> Result<OpenLocation, Problem> {
        let mut errors = FieldErrors::default();
        let code = errors.field("code", Code::new(&self.code));
        let name = errors.field("name", Name::new(&self.name));
        let time_zone = errors.field("time_zone", TimeZoneName::new(&self.time_zone));
        let (code, name, time_zone) = errors.finish((code, name, time_zone))?;
        Ok(OpenLocation(NewLocation { id, code, name, time_zone }))
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    request: CommandRequest<OpenLocationRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let open = request.body.checked(LocationId(app.new_id()))?;
    app.send(&request.meta, open).await
}
