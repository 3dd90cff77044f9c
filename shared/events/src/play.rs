//! Stored form of play events.

use domain::{
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    play::{LabelledResult, Participant, PlayEvent as Event, PlayerResult},
    values::{Label, Points, Reason},
};
use jiff::Timestamp;

use crate::{stored_events, stored_struct};

stored_events! {
    Event {
        "play.started.v1" {
            id as "play_id": PlayId,
            location as "location_id": LocationId,
            room as "room_id": RoomId,
            game as "game_id": GameId,
            variant as "variant_id": VariantId,
            mode: Mode,
            participants: Vec<Participant>,
            at: Timestamp,
            ends_by: Timestamp,
        } => Started,
        "play.finished.v1" { results: Vec<PlayerResult>, at: Timestamp } => Finished,
        "play.aborted.v1" { reason: Reason, at: Timestamp } => Aborted,
        "play.recorded.v2" {
            id as "play_id": PlayId,
            location as "location_id": LocationId,
            room as "room_id": RoomId,
            game as "game_id": GameId,
            variant as "variant_id": VariantId,
            mode: Mode,
            results: Vec<PlayerResult>,
            labelled: Vec<LabelledResult>,
            started_at: Timestamp,
            ended_at: Timestamp,
            at: Timestamp,
        } => Recorded,
        "play.score_corrected.v1" {
            player as "player_id": PlayerId,
            points: Points,
            level: u32,
            lives: Option<u32>,
            reason: Reason,
            at: Timestamp,
        } => ScoreCorrected,
        "play.score_voided.v1" {
            player as "player_id": PlayerId,
            reason: Reason,
            at: Timestamp,
        } => ScoreVoided,
    }
    read only {
        "play.recorded.v1" {
            id as "play_id": PlayId,
            location as "location_id": LocationId,
            room as "room_id": RoomId,
            game as "game_id": GameId,
            variant as "variant_id": VariantId,
            mode: Mode,
            results: Vec<PlayerResult>,
            started_at: Timestamp,
            ended_at: Timestamp,
            at: Timestamp,
        } => (Event::Recorded {
            id,
            location,
            room,
            game,
            variant,
            mode,
            results,
            labelled: vec![],
            started_at,
            ended_at,
            at,
        }),
    }
}

stored_struct! {
    LabelledResult { label: Label, points: Points, level: u32, lives: Option<u32> }
}

stored_struct! {
    Participant { uid: WristbandUid, player as "player_id": PlayerId }
}

stored_struct! {
    PlayerResult {
        uid: WristbandUid,
        player as "player_id": PlayerId,
        points: Points,
        level: u32,
        lives: Option<u32>,
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::StreamName;
    use uuid::Uuid;

    use super::*;
    use crate::{
        DecodeError, NoKeys, decode,
        golden::{assert_golden, recorded},
    };

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
    fn runs_match_their_goldens() {
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

    fn recorded_play(labelled: Vec<LabelledResult>) -> Event {
        Event::Recorded {
            id: PlayId(Uuid::from_u128(1)),
            location: LocationId(Uuid::from_u128(2)),
            room: RoomId(Uuid::from_u128(3)),
            game: GameId(Uuid::from_u128(4)),
            variant: VariantId(Uuid::from_u128(5)),
            mode: Mode::Alliance,
            results: vec![PlayerResult {
                uid: uid("04A2"),
                player: player(6),
                points: Points::new(900).unwrap(),
                level: 2,
                lives: None,
            }],
            labelled,
            started_at: at(0),
            ended_at: at(8),
            at: at(70),
        }
    }

    #[test]
    fn a_recorded_play_matches_its_golden() {
        let (label, points) = (Label::stored("red team"), Points::new(40).unwrap());
        assert_golden(recorded_play(vec![LabelledResult { label, points, level: 1, lives: Some(2) }]));
    }

    #[test]
    fn a_play_recorded_in_the_first_version_has_no_labels() {
        let golden = include_str!("../../../schema/events/play.recorded.v1.json");
        let stored = recorded("play.recorded.v1", StreamName::new("play", "x"), golden);
        assert_eq!(decode(&stored, &NoKeys).unwrap(), recorded_play(vec![]).into());
    }

    #[test]
    fn scores_match_their_goldens() {
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
        let stored = recorded("play.finished.v1", PlayId(Uuid::nil()).stream(), data);
        assert!(matches!(decode(&stored, &NoKeys), Err(DecodeError::Value { field: "points", .. })));
    }
}
