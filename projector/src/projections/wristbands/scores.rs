//! What was played in which period. The band's stream says which period, the play's stream says what
//! came of it; either may be read first.

use domain::{
    ids::{LocationId, PlayId, PlayerId, RoomId},
    play::PlayEvent,
};
use read_model::wristbands::BandPlay;

use super::band::Joined;
use crate::{ApplyError, Event, Rows};

/// Keys of the rows that `fact` concerns.
pub(super) fn keys(id: PlayId, fact: &PlayEvent) -> Vec<(PlayId, PlayerId)> {
    match fact {
        PlayEvent::Started { participants, .. } => participants.iter().map(|p| (id, p.player)).collect(),
        PlayEvent::Finished { results, .. } | PlayEvent::Recorded { results, .. } => {
            results.iter().map(|result| (id, result.player)).collect()
        }
        PlayEvent::ScoreCorrected { player, .. } | PlayEvent::ScoreVoided { player, .. } => {
            vec![(id, *player)]
        }
        PlayEvent::Aborted { .. } => vec![],
    }
}

/// Notes the period that a play belongs to.
pub(super) fn join(rows: &mut Rows<BandPlay>, joined: &Joined) -> Result<(), ApplyError> {
    let key = (joined.play, joined.player);
    let row = rows.get(&key)?.cloned().unwrap_or_else(|| empty(key, joined.location, joined.room));
    rows.put(BandPlay { period: Some(joined.period.clone()), ..row });
    Ok(())
}

/// Notes what came of a play.
pub(super) fn fold(
    rows: &mut Rows<BandPlay>,
    event: &Event,
    id: PlayId,
    fact: &PlayEvent,
) -> Result<(), ApplyError> {
    for key in keys(id, fact) {
        let known = rows.get(&key)?;
        if known.is_some_and(|row| row.stream_version >= event.version) {
            continue;
        }
        let row = match (known, fact) {
            (Some(row), _) => row.clone(),
            (
                None,
                PlayEvent::Started { location, room, .. } | PlayEvent::Recorded { location, room, .. },
            ) => empty(key, *location, *room),
            // An operator who skipped the start gave up the play.
            (None, _) => continue,
        };
        let row = match fact.as_played() {
            Some((first, last)) => changed(changed(row, &first), &last),
            None => changed(row, fact),
        };
        rows.put(BandPlay { stream_version: event.version, ..row });
    }
    Ok(())
}

fn empty((play_id, player_id): (PlayId, PlayerId), location_id: LocationId, room_id: RoomId) -> BandPlay {
    BandPlay {
        play_id,
        player_id,
        location_id,
        period: None,
        room_id,
        variant_id: None,
        points: None,
        level: None,
        scored_at: None,
        voided: false,
        stream_version: domain::log::Version(0),
    }
}

fn changed(row: BandPlay, fact: &PlayEvent) -> BandPlay {
    match fact {
        PlayEvent::Started { variant, .. } => BandPlay { variant_id: Some(*variant), ..row },
        PlayEvent::Finished { results, at } => {
            let result = results.iter().find(|result| result.player == row.player_id);
            BandPlay {
                points: result.map(|result| result.points.get()),
                level: result.map(|result| result.level),
                scored_at: Some(*at),
                ..row
            }
        }
        PlayEvent::ScoreCorrected { points, level, .. } => {
            BandPlay { points: Some(points.get()), level: Some(*level), ..row }
        }
        PlayEvent::ScoreVoided { .. } => BandPlay { voided: true, ..row },
        PlayEvent::Aborted { .. } | PlayEvent::Recorded { .. } => row,
    }
}
