//! `POST /v1/locations/{location}/plays/{play}/finish`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayId, WristbandUid},
    play::ReportedResult,
    values::Points,
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::play::FinishPlay, execute::Changed};

/// A play's results.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishPlayRequest {
    /// One for each wristband of the play.
    results: Vec<ResultRequest>,
}

/// What one player achieved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultRequest {
    /// The code on the wristband.
    #[schema(min_length = 1, max_length = 64)]
    uid: String,
    /// Points.
    #[schema(minimum = 0, maximum = 1_000_000)]
    points: i64,
    /// Level reached.
    #[schema(minimum = 0, maximum = 1000)]
    level: u32,
    /// Lives left, where the game counts them.
    #[schema(minimum = 0, maximum = 1000)]
    lives: Option<u32>,
}

impl FinishPlayRequest {
    fn checked(&self) -> Result<Vec<ReportedResult>, Problem> {
        let mut errors = FieldErrors::default();
        let results = self.results.iter().enumerate().filter_map(|(index, result)| {
            let uid = errors.field(format_args!("results/{index}/uid"), result.uid.parse::<WristbandUid>());
            let points = errors.field(format_args!("results/{index}/points"), Points::new(result.points));
            Some(ReportedResult { uid: uid?, points: points?, level: result.level, lives: result.lives })
        });
        let results = results.collect();
        errors.finish(Some(results))
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play)): ValidPath<(LocationId, PlayId)>,
    request: CommandRequest<FinishPlayRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let results = request.body.checked()?;
    app.send(&request.meta, FinishPlay { location, play, results }).await
}
