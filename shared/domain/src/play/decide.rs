//! The rules of one play. The room's and the bands' side is in [`super::cross_stream`].

use jiff::Timestamp;

use super::{
    PlayCommand as Command, PlayError as Error, PlayEvent as Event, PlayState, PlayerResult, ReportedResult,
    Score,
    results::{complete, in_range},
};
use crate::{
    ids::PlayerId,
    values::{Points, Reason},
};

/// Why the scheduler aborts a play.
const OVERDUE: &str = "ran past its maximum length";

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &PlayState, command: Command) -> Result<Vec<Event>, Error> {
    match command {
        Command::Start { id, location, room, game, variant, mode, participants, at, ends_by } => {
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
        Command::Finish { results, at } => finish(state, &results, at),
        Command::Abort { reason, at } => abort(state, reason, at),
        Command::AbortOverdue { at } => abort_overdue(state, at),
        Command::CorrectScore { player, points, level, lives, reason, at } => {
            let score = state.finished()?.score_of(player)?;
            let corrected = corrected(score, points, level, lives)?;
            Ok(corrected.map(|result| correction(&result, reason, at)).into_iter().collect())
        }
        Command::VoidScore { player, reason, at } => void_score(state, player, reason, at),
    }
}

fn finish(state: &PlayState, reported: &[ReportedResult], at: Timestamp) -> Result<Vec<Event>, Error> {
    let results = complete(&state.started()?.participants, reported)?;
    match state {
        PlayState::Finished(play) if play.reported == results => Ok(vec![]),
        PlayState::Running(_) => Ok(vec![Event::Finished { results, at }]),
        PlayState::Absent | PlayState::Finished(_) | PlayState::Aborted { .. } => Err(Error::AlreadyOver),
    }
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
        PlayState::Running(play) if at > play.ends_by => {
            Ok(vec![Event::Aborted { reason: Reason::stored(OVERDUE), at }])
        }
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
