//! `POST /v1/locations/{location}/plays/{play}/scores/{player}/correct`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayId, PlayerId},
    values::{Points, Reason},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::play::CorrectScore, execute::Changed};

/// A score as it should have been; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectScoreRequest {
    /// Points.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    points: Option<Points>,
    /// Level reached.
    #[schema(minimum = 0, maximum = 1000)]
    level: Option<u32>,
    /// Lives left.
    #[schema(minimum = 0, maximum = 1000)]
    lives: Option<u32>,
    /// Why, for those who read the history: 1 to 300 characters. It must name nobody: it stays when people are erased.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: Reason,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play, player)): ValidPath<(LocationId, PlayId, PlayerId)>,
    request: CommandRequest<CorrectScoreRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let CorrectScoreRequest { points, level, lives, reason } = request.body;
    let correct = CorrectScore { location, play, player, points, level, lives, reason };
    app.send(&request.meta, correct).await
}
