//! Starting and ending a play: one decision over the play, its room and every wristband. Every state
//! handed in must be guarded by the append.

use std::borrow::Borrow;

use jiff::{SignedDuration, Timestamp};

use super::{Participant, PlayCommand, PlayError, PlayState, ReportedResult, StartedPlay, decide};
use crate::{
    Change, Refusal,
    game::{GameState, ListedGame, VariantSpec},
    ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid},
    location::LocationState,
    room::{self, InstalledRoom, RoomCommand, RoomError, RoomState},
    values::Reason,
    wristband::{self, WristbandCommand, WristbandError, WristbandState, cross_stream::named},
};

/// A play to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Fresh id.
    pub id: PlayId,
    /// The venue.
    pub location: LocationId,
    /// Where.
    pub room: RoomId,
    /// What variant of the room's game.
    pub variant: VariantId,
    /// When.
    pub at: Timestamp,
}

/// Begins a play, or nothing at all. `game` is the room's game; `bands` are those who want to play, in
/// the caller's order, as named.
///
/// # Errors
/// Location not found or disabled; room not found here, out of service, occupied, or without this
/// variant; variant retired; too few or too many bands; a band named twice, or not good, or in a play
/// (the message names it).
pub fn start<B: Borrow<WristbandState>>(
    location: &LocationState,
    room: &RoomState,
    game: &GameState,
    bands: &[(WristbandUid, B)],
    command: Start,
) -> Result<Vec<Change>, Refusal> {
    let Start { id, location: location_id, room: room_id, variant, at } = command;
    location.in_business()?;
    let installed = room.at(location_id)?;
    let occupied = room::decide(room, RoomCommand::Occupy { play: id, variant })?;
    let spec = playable(installed, game, variant)?;
    player_count(spec, bands.len())?;
    let (participants, joined) = join(bands, &command)?;
    let begin = PlayCommand::Start {
        id,
        location: location_id,
        room: room_id,
        game: installed.game(),
        variant,
        mode: spec.mode,
        participants,
        at,
        ends_by: at
            .saturating_add(SignedDuration::from_secs(spec.longest_play_seconds()))
            .unwrap_or(Timestamp::MAX),
    };
    let started = Change::all(&id.stream(), decide(&PlayState::Absent, begin)?);
    Ok([started, Change::all(&room_id.stream(), occupied), joined].concat())
}

/// A play with everything it holds, as loaded.
#[derive(Clone, Copy, Debug)]
pub struct OngoingPlay<'a, B> {
    /// Which.
    pub id: PlayId,
    /// The venue it is looked for at.
    pub location: LocationId,
    /// Its state.
    pub state: &'a PlayState,
    /// The state of [`StartedPlay::room`].
    pub room: &'a RoomState,
    /// Every band of [`StartedPlay::participants`].
    pub bands: &'a [(WristbandUid, B)],
}

/// Ends a play with results for exactly its participants. A repeated report yields nothing. One that was given up
/// as overdue takes its results later; its room and bands are long free.
///
/// # Errors
/// Play not found here, over with other results or aborted by hand; a result missing, doubled, out of range, or
/// for a band that is not in the play; an end before the play began or after `at`.
pub fn finish<B: Borrow<WristbandState>>(
    play: &OngoingPlay<'_, B>,
    results: Vec<ReportedResult>,
    ended_at: Option<Timestamp>,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    end(play, PlayCommand::Finish { results, ended_at, at }, at)
}

/// Ends a play without results.
///
/// # Errors
/// Play not found here, finished, or aborted for another reason.
pub fn abort<B: Borrow<WristbandState>>(
    play: &OngoingPlay<'_, B>,
    reason: Reason,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    end(play, PlayCommand::Abort { reason, at }, at)
}

/// Ends a play that has run past its maximum length.
///
/// # Errors
/// Play not found here, over already, or not past its maximum length.
pub fn abort_overdue<B: Borrow<WristbandState>>(
    play: &OngoingPlay<'_, B>,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    end(play, PlayCommand::AbortOverdue { at }, at)
}

fn playable<'a>(
    room: &InstalledRoom,
    game: &'a GameState,
    variant: VariantId,
) -> Result<&'a VariantSpec, Refusal> {
    Ok(game_of(room, game)?.playable_variant(variant)?)
}

/// `game`, if it is the room's.
pub(super) fn game_of<'a>(room: &InstalledRoom, game: &'a GameState) -> Result<&'a ListedGame, Refusal> {
    let game = game.existing()?;
    if game.id == room.game() { Ok(game) } else { Err(RoomError::VariantOfOtherGame.into()) }
}

pub(super) fn player_count(spec: &VariantSpec, players: usize) -> Result<(), PlayError> {
    let max = spec.max_players;
    match u32::try_from(players) {
        Ok(count) if (1..=max).contains(&count) => Ok(()),
        _ => Err(PlayError::PlayerCount { max, players }),
    }
}

/// Who plays, and what that means for their bands.
fn join<B: Borrow<WristbandState>>(
    bands: &[(WristbandUid, B)],
    command: &Start,
) -> Result<(Vec<Participant>, Vec<Change>), Refusal> {
    let Start { id: play, location, room, variant: _, at } = *command;
    let mut participants: Vec<Participant> = Vec::with_capacity(bands.len());
    let mut changes = vec![];
    for (uid, state) in bands {
        let state = state.borrow();
        unique(&participants, |known| known.uid == *uid, PlayError::BandTwice { uid: uid.clone() })?;
        let joined = wristband::decide(state, WristbandCommand::JoinPlay { play, room, at });
        changes.extend(Change::all(&uid.stream(location), joined.map_err(|error| named(uid, error.into()))?));
        let player = state.player().ok_or(WristbandError::NotAssigned)?;
        unique(&participants, |known| known.player == player, PlayError::PlayerTwice { uid: uid.clone() })?;
        participants.push(Participant { uid: uid.clone(), player });
    }
    Ok((participants, changes))
}

fn unique(
    known: &[Participant],
    same: impl Fn(&Participant) -> bool,
    twice: PlayError,
) -> Result<(), PlayError> {
    if known.iter().any(same) { Err(twice) } else { Ok(()) }
}

/// The end of a play frees its room and its bands.
fn end<B: Borrow<WristbandState>>(
    play: &OngoingPlay<'_, B>,
    command: PlayCommand,
    at: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let StartedPlay { room, .. } = play.state.started_at(play.location)?;
    let ended = decide(play.state, command)?;
    if ended.is_empty() {
        return Ok(vec![]);
    }
    let mut changes = Change::all(&play.id.stream(), ended);
    let vacated = room::decide(play.room, RoomCommand::Vacate { play: play.id })?;
    changes.extend(Change::all(&room.stream(), vacated));
    for (uid, state) in play.bands {
        let left = wristband::decide(state.borrow(), WristbandCommand::LeavePlay { play: play.id, at })?;
        changes.extend(Change::all(&uid.stream(play.location), left));
    }
    Ok(changes)
}
