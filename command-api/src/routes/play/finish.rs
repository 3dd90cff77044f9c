//! `POST /v1/locations/{location}/plays/{play}/finish`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayId, WristbandUid},
    play::ReportedResult,
    values::Points,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::play::FinishPlay, execute::Changed, routes::fields};

/// A play's results.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishPlayRequest {
    /// One for each wristband of the play.
    results: Vec<ResultRequest>,
    /// When it ended, if that was not just now.
    #[serde(default, deserialize_with = "fields::optional_instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// What one player achieved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultRequest {
    /// The code on the wristband.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    uid: WristbandUid,
    /// Points.
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000)]
    points: Points,
    /// Level reached.
    #[schema(minimum = 0, maximum = 1000)]
    level: u32,
    /// Lives left, where the game counts them.
    #[schema(minimum = 0, maximum = 1000)]
    lives: Option<u32>,
}

impl From<ResultRequest> for ReportedResult {
    fn from(ResultRequest { uid, points, level, lives }: ResultRequest) -> Self {
        Self { uid, points, level, lives }
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play)): ValidPath<(LocationId, PlayId)>,
    request: CommandRequest<FinishPlayRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let FinishPlayRequest { results, ended_at } = request.body;
    let results = results.into_iter().map(ReportedResult::from).collect();
    app.send(&request.meta, FinishPlay { location, play, results, ended_at }).await
}
