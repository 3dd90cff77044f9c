//! What can be asked of a play, and what is decided on it. The room's and the bands' side is in
//! [`super::cross_stream`].

use jiff::Timestamp;

use super::{
    Participant, PlayError as Error, PlayEvent as Event, PlayState, PlayerResult, Score,
    event::{is_overdue, overdue},
    results::{complete, in_range},
};
use crate::{
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    values::{Points, Reason},
};

/// What a game engine says about one band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedResult {
    /// The band.
    pub uid: WristbandUid,
    /// Points.
    pub points: Points,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
}

/// A command on one play. Starting and ending one concern its room and bands too and are asked through
/// [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayCommand {
    /// Begin.
    Start {
        /// Fresh id.
        id: PlayId,
        /// The venue.
        location: LocationId,
        /// Where.
        room: RoomId,
        /// What game.
        game: GameId,
        /// What variant.
        variant: VariantId,
        /// How players stand to each other.
        mode: Mode,
        /// Who plays.
        participants: Vec<Participant>,
        /// When.
        at: Timestamp,
        /// When it is too long.
        ends_by: Timestamp,
    },
    /// End with results.
    Finish {
        /// One a participant, in any order.
        results: Vec<ReportedResult>,
        /// When it ended; `at` when that is not said.
        ended_at: Option<Timestamp>,
        /// When this is reported.
        at: Timestamp,
    },
    /// End without results.
    Abort {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// End without results, if it has run too long.
    AbortOverdue {
        /// When.
        at: Timestamp,
    },
    /// Change a score; what is absent stays.
    CorrectScore {
        /// Whose.
        player: PlayerId,
        /// Points.
        points: Option<Points>,
        /// Level reached.
        level: Option<u32>,
        /// Lives left.
        lives: Option<u32>,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// Let a score no longer count.
    VoidScore {
        /// Whose.
        player: PlayerId,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &PlayState, command: PlayCommand) -> Result<Vec<Event>, Error> {
    match command {
        PlayCommand::Start { id, location, room, game, variant, mode, participants, at, ends_by } => {
            match state {
                PlayState::Absent => Ok(vec![Event::Started {
                    id,
                    location,
                    room,
                    game,
                    variant,
                    mode,
                    participants,
                    at,
                    ends_by,
                }]),
                _ => Err(Error::AlreadyStarted),
            }
        }
        PlayCommand::Finish { results, ended_at, at } => finish(state, &results, ended_at, at),
        PlayCommand::Abort { reason, at } => abort(state, reason, at),
        PlayCommand::AbortOverdue { at } => abort_overdue(state, at),
        PlayCommand::CorrectScore { player, points, level, lives, reason, at } => {
            let score = state.finished()?.score_of(player)?;
            let corrected = corrected(score, points, level, lives)?;
            Ok(corrected.map(|result| correction(&result, reason, at)).into_iter().collect())
        }
        PlayCommand::VoidScore { player, reason, at } => void_score(state, player, reason, at),
    }
}

fn finish(
    state: &PlayState,
    reported: &[ReportedResult],
    ended_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Error> {
    let started = state.started()?;
    let results = complete(&started.participants, reported)?;
    let at = ended_at.map_or(Ok(now), |ended_at| ended(started.at, ended_at, now))?;
    match state {
        PlayState::Finished(play) if play.reported == results => Ok(vec![]),
        PlayState::Running(_) => Ok(vec![Event::Finished { results, at }]),
        // Unless the engine says when, a play that was given up ended when it had to, not when that is heard of.
        PlayState::Aborted { reason, .. } if is_overdue(reason) => {
            Ok(vec![Event::Finished { results, at: ended_at.unwrap_or(at.min(started.ends_by)) }])
        }
        PlayState::Absent | PlayState::Finished(_) | PlayState::Aborted { .. } => Err(Error::AlreadyOver),
    }
}

/// When a play ended that began at `started_at`, as is said at `now`.
pub(super) fn ended(started_at: Timestamp, ended_at: Timestamp, now: Timestamp) -> Result<Timestamp, Error> {
    if ended_at < started_at {
        return Err(Error::EndsBeforeStart { started_at });
    }
    if ended_at > now { Err(Error::InFuture { now }) } else { Ok(ended_at) }
}

fn abort(state: &PlayState, reason: Reason, at: Timestamp) -> Result<Vec<Event>, Error> {
    match state {
        PlayState::Absent => Err(Error::NotFound),
        PlayState::Running(_) => Ok(vec![Event::Aborted { reason, at }]),
        PlayState::Aborted { reason: before, .. } if *before == reason => Ok(vec![]),
        PlayState::Aborted { .. } | PlayState::Finished(_) => Err(Error::AlreadyOver),
    }
}

/// A play that is over by now is refused, although it is as wanted: the scheduler asks by a list that may
/// be old, and shall not leave an answer in the store each time.
fn abort_overdue(state: &PlayState, at: Timestamp) -> Result<Vec<Event>, Error> {
    match state {
        PlayState::Absent => Err(Error::NotFound),
        PlayState::Finished(_) | PlayState::Aborted { .. } => Err(Error::AlreadyOver),
        PlayState::Running(play) if at > play.ends_by => Ok(vec![Event::Aborted { reason: overdue(), at }]),
        PlayState::Running(play) => Err(Error::NotOverdue { ends_by: play.ends_by }),
    }
}

/// The result after the correction; none when that changes nothing.
fn corrected(
    score: &Score,
    points: Option<Points>,
    level: Option<u32>,
    lives: Option<u32>,
) -> Result<Option<PlayerResult>, Error> {
    let before = &score.result;
    let after = PlayerResult {
        points: points.unwrap_or(before.points),
        level: level.unwrap_or(before.level),
        lives: lives.or(before.lives),
        ..before.clone()
    };
    in_range(after.level, after.lives)?;
    if score.voided {
        return Err(Error::ScoreVoided);
    }
    Ok((after != *before).then_some(after))
}

fn correction(result: &PlayerResult, reason: Reason, at: Timestamp) -> Event {
    let PlayerResult { uid: _, player, points, level, lives } = *result;
    Event::ScoreCorrected { player, points, level, lives, reason, at }
}

fn void_score(
    state: &PlayState,
    player: PlayerId,
    reason: Reason,
    at: Timestamp,
) -> Result<Vec<Event>, Error> {
    let score = state.finished()?.score_of(player)?;
    Ok(if score.voided { vec![] } else { vec![Event::ScoreVoided { player, reason, at }] })
}
