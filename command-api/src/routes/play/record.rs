//! `POST /v1/locations/{location}/plays/record`.

use axum::extract::State;
use domain::{
    checked::{Refused, or_stand_in},
    ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid},
    play::{LabelledResult, ReportedResult},
    values::{Label, Points},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use utoipa::ToSchema;

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
    /// One for each who played.
    #[serde(deserialize_with = "results")]
    #[schema(max_items = 100)]
    results: Vec<RecordedResultRequest>,
}

/// What one who played achieved: with a wristband, whose points go to who wore it when the play began, or without one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedResultRequest {
    /// The code on the wristband; a result has this or a `label`.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    uid: Option<WristbandUid>,
    /// What the venue calls the result by, where nobody wore a wristband: a team, a seat. It must name nobody. It counts
    /// for the room and the day, and on no board.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    label: Option<Label>,
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

/// More than any variant takes are not even looked up.
const MOST_RESULTS: usize = 100;

fn results<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RecordedResultRequest>, D::Error> {
    let message = format!("`results` holds at most {MOST_RESULTS}.");
    let list = fields::list::<RecordedResultRequest, IgnoredAny, D>(
        deserializer,
        &(0..=MOST_RESULTS),
        "too_many",
        message,
    )?;
    let message = "Each result has either a `uid` or a `label`.".to_owned();
    let good = list.iter().all(|result| result.uid.is_some() != result.label.is_some());
    or_stand_in(if good { Ok(list) } else { Err(Refused::Said { code: "uid_or_label", message }) }, Vec::new)
}

/// Those with a wristband, and those without.
fn parted(results: Vec<RecordedResultRequest>) -> (Vec<ReportedResult>, Vec<LabelledResult>) {
    let (mut reported, mut labelled) = (Vec::new(), Vec::new());
    for RecordedResultRequest { uid, label, points, level, lives } in results {
        match (uid, label) {
            (Some(uid), _) => reported.push(ReportedResult { uid, points, level, lives }),
            (None, Some(label)) => labelled.push(LabelledResult { label, points, level, lives }),
            (None, None) => {}
        }
    }
    (reported, labelled)
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RecordPlayRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let RecordPlayRequest { play_id, room_id: room, variant_id: variant, started_at, ended_at, results } =
        request.body;
    let id = play_id.unwrap_or_else(|| PlayId(app.new_id()));
    let (results, labelled) = parted(results);
    let record = RecordPlay { id, location, room, variant, results, labelled, started_at, ended_at };
    app.send(&request.meta, record).await
}
