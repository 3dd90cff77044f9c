//! `POST /v1/locations`.

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        claim::Claim,
        ids::LocationId,
        location::{
            Location,
            cross_stream::{self, NewLocation},
        },
        values::{Code, Name, TimeZoneName},
    },
    http::{CommandAnswer, CommandRequest, FieldErrors, Problem},
};
use utoipa::ToSchema;

use crate::{CommandApi, app::Created, execute::Answer};

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

pub(super) async fn handler(
    State(app): State<CommandApi>,
    request: CommandRequest<OpenLocationRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let mut errors = FieldErrors::default();
    let code = errors.field("code", Code::new(&request.body.code));
    let name = errors.field("name", Name::new(&request.body.name));
    let time_zone = errors.field("time_zone", TimeZoneName::new(&request.body.time_zone));
    let (code, name, time_zone) = errors.finish((code, name, time_zone))?;
    let id = LocationId(app.executor.clock().new_uuid());
    let new = NewLocation { id, code, name, time_zone };
    app.run(&request.meta, Some(id), |session| {
        let new = new.clone();
        async move {
            let claim = session.load::<Claim>(cross_stream::code_stream(&new.code)).await?;
            let location = session.begin::<Location>(id.stream());
            session.record(cross_stream::open(&claim, &location, new)?);
            Ok(Answer::created(id.stream(), id))
        }
    })
    .await
}
