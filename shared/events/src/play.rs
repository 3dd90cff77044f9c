//! Stored form of play events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    play::{Participant, PlayEvent as Event, PlayerResult},
    values::{Points, Reason},
};

const STARTED_V1: &str = "play.started.v1";
const FINISHED_V1: &str = "play.finished.v1";
const ABORTED_V1: &str = "play.aborted.v1";
const SCORE_CORRECTED_V1: &str = "play.score_corrected.v1";
const SCORE_VOIDED_V1: &str = "play.score_voided.v1";

#[derive(Serialize, Deserialize)]
struct StartedV1 {
    play_id: PlayId,
    location_id: LocationId,
    room_id: RoomId,
    game_id: GameId,
    variant_id: VariantId,
    mode: Mode,
    participants: Vec<ParticipantV1>,
    at: Timestamp,
    ends_by: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ParticipantV1 {
    uid: WristbandUid,
    player_id: PlayerId,
}

#[derive(Serialize, Deserialize)]
struct FinishedV1 {
    results: Vec<ResultV1>,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ResultV1 {
    uid: WristbandUid,
    player_id: PlayerId,
    points: u32,
    level: u32,
    lives: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct AbortedV1 {
    reason: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ScoreCorrectedV1 {
    player_id: PlayerId,
    points: u32,
    level: u32,
    lives: Option<u32>,
    reason: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ScoreVoidedV1 {
    player_id: PlayerId,
    reason: String,
    at: Timestamp,
}

pub(super) fn encode(event: &Event) -> Result<Encoded, EncodeError> {
    match event {
        Event::Started { id, location, room, game, variant, mode, participants, at, ends_by } => json(
            STARTED_V1,
            &StartedV1 {
                play_id: *id,
                location_id: *location,
                room_id: *room,
                game_id: *game,
                variant_id: *variant,
                mode: *mode,
                participants: participants.iter().map(stored_participant).collect(),
                at: *at,
                ends_by: *ends_by,
            },
        ),
        Event::Finished { results, at } => {
            json(FINISHED_V1, &FinishedV1 { results: results.iter().map(stored_result).collect(), at: *at })
        }
        Event::Aborted { reason, at } => json(ABORTED_V1, &AbortedV1 { reason: reason.to_string(), at: *at }),
        Event::ScoreCorrected { player, points, level, lives, reason, at } => json(
            SCORE_CORRECTED_V1,
            &ScoreCorrectedV1 {
                player_id: *player,
                points: points.get(),
                level: *level,
                lives: *lives,
                reason: reason.to_string(),
                at: *at,
            },
        ),
        Event::ScoreVoided { player, reason, at } => {
            json(SCORE_VOIDED_V1, &ScoreVoidedV1 { player_id: *player, reason: reason.to_string(), at: *at })
        }
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<Event, DecodeError> {
    Ok(match event_type {
        STARTED_V1 => started(parse(event_type, data)?),
        FINISHED_V1 => {
            let v1: FinishedV1 = parse(event_type, data)?;
            let results = v1.results.into_iter().map(|stored| result(event_type, stored));
            Event::Finished { results: results.collect::<Result<_, _>>()?, at: v1.at }
        }
        ABORTED_V1 => {
            let v1: AbortedV1 = parse(event_type, data)?;
            Event::Aborted { reason: Reason::stored(&v1.reason), at: v1.at }
        }
        SCORE_CORRECTED_V1 => {
            let v1: ScoreCorrectedV1 = parse(event_type, data)?;
            Event::ScoreCorrected {
                player: v1.player_id,
                points: points(event_type, v1.points)?,
                level: v1.level,
                lives: v1.lives,
                reason: Reason::stored(&v1.reason),
                at: v1.at,
            }
        }
        SCORE_VOIDED_V1 => {
            let v1: ScoreVoidedV1 = parse(event_type, data)?;
            Event::ScoreVoided { player: v1.player_id, reason: Reason::stored(&v1.reason), at: v1.at }
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn started(v1: StartedV1) -> Event {
    Event::Started {
        id: v1.play_id,
        location: v1.location_id,
        room: v1.room_id,
        game: v1.game_id,
        variant: v1.variant_id,
        mode: v1.mode,
        participants: v1.participants.into_iter().map(participant).collect(),
        at: v1.at,
        ends_by: v1.ends_by,
    }
}

fn stored_participant(participant: &Participant) -> ParticipantV1 {
    ParticipantV1 { uid: participant.uid.clone(), player_id: participant.player }
}

fn participant(stored: ParticipantV1) -> Participant {
    Participant { uid: stored.uid, player: stored.player_id }
}

fn stored_result(result: &PlayerResult) -> ResultV1 {
    ResultV1 {
        uid: result.uid.clone(),
        player_id: result.player,
        points: result.points.get(),
        level: result.level,
        lives: result.lives,
    }
}

fn result(event_type: &str, stored: ResultV1) -> Result<PlayerResult, DecodeError> {
    Ok(PlayerResult {
        uid: stored.uid,
        player: stored.player_id,
        points: points(event_type, stored.points)?,
        level: stored.level,
        lives: stored.lives,
    })
}

fn points(event_type: &str, stored: u32) -> Result<Points, DecodeError> {
    Points::new(i64::from(stored))
        .map_err(|_| DecodeError::Value { event_type: event_type.to_owned(), field: "points" })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::golden::assert_golden;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_767_268_800 + minute * 60).unwrap()
    }

    fn player(number: u128) -> PlayerId {
        PlayerId(Uuid::from_u128(number))
    }

    fn uid(text: &str) -> WristbandUid {
        text.parse().unwrap()
    }

    #[test]
    fn golden_runs() {
        assert_golden(Event::Started {
            id: PlayId(Uuid::from_u128(1)),
            location: LocationId(Uuid::from_u128(2)),
            room: RoomId(Uuid::from_u128(3)),
            game: GameId(Uuid::from_u128(4)),
            variant: VariantId(Uuid::from_u128(5)),
            mode: Mode::Pvp,
            participants: vec![
                Participant { uid: uid("04A2"), player: player(6) },
                Participant { uid: uid("04A3"), player: player(7) },
            ],
            at: at(0),
            ends_by: at(10),
        });
        assert_golden(Event::Finished {
            results: vec![
                PlayerResult {
                    uid: uid("04A2"),
                    player: player(6),
                    points: Points::new(1_200).unwrap(),
                    level: 3,
                    lives: Some(2),
                },
                PlayerResult {
                    uid: uid("04A3"),
                    player: player(7),
                    points: Points::new(0).unwrap(),
                    level: 1,
                    lives: None,
                },
            ],
            at: at(5),
        });
        assert_golden(Event::Aborted { reason: Reason::stored("fire drill"), at: at(3) });
    }

    #[test]
    fn golden_scores() {
        assert_golden(Event::ScoreCorrected {
            player: player(6),
            points: Points::new(1_300).unwrap(),
            level: 4,
            lives: Some(1),
            reason: Reason::stored("sensor stuck"),
            at: at(20),
        });
        assert_golden(Event::ScoreVoided {
            player: player(7),
            reason: Reason::stored("left early"),
            at: at(21),
        });
    }

    #[test]
    fn points_beyond_the_limit_are_no_result() {
        let data = r#"{"results":[{"uid":"04A2","player_id":"00000000-0000-0000-0000-000000000006","points":1000001,"level":1,"lives":null}],"at":"2026-01-01T12:00:00Z"}"#;
        assert!(matches!(decode(FINISHED_V1, data), Err(DecodeError::Value { field: "points", .. })));
    }
}
