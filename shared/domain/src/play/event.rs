//! Facts about one play, and what decisions need to know of them.

use jiff::Timestamp;

use super::{LabelledResult, Participant, PlayError, PlayerResult};
use crate::{
    Aggregate, DomainEvent,
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId},
    values::{Points, Reason},
};

/// What happened to a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayEvent {
    /// It began.
    Started {
        /// Its id.
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
        /// Who plays, with which band.
        participants: Vec<Participant>,
        /// When.
        at: Timestamp,
        /// Aborted by the scheduler when still running then.
        ends_by: Timestamp,
    },
    /// It ended with a result for every participant.
    Finished {
        /// One a participant, in their order.
        results: Vec<PlayerResult>,
        /// When.
        at: Timestamp,
    },
    /// It ended without results.
    Aborted {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// It happened while nobody could tell of it, and was recorded whole, later.
    Recorded {
        /// Its id.
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
        /// What everybody achieved.
        results: Vec<PlayerResult>,
        /// What was achieved by those without a band.
        labelled: Vec<LabelledResult>,
        /// When it began.
        started_at: Timestamp,
        /// When it ended.
        ended_at: Timestamp,
        /// When it was recorded.
        at: Timestamp,
    },
    /// A finished play's score, after the correction.
    ScoreCorrected {
        /// Whose.
        player: PlayerId,
        /// Points now.
        points: Points,
        /// Level now.
        level: u32,
        /// Lives left now, where the game counts them.
        lives: Option<u32>,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// A finished play's score no longer counts.
    ScoreVoided {
        /// Whose.
        player: PlayerId,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
}

/// The aggregate.
#[derive(Debug)]
pub struct Play;

/// A play's phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PlayState {
    /// Never started.
    #[default]
    Absent,
    /// Going on.
    Running(StartedPlay),
    /// Over, with results.
    Finished(FinishedPlay),
    /// Over, without.
    Aborted {
        /// How it began.
        started: StartedPlay,
        /// Why it ended.
        reason: Reason,
    },
}

/// How a play began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedPlay {
    /// The venue.
    pub location: LocationId,
    /// Where.
    pub room: RoomId,
    /// Who plays.
    pub participants: Vec<Participant>,
    /// When it began.
    pub at: Timestamp,
    /// When it is too long.
    pub ends_by: Timestamp,
}

/// A play that has results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedPlay {
    /// How it began.
    pub started: StartedPlay,
    /// As reported: a repeated report is told from a different one by these.
    pub reported: Vec<PlayerResult>,
    /// As reported of those without a band.
    pub labelled: Vec<LabelledResult>,
    /// As they count now.
    pub scores: Vec<Score>,
}

/// One player's score in a finished play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// What was achieved, after corrections.
    pub result: PlayerResult,
    /// No longer counts.
    pub voided: bool,
}

impl PlayEvent {
    /// A recorded play as a beginning and an end: what it would have been, had somebody told of it in time.
    #[must_use]
    pub fn as_played(&self) -> Option<(Self, Self)> {
        let Self::Recorded {
            id,
            location,
            room,
            game,
            variant,
            mode,
            results,
            labelled: _,
            started_at,
            ended_at,
            at: _,
        } = self
        else {
            return None;
        };
        let participants =
            results.iter().map(|result| Participant { uid: result.uid.clone(), player: result.player });
        let started = Self::Started {
            id: *id,
            location: *location,
            room: *room,
            game: *game,
            variant: *variant,
            mode: *mode,
            participants: participants.collect(),
            at: *started_at,
            ends_by: *ended_at,
        };
        Some((started, Self::Finished { results: results.clone(), at: *ended_at }))
    }
}

impl PlayState {
    /// How it began, whatever became of it.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn started(&self) -> Result<&StartedPlay, PlayError> {
        match self {
            Self::Absent => Err(PlayError::NotFound),
            Self::Running(started) | Self::Aborted { started, .. } => Ok(started),
            Self::Finished(finished) => Ok(&finished.started),
        }
    }

    /// How it began, if it did so at `location`.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn started_at(&self, location: LocationId) -> Result<&StartedPlay, PlayError> {
        match self.started()? {
            started if started.location == location => Ok(started),
            _ => Err(PlayError::NotFound),
        }
    }

    /// Its results, once it is finished.
    ///
    /// # Errors
    /// `NotFound`, `NotFinished`.
    pub fn finished(&self) -> Result<&FinishedPlay, PlayError> {
        match self {
            Self::Absent => Err(PlayError::NotFound),
            Self::Running(_) | Self::Aborted { .. } => Err(PlayError::NotFinished),
            Self::Finished(finished) => Ok(finished),
        }
    }
}

impl FinishedPlay {
    /// The score of `player`.
    ///
    /// # Errors
    /// `PlayerNotInPlay`.
    pub fn score_of(&self, player: PlayerId) -> Result<&Score, PlayError> {
        self.scores.iter().find(|score| score.result.player == player).ok_or(PlayError::PlayerNotInPlay)
    }
}

impl Aggregate for Play {
    type Event = PlayEvent;
    type State = PlayState;
    const CATEGORY: &'static str = "play";

    fn evolve(state: PlayState, event: &PlayEvent) -> PlayState {
        match (state, event) {
            (PlayState::Absent, event) => match event.as_played() {
                Some((started, finished)) => with_labels(Self::evolve(begun(&started), &finished), event),
                None => begun(event),
            },
            (PlayState::Running(started), PlayEvent::Finished { results, at: _ }) => {
                PlayState::Finished(finished(started, results))
            }
            (PlayState::Running(started), PlayEvent::Aborted { reason, at: _ }) => {
                PlayState::Aborted { started, reason: reason.clone() }
            }
            (PlayState::Aborted { started, reason }, PlayEvent::Finished { results, at: _ })
                if is_overdue(&reason) =>
            {
                PlayState::Finished(finished(started, results))
            }
            (PlayState::Finished(play), event) => PlayState::Finished(rescored(play, event)),
            (state @ (PlayState::Running(_) | PlayState::Aborted { .. }), _) => state,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&PlayEvent> {
        match event {
            DomainEvent::Play(event) => Some(event),
            _ => None,
        }
    }
}

/// Why the scheduler aborts a play that runs too long. Results that come later are still taken.
const OVERDUE: &str = "ran past its maximum length";

pub(super) fn overdue() -> Reason {
    Reason::stored(OVERDUE)
}

pub(super) fn is_overdue(reason: &Reason) -> bool {
    reason.as_str() == OVERDUE
}

fn with_labels(state: PlayState, event: &PlayEvent) -> PlayState {
    match (state, event) {
        (PlayState::Finished(play), PlayEvent::Recorded { labelled, .. }) => {
            PlayState::Finished(FinishedPlay { labelled: labelled.clone(), ..play })
        }
        (state, _) => state,
    }
}

fn begun(event: &PlayEvent) -> PlayState {
    match event {
        PlayEvent::Started { location, room, participants, at, ends_by, .. } => {
            PlayState::Running(StartedPlay {
                location: *location,
                room: *room,
                participants: participants.clone(),
                at: *at,
                ends_by: *ends_by,
            })
        }
        PlayEvent::Finished { .. }
        | PlayEvent::Aborted { .. }
        | PlayEvent::Recorded { .. }
        | PlayEvent::ScoreCorrected { .. }
        | PlayEvent::ScoreVoided { .. } => PlayState::Absent,
    }
}

fn finished(started: StartedPlay, results: &[PlayerResult]) -> FinishedPlay {
    let scores = results.iter().map(|result| Score { result: result.clone(), voided: false }).collect();
    FinishedPlay { started, reported: results.to_vec(), labelled: vec![], scores }
}

fn rescored(mut play: FinishedPlay, event: &PlayEvent) -> FinishedPlay {
    match event {
        PlayEvent::ScoreCorrected { player, points, level, lives, reason: _, at: _ } => {
            change_score(&mut play, *player, |score| overwrite(score, *points, *level, *lives));
        }
        PlayEvent::ScoreVoided { player, reason: _, at: _ } => {
            change_score(&mut play, *player, |score| score.voided = true);
        }
        PlayEvent::Started { .. }
        | PlayEvent::Finished { .. }
        | PlayEvent::Aborted { .. }
        | PlayEvent::Recorded { .. } => {}
    }
    play
}

fn change_score(play: &mut FinishedPlay, player: PlayerId, change: impl Fn(&mut Score)) {
    play.scores.iter_mut().filter(|score| score.result.player == player).for_each(change);
}

fn overwrite(score: &mut Score, points: Points, level: u32, lives: Option<u32>) {
    (score.result.points, score.result.level, score.result.lives) = (points, level, lives);
}
