//! A play with its room and wristbands as a unit of work loads them, to be ended.

use std::sync::Arc;

use domain::{
    Change, Refusal,
    ids::{LocationId, PlayId},
    play::{Play, cross_stream::OngoingPlay},
    room::Room,
    wristband::{Wristband, WristbandState},
};
use jiff::Timestamp;

use crate::execute::{Changed, Decided, ExecuteError, UnitOfWork};

/// Loads everything `play` holds, decides by `end`, records.
pub(super) async fn end(
    work: UnitOfWork,
    location: LocationId,
    play: PlayId,
    end: impl FnOnce(&OngoingPlay<'_, Arc<WristbandState>>, Timestamp) -> Result<Vec<Change>, Refusal>,
) -> Decided<Changed> {
    let state = work.load::<Play>(play.stream()).await?;
    let started = state.started_at(location).map_err(ExecuteError::refused)?;
    let room = work.load::<Room>(started.room.stream()).await?;
    let uids = started.participants.iter().map(|participant| participant.uid.clone());
    let streams = started.participants.iter().map(|participant| participant.uid.stream(location));
    let states = work.load_all::<Wristband>(streams.collect()).await?;
    let bands: Vec<_> = uids.zip(states).collect();
    let ongoing = OngoingPlay { id: play, location, state: &state, room: &room, bands: &bands };
    work.record(end(&ongoing, work.now())?);
    Ok(work.changed(play.stream()))
}
