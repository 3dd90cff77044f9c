//! From the facts of plays to changes of single scores.

use domain::{
    ids::{PlayId, PlayerId},
    play::PlayEvent,
};
use jiff::Timestamp;
use read_model::leaderboards::{BoardPlay, BoardZone};

use super::moved::DayKey;
use crate::{ApplyError, Event, Rows, projections::local_days::LocalDays};

/// What became of one player's score in one play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScoreChange {
    pub(super) key: DayKey,
    pub(super) play: PlayId,
    pub(super) to: ScoreState,
}

/// See [`ScoreChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScoreState {
    Scored { points: u32, at: Timestamp },
    Corrected { points: u32 },
    Voided,
}

/// Takes note of the play, and of the scores that `fact` changes.
pub(super) fn fold(
    plays: &mut Rows<BoardPlay>,
    days: &mut LocalDays<BoardZone>,
    event: &Event,
    (id, fact): (PlayId, &PlayEvent),
    changes: &mut Vec<ScoreChange>,
) -> Result<(), ApplyError> {
    let known = plays.get(&(id,))?;
    if known.is_some_and(|play| play.stream_version >= event.version) {
        return Ok(());
    }
    match fact.as_played() {
        Some((first, last)) => {
            step(plays, days, event, (id, &first), changes)?;
            step(plays, days, event, (id, &last), changes)
        }
        None => step(plays, days, event, (id, fact), changes),
    }
}

fn step(
    plays: &mut Rows<BoardPlay>,
    days: &mut LocalDays<BoardZone>,
    event: &Event,
    (id, fact): (PlayId, &PlayEvent),
    changes: &mut Vec<ScoreChange>,
) -> Result<(), ApplyError> {
    if let PlayEvent::Started { location, variant, .. } = fact {
        plays.put(BoardPlay {
            play_id: id,
            location_id: *location,
            variant_id: *variant,
            finished_on: None,
            stream_version: event.version,
        });
        return Ok(());
    }
    // An operator who skipped the start gave up the play.
    let Some(play) = plays.get_mut(&(id,))? else { return Ok(()) };
    play.stream_version = event.version;
    if let PlayEvent::Finished { at, .. } = fact {
        play.finished_on = Some(days.day(event, *at)?);
    }
    note(play, fact, changes);
    Ok(())
}

fn note(play: &BoardPlay, fact: &PlayEvent, changes: &mut Vec<ScoreChange>) {
    let Some(day) = play.finished_on else { return };
    let change = |player: PlayerId, to| ScoreChange {
        key: (play.location_id, play.variant_id, day, player),
        play: play.play_id,
        to,
    };
    match fact {
        PlayEvent::Started { .. } | PlayEvent::Aborted { .. } | PlayEvent::Recorded { .. } => {}
        PlayEvent::Finished { results, at } => {
            let scored = |points: u32| ScoreState::Scored { points, at: *at };
            changes.extend(results.iter().map(|result| change(result.player, scored(result.points.get()))));
        }
        PlayEvent::ScoreCorrected { player, points, .. } => {
            changes.push(change(*player, ScoreState::Corrected { points: points.get() }));
        }
        PlayEvent::ScoreVoided { player, .. } => changes.push(change(*player, ScoreState::Voided)),
    }
}
