//! Stored form of wristband events.

use domain::{
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
    wristband::{ClockStart, WristbandEvent as Event},
};
use jiff::Timestamp;

use crate::stored_events;

stored_events! {
    Event {
        "wristband.initialized.v1" {
            location as "location_id": LocationId,
            uid: WristbandUid,
            minutes: Minutes,
            starts: ClockStart,
            at: Timestamp,
        } => Initialized,
        "wristband.assigned.v1" { player as "player_id": PlayerId, at: Timestamp } => Assigned,
        "wristband.clock_started.v1" { at: Timestamp, ends_at: Timestamp } => ClockStarted,
        "wristband.scanned.v1" { room as "room_id": RoomId, at: Timestamp } => Scanned,
        "wristband.unassigned.v1" { reason: Option<Reason>, at: Timestamp } => Unassigned,
        "wristband.time_added.v2" { minutes: Minutes, reason: Option<Reason>, at: Timestamp } => TimeAdded,
        "wristband.end_set.v1" { ends_at: Timestamp, reason: Reason, at: Timestamp } => EndSet,
        "wristband.pass_issued.v1" {
            location as "location_id": LocationId,
            uid: WristbandUid,
            valid_until: Timestamp,
            at: Timestamp,
        } => PassIssued,
        "wristband.renewed.v1" { minutes: Minutes, starts: ClockStart, at: Timestamp } => Renewed,
        "wristband.transferred_out.v1" { to: WristbandUid, at: Timestamp } => TransferredOut,
        "wristband.transferred_in.v1" {
            location as "location_id": LocationId,
            uid: WristbandUid,
            from: WristbandUid,
            player as "player_id": Option<PlayerId>,
            waiting as "waiting_minutes": Option<Minutes>,
            ends_at: Option<Timestamp>,
            minutes_loaded: u32,
            at: Timestamp,
        } => TransferredIn,
        "wristband.voided.v1" { reason: Reason, at: Timestamp } => Voided,
        "wristband.play_joined.v1" {
            play as "play_id": PlayId,
            room as "room_id": RoomId,
            at: Timestamp,
        } => PlayJoined,
        "wristband.play_left.v1" { play as "play_id": PlayId, at: Timestamp } => PlayLeft,
        "wristband.play_recorded.v1" {
            play as "play_id": PlayId,
            room as "room_id": RoomId,
            at: Timestamp,
        } => PlayRecorded,
    }
    read only {
        "wristband.time_added.v1" { minutes: Minutes, at: Timestamp }
            => (Event::TimeAdded { minutes, reason: None, at }),
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Aggregate as _,
        ids::StreamName,
        wristband::{BandClock, LoadedBand, Wristband, WristbandState},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{
        decode,
        golden::{PlainText, assert_golden, recorded},
        snapshot::Snapshotted as _,
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_767_268_800 + minute * 60).unwrap()
    }

    fn uid(text: &str) -> WristbandUid {
        text.parse().unwrap()
    }

    fn minutes(number: i64) -> Minutes {
        Minutes::new(number).unwrap()
    }

    #[test]
    fn periods_match_their_goldens() {
        assert_golden(Event::Initialized {
            location: LocationId(Uuid::from_u128(1)),
            uid: uid("04A2"),
            minutes: minutes(60),
            starts: ClockStart::FirstScan,
            at: at(0),
        });
        assert_golden(Event::ClockStarted { at: at(5), ends_at: at(65) });
        let reason = Some(Reason::stored("the fog failed"));
        assert_golden(Event::TimeAdded { minutes: minutes(30), reason, at: at(10) });
        assert_golden(Event::EndSet { ends_at: at(50), reason: Reason::stored("closing"), at: at(12) });
        assert_golden(Event::PassIssued {
            location: LocationId(Uuid::from_u128(1)),
            uid: uid("04A2"),
            valid_until: at(100_000),
            at: at(0),
        });
        assert_golden(Event::Renewed { minutes: minutes(60), starts: ClockStart::Now, at: at(100) });
        assert_golden(Event::Voided { reason: Reason::stored("torn"), at: at(7) });
    }

    #[test]
    fn time_added_in_the_first_version_has_no_reason() {
        let golden = include_str!("../../../schema/events/wristband.time_added.v1.json");
        let stored = recorded("wristband.time_added.v1", StreamName::new("wristband", "x"), golden);
        let expected = Event::TimeAdded { minutes: minutes(30), reason: None, at: at(10) };
        assert_eq!(decode(&stored, &PlainText).unwrap(), expected.into());
    }

    #[test]
    fn wearers_match_their_goldens() {
        let player = PlayerId(Uuid::from_u128(2));
        assert_golden(Event::Assigned { player, at: at(1) });
        assert_golden(Event::Unassigned { reason: Some(Reason::stored("the wrong person")), at: at(2) });
        assert_golden(Event::TransferredOut { to: uid("04A3"), at: at(20) });
        assert_golden(Event::TransferredIn {
            location: LocationId(Uuid::from_u128(1)),
            uid: uid("04A3"),
            from: uid("04A2"),
            player: Some(player),
            waiting: None,
            ends_at: Some(at(95)),
            minutes_loaded: 90,
            at: at(20),
        });
    }

    #[test]
    fn rooms_match_their_goldens() {
        let (room, play) = (RoomId(Uuid::from_u128(3)), PlayId(Uuid::from_u128(4)));
        assert_golden(Event::Scanned { room, at: at(5) });
        assert_golden(Event::PlayJoined { play, room, at: at(6) });
        assert_golden(Event::PlayLeft { play, at: at(9) });
        assert_golden(Event::PlayRecorded { play, room, at: at(70) });
    }

    #[test]
    fn every_phase_survives_a_snapshot() {
        let waiting = LoadedBand {
            player: Some(PlayerId(Uuid::from_u128(2))),
            clock: BandClock::Waiting(minutes(60)),
            minutes_loaded: 60,
            in_play: Some(PlayId(Uuid::from_u128(4))),
        };
        let running = LoadedBand { clock: BandClock::Running { ends_at: at(60) }, ..waiting.clone() };
        for state in [
            WristbandState::Unknown,
            WristbandState::Blank,
            WristbandState::Voided,
            WristbandState::Loaded(waiting),
            WristbandState::Loaded(running),
        ] {
            let bytes = Wristband::freeze(&state).unwrap();
            assert_eq!(Wristband::thaw(&bytes), Some(state));
        }
        assert_eq!(Wristband::thaw(&[9, 9, 9]), None);
        assert_eq!(Wristband::CATEGORY, uid("04A2").stream(LocationId(Uuid::nil())).category());
    }
}
