//! `POST /v1/locations/{location}/wristbands/{uid}/add-time`.

use axum::extract::State;
use domain::{
    ids::{LocationId, WristbandUid},
    values::Minutes,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{AddTime, WristbandChanged},
};

/// Time to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTimeRequest {
    /// How much.
    #[schema(minimum = 1, maximum = 1440)]
    minutes: i64,
}

impl AddTimeRequest {
    fn checked(&self) -> Result<Minutes, Problem> {
        let mut errors = FieldErrors::default();
        let minutes = errors.field("minutes", Minutes::new(self.minutes));
        errors.finish(minutes)
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, uid)): ValidPath<(LocationId, WristbandUid)>,
    request: CommandRequest<AddTimeRequest>,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let minutes = request.body.checked()?;
    app.send(&request.meta, AddTime { location, uid, minutes }).await
}
