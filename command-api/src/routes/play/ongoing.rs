//! A play with its room and wristbands as a session loads them, to be ended.

use std::sync::Arc;

use jiff::Timestamp;
use shared::domain::{
    Change, Refusal,
    ids::{LocationId, PlayId},
    play::{Play, cross_stream::OngoingPlay},
    room::Room,
    wristband::{Wristband, WristbandState},
};

use crate::execute::{Answer, ExecuteError, Session};

/// Loads everything `play` holds, decides by `end`, records.
pub(crate) async fn end(
    session: Session,
    location: LocationId,
    play: PlayId,
    end: impl FnOnce(&OngoingPlay<'_, Arc<WristbandState>>, Timestamp) -> Result<Vec<Change>, Refusal>,
) -> Result<Answer, ExecuteError> {
    let state = session.load::<Play>(play.stream()).await?;
    let started = state.started_at(location).map_err(ExecuteError::refused)?;
    let room = session.load::<Room>(started.room.stream()).await?;
    let uids = started.participants.iter().map(|participant| participant.uid.clone());
    let streams = started.participants.iter().map(|participant| participant.uid.stream(location));
    let states = session.load_all::<Wristband>(streams.collect()).await?;
    let bands: Vec<_> = uids.zip(states).collect();
    let ongoing = OngoingPlay { id: play, location, state: &state, room: &room, bands: &bands };
    session.record(end(&ongoing, session.now())?);
    Ok(Answer::ok(play.stream()))
}
