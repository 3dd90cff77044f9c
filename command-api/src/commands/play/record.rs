//! Records a play that happened while nobody could tell of it.

use domain::{
    game::Game,
    ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid},
    location::Location,
    play::{self, Achieved, LabelledResult, Play, Record, ReportedResult},
    room::Room,
    setting::{RECORD_WITHIN, record_within},
    wristband::{
        Wristband,
        history::{PeriodSince, Worn, worn_at},
    },
};
use jiff::{SignedDuration, Timestamp};

use super::about_named;
use crate::commands::setting::nearest;
use crate::execute::{Command, Created, Decided, ExecuteError, UnitOfWork};

/// Time moves on with each transfer, so that this many are more than any band has seen.
const MOST_TRANSFERS: usize = 100;

/// Records a whole play, later.
#[derive(Clone, Debug)]
pub struct RecordPlay {
    /// Its id.
    pub id: PlayId,
    /// Where.
    pub location: LocationId,
    /// In which room.
    pub room: RoomId,
    /// What was played.
    pub variant: VariantId,
    /// One for each wristband.
    pub results: Vec<ReportedResult>,
    /// One for each who played without.
    pub labelled: Vec<LabelledResult>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

impl Command for RecordPlay {
    type Answer = Created;
    const NAME: &'static str = "record_play";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self {
            id,
            location: location_id,
            room: room_id,
            variant,
            results,
            labelled,
            started_at,
            ended_at,
        } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let room = work.load::<Room>(room_id.stream()).await?;
        let installed = room.at(location_id).map_err(|error| about_named(error.into()))?;
        let game = work.load::<Game>(installed.game().stream()).await?;
        let state = work.load_or_begin::<Play>(id.stream()).await?;
        let within = bound(&work, location_id).await?;
        let mut achieved = Vec::with_capacity(results.len());
        for result in results {
            achieved.push(whose(&work, location_id, started_at, result).await?);
        }
        let (location_state, room_state, at) = (location, room, work.now());
        let (location, room) = (location_id, room_id);
        let record = Record { id, location, room, variant, started_at, ended_at, within, at };
        let changes =
            play::record((&location_state, &room_state, &game), &state, (&achieved, labelled), record);
        work.record(changes.map_err(about_named)?);
        Ok(work.created(id.stream(), id.0))
    }
}

/// How far back the venue takes a play.
async fn bound(work: &UnitOfWork, location: LocationId) -> Result<SignedDuration, ExecuteError> {
    Ok(record_within(nearest(work, location, RECORD_WITHIN).await?.as_ref()))
}

/// Who wore the band of `result` at `moment`, and which band has the period of then.
async fn whose(
    work: &UnitOfWork,
    location: LocationId,
    moment: Timestamp,
    result: ReportedResult,
) -> Result<Achieved, ExecuteError> {
    let uid = work.stored_uid(location, result.uid).await?;
    let result = ReportedResult { uid: uid.clone(), ..result };
    let history = work.history::<Wristband>(&uid.stream(location)).await?;
    let Some(Worn { player, period }) = worn_at(&history, moment) else {
        return Ok(Achieved { result, player: None, period_on: None });
    };
    let period_on = followed(work, location, (uid, period)).await?;
    Ok(Achieved { result, player: Some(player), period_on })
}

/// The band that a period is on now, loaded; none when it is over.
async fn followed(
    work: &UnitOfWork,
    location: LocationId,
    (mut uid, mut period): (WristbandUid, PeriodSince),
) -> Result<Option<WristbandUid>, ExecuteError> {
    for _ in 0..MOST_TRANSFERS {
        match period {
            PeriodSince::Over => return Ok(None),
            PeriodSince::Kept => {
                work.load::<Wristband>(uid.stream(location)).await?;
                return Ok(Some(uid));
            }
            PeriodSince::Moved { to, at } => {
                let history = work.history::<Wristband>(&to.stream(location)).await?;
                period = worn_at(&history, at).map_or(PeriodSince::Over, |worn| worn.period);
                uid = to;
            }
        }
    }
    Ok(None)
}
