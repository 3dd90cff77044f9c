//! A play that happened while nobody could tell of it: stored whole, later, once.

use jiff::{SignedDuration, Timestamp};

use super::{
    PlayError, PlayEvent, PlayState, PlayerResult, ReportedResult,
    command::ended,
    cross_stream::{game_of, player_count},
    results::in_range,
};
use crate::{
    Change, Refusal,
    game::GameState,
    ids::{LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    location::LocationState,
    room::RoomState,
    values::{Label, Points},
    wristband::WristbandEvent,
};

/// A play to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Fresh id, or the one that the game engine gave it.
    pub id: PlayId,
    /// The venue.
    pub location: LocationId,
    /// Where.
    pub room: RoomId,
    /// What variant of the room's game.
    pub variant: VariantId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How far back a play may be recorded.
    pub within: SignedDuration,
    /// When this is reported.
    pub at: Timestamp,
}

/// What somebody achieved, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achieved {
    /// As reported.
    pub result: ReportedResult,
    /// Who wore the band when the play began; see [`crate::wristband::history`].
    pub player: Option<PlayerId>,
    /// The band that has the period of that time now, unless the period is over.
    pub period_on: Option<WristbandUid>,
}

/// What somebody without a band achieved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledResult {
    /// What the venue calls it by: a team, a seat. It names nobody.
    pub label: Label,
    /// Points.
    pub points: Points,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
}

/// Records a play with its results, or nothing at all. One that is recorded already, with the same content, yields
/// nothing. The room's present play and the bands' time are not touched, and nothing is switched.
///
/// # Errors
/// Location, room or variant not found; too few or too many bands; a band named twice or worn by nobody then; a
/// result out of range; an end before the beginning, after `at`, or a beginning too long ago; an id that another
/// play has.
pub fn record(
    (location, room, game): (&LocationState, &RoomState, &GameState),
    state: &PlayState,
    (achieved, labelled): (&[Achieved], Vec<LabelledResult>),
    command: Record,
) -> Result<Vec<Change>, Refusal> {
    location.existing()?;
    let installed = room.at(command.location)?;
    // It may have been retired since.
    let spec = game_of(installed, game)?.variant(command.variant)?;
    player_count(spec, achieved.len() + labelled.len())?;
    in_time(&command)?;
    let results = results(achieved)?;
    once_each(&labelled)?;
    if repeated(state, &command, (&results, &labelled))? {
        return Ok(vec![]);
    }
    let recorded = PlayEvent::Recorded {
        id: command.id,
        location: command.location,
        room: command.room,
        game: installed.game(),
        variant: command.variant,
        mode: spec.mode,
        results,
        labelled,
        started_at: command.started_at,
        ended_at: command.ended_at,
        at: command.at,
    };
    let noted = achieved.iter().filter_map(|achieved| achieved.period_on.as_ref());
    let noted = noted.flat_map(|uid| Change::all(&uid.stream(command.location), [noted_on_band(&command)]));
    Ok(Change::all(&command.id.stream(), [recorded]).into_iter().chain(noted).collect())
}

fn in_time(command: &Record) -> Result<(), PlayError> {
    let Record { started_at, ended_at, within, at, .. } = *command;
    ended(started_at, ended_at, at)?;
    if at.duration_since(started_at) > within {
        return Err(PlayError::TooLongAgo { hours: within.as_hours() });
    }
    Ok(())
}

fn results(achieved: &[Achieved]) -> Result<Vec<PlayerResult>, PlayError> {
    let mut results: Vec<PlayerResult> = Vec::with_capacity(achieved.len());
    for Achieved { result, player, period_on: _ } in achieved {
        let ReportedResult { uid, points, level, lives } = result.clone();
        in_range(level, lives)?;
        let Some(player) = *player else { return Err(PlayError::NobodyWore { uid }) };
        if results.iter().any(|known| known.uid == uid) {
            return Err(PlayError::BandTwice { uid });
        }
        if results.iter().any(|known| known.player == player) {
            return Err(PlayError::PlayerTwice { uid });
        }
        results.push(PlayerResult { uid, player, points, level, lives });
    }
    Ok(results)
}

fn once_each(labelled: &[LabelledResult]) -> Result<(), PlayError> {
    for (index, result) in labelled.iter().enumerate() {
        in_range(result.level, result.lives)?;
        if labelled.iter().take(index).any(|earlier| earlier.label == result.label) {
            return Err(PlayError::LabelTwice { label: result.label.clone() });
        }
    }
    Ok(())
}

/// Whether the play is there already as it is reported.
fn repeated(
    state: &PlayState,
    command: &Record,
    (results, labelled): (&[PlayerResult], &[LabelledResult]),
) -> Result<bool, PlayError> {
    match state {
        PlayState::Absent => Ok(false),
        PlayState::Finished(known)
            if known.reported == results
                && known.labelled == labelled
                && known.started.at == command.started_at
                && (known.started.location, known.started.room) == (command.location, command.room) =>
        {
            Ok(true)
        }
        // Whether another location has such a play is not for this one to know: the answer is the same.
        PlayState::Running(_) | PlayState::Finished(_) | PlayState::Aborted { .. } => {
            Err(PlayError::IdOfAnother)
        }
    }
}

fn noted_on_band(command: &Record) -> WristbandEvent {
    WristbandEvent::PlayRecorded { play: command.id, room: command.room, at: command.at }
}
