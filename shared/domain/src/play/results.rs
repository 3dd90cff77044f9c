//! Whether reported results are those of a play: exactly its participants, each once.

use super::{MAX_LEVEL, MAX_LIVES, Participant, PlayError, PlayerResult, ReportedResult};

/// `reported` in the order of `participants`, each with its player.
pub(super) fn complete(
    participants: &[Participant],
    reported: &[ReportedResult],
) -> Result<Vec<PlayerResult>, PlayError> {
    for (index, result) in reported.iter().enumerate() {
        if !participants.iter().any(|participant| participant.uid == result.uid) {
            return Err(PlayError::BandNotInPlay { uid: result.uid.clone() });
        }
        if reported.iter().take(index).any(|earlier| earlier.uid == result.uid) {
            return Err(PlayError::BandTwice { uid: result.uid.clone() });
        }
        in_range(result.level, result.lives)?;
    }
    participants.iter().map(|participant| result_of(participant, reported)).collect()
}

/// `level` and `lives` are within what any game counts.
pub(super) fn in_range(level: u32, lives: Option<u32>) -> Result<(), PlayError> {
    if level > MAX_LEVEL {
        return Err(PlayError::LevelOutOfRange { level });
    }
    match lives {
        Some(lives) if lives > MAX_LIVES => Err(PlayError::LivesOutOfRange { lives }),
        _ => Ok(()),
    }
}

fn result_of(participant: &Participant, reported: &[ReportedResult]) -> Result<PlayerResult, PlayError> {
    let Some(result) = reported.iter().find(|result| result.uid == participant.uid) else {
        return Err(PlayError::ResultMissing { uid: participant.uid.clone() });
    };
    Ok(PlayerResult {
        uid: participant.uid.clone(),
        player: participant.player,
        points: result.points,
        level: result.level,
        lives: result.lives,
    })
}
