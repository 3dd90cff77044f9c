//! `POST /v1/locations/{location}/plays/record`.

use axum::extract::State;
use domain::{
    ids::{LocationId, PlayId, RoomId, VariantId},
    play::ReportedResult,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::finish::ResultRequest;
use crate::{CommandApi, commands::play::RecordPlay, execute::Created, routes::fields};

/// A play that happened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPlayRequest {
    /// The id that the game engine gave the play, so that it is recorded once however often it is sent. Left out, the
    /// play gets a new one, and `Idempotency-Key` says what a repetition is.
    #[schema(value_type = Option<String>, format = Uuid)]
    play_id: Option<PlayId>,
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    room_id: RoomId,
    /// What; a variant of the room's game, on offer or not.
    #[schema(value_type = String, format = Uuid)]
    variant_id: VariantId,
    /// When it began: within the hours of the setting `plays.record_within_hours`, 24 unless it is set.
    #[serde(deserialize_with = "fields::instant")]
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended.
    #[serde(deserialize_with = "fields::instant")]
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    /// One for each wristband that played. Its points go to who wore it when the play began.
    results: Vec<ResultRequest>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RecordPlayRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let RecordPlayRequest { play_id, room_id: room, variant_id: variant, started_at, ended_at, results } =
        request.body;
    let id = play_id.unwrap_or_else(|| PlayId(app.new_id()));
    let results = results.into_iter().map(ReportedResult::from).collect();
    let record = RecordPlay { id, location, room, variant, results, started_at, ended_at };
    app.send(&request.meta, record).await
}
