//! `POST /v1/locations/{location}/plays/{play}/scores/{player}/correct`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayId, PlayerId},
    values::{Points, Reason},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::play::CorrectScore, execute::Changed};

/// A score as it should have been; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectScoreRequest {
    /// Points.
    #[schema(minimum = 0, maximum = 1_000_000)]
    points: Option<i64>,
    /// Level reached.
    #[schema(minimum = 0, maximum = 1000)]
    level: Option<u32>,
    /// Lives left.
    #[schema(minimum = 0, maximum = 1000)]
    lives: Option<u32>,
    /// Why, for those who read the history: 1 to 300 characters.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

impl CorrectScoreRequest {
    fn checked(
        &self,
        (location, play, player): (LocationId, PlayId, PlayerId),
    ) -> Result<CorrectScore, Problem> {
        let mut errors = FieldErrors::default();
        let points = errors.field("points", self.points.map(Points::new).transpose());
        let reason = errors.field("reason", Reason::new(&self.reason));
        let (points, reason) = errors.finish((points, reason))?;
        let (level, lives) = (self.level, self.lives);
        Ok(CorrectScore { location, play, player, points, level, lives, reason })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(score): ValidPath<(LocationId, PlayId, PlayerId)>,
    request: CommandRequest<CorrectScoreRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let correct = request.body.checked(score)?;
    app.send(&request.meta, correct).await
}
