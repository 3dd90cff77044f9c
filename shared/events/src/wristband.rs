//! Stored form of wristband events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
    wristband::{ClockStart, WristbandEvent as Event},
};

const INITIALIZED_V1: &str = "wristband.initialized.v1";
const ASSIGNED_V1: &str = "wristband.assigned.v1";
const CLOCK_STARTED_V1: &str = "wristband.clock_started.v1";
const SCANNED_V1: &str = "wristband.scanned.v1";
const TIME_ADDED_V1: &str = "wristband.time_added.v1";
const RENEWED_V1: &str = "wristband.renewed.v1";
const TRANSFERRED_OUT_V1: &str = "wristband.transferred_out.v1";
const TRANSFERRED_IN_V1: &str = "wristband.transferred_in.v1";
const VOIDED_V1: &str = "wristband.voided.v1";
const PLAY_JOINED_V1: &str = "wristband.play_joined.v1";
const PLAY_LEFT_V1: &str = "wristband.play_left.v1";

#[derive(Serialize, Deserialize)]
struct InitializedV1 {
    location_id: LocationId,
    uid: WristbandUid,
    minutes: Minutes,
    starts: ClockStart,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct AssignedV1 {
    player_id: PlayerId,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ClockStartedV1 {
    at: Timestamp,
    ends_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ScannedV1 {
    room_id: RoomId,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct TimeAddedV1 {
    minutes: Minutes,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct RenewedV1 {
    minutes: Minutes,
    starts: ClockStart,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct TransferredOutV1 {
    to: WristbandUid,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct TransferredInV1 {
    location_id: LocationId,
    uid: WristbandUid,
    from: WristbandUid,
    player_id: Option<PlayerId>,
    waiting_minutes: Option<Minutes>,
    ends_at: Option<Timestamp>,
    minutes_loaded: u32,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct VoidedV1 {
    reason: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct PlayJoinedV1 {
    play_id: PlayId,
    room_id: RoomId,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct PlayLeftV1 {
    play_id: PlayId,
    at: Timestamp,
}

pub(super) fn encode(event: &Event) -> Result<Encoded, EncodeError> {
    match event {
        Event::Initialized { location, uid, minutes, starts, at } => json(
            INITIALIZED_V1,
            &InitializedV1 {
                location_id: *location,
                uid: uid.clone(),
                minutes: *minutes,
                starts: *starts,
                at: *at,
            },
        ),
        Event::Assigned { player, at } => json(ASSIGNED_V1, &AssignedV1 { player_id: *player, at: *at }),
        Event::ClockStarted { at, ends_at } => {
            json(CLOCK_STARTED_V1, &ClockStartedV1 { at: *at, ends_at: *ends_at })
        }
        Event::Scanned { room, at } => json(SCANNED_V1, &ScannedV1 { room_id: *room, at: *at }),
        Event::TimeAdded { minutes, at } => json(TIME_ADDED_V1, &TimeAddedV1 { minutes: *minutes, at: *at }),
        Event::Renewed { minutes, starts, at } => {
            json(RENEWED_V1, &RenewedV1 { minutes: *minutes, starts: *starts, at: *at })
        }
        Event::TransferredOut { to, at } => {
            json(TRANSFERRED_OUT_V1, &TransferredOutV1 { to: to.clone(), at: *at })
        }
        Event::TransferredIn { location, uid, from, player, waiting, ends_at, minutes_loaded, at } => json(
            TRANSFERRED_IN_V1,
            &TransferredInV1 {
                location_id: *location,
                uid: uid.clone(),
                from: from.clone(),
                player_id: *player,
                waiting_minutes: *waiting,
                ends_at: *ends_at,
                minutes_loaded: *minutes_loaded,
                at: *at,
            },
        ),
        Event::Voided { reason, at } => json(VOIDED_V1, &VoidedV1 { reason: reason.to_string(), at: *at }),
        Event::PlayJoined { play, room, at } => {
            json(PLAY_JOINED_V1, &PlayJoinedV1 { play_id: *play, room_id: *room, at: *at })
        }
        Event::PlayLeft { play, at } => json(PLAY_LEFT_V1, &PlayLeftV1 { play_id: *play, at: *at }),
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<Event, DecodeError> {
    Ok(match event_type {
        INITIALIZED_V1 => {
            let v1: InitializedV1 = parse(event_type, data)?;
            let InitializedV1 { location_id: location, uid, minutes, starts, at } = v1;
            Event::Initialized { location, uid, minutes, starts, at }
        }
        ASSIGNED_V1 => {
            let v1: AssignedV1 = parse(event_type, data)?;
            Event::Assigned { player: v1.player_id, at: v1.at }
        }
        CLOCK_STARTED_V1 => {
            let v1: ClockStartedV1 = parse(event_type, data)?;
            Event::ClockStarted { at: v1.at, ends_at: v1.ends_at }
        }
        SCANNED_V1 => {
            let v1: ScannedV1 = parse(event_type, data)?;
            Event::Scanned { room: v1.room_id, at: v1.at }
        }
        TIME_ADDED_V1 => {
            let v1: TimeAddedV1 = parse(event_type, data)?;
            Event::TimeAdded { minutes: v1.minutes, at: v1.at }
        }
        RENEWED_V1 => {
            let v1: RenewedV1 = parse(event_type, data)?;
            Event::Renewed { minutes: v1.minutes, starts: v1.starts, at: v1.at }
        }
        TRANSFERRED_OUT_V1 => {
            let v1: TransferredOutV1 = parse(event_type, data)?;
            Event::TransferredOut { to: v1.to, at: v1.at }
        }
        TRANSFERRED_IN_V1 => transferred_in(parse(event_type, data)?),
        VOIDED_V1 => {
            let v1: VoidedV1 = parse(event_type, data)?;
            Event::Voided { reason: Reason::stored(&v1.reason), at: v1.at }
        }
        PLAY_JOINED_V1 => {
            let v1: PlayJoinedV1 = parse(event_type, data)?;
            Event::PlayJoined { play: v1.play_id, room: v1.room_id, at: v1.at }
        }
        PLAY_LEFT_V1 => {
            let v1: PlayLeftV1 = parse(event_type, data)?;
            Event::PlayLeft { play: v1.play_id, at: v1.at }
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn transferred_in(v1: TransferredInV1) -> Event {
    Event::TransferredIn {
        location: v1.location_id,
        uid: v1.uid,
        from: v1.from,
        player: v1.player_id,
        waiting: v1.waiting_minutes,
        ends_at: v1.ends_at,
        minutes_loaded: v1.minutes_loaded,
        at: v1.at,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{golden::assert_golden, snapshot::Snapshotted as _};
    use domain::{
        Aggregate as _,
        wristband::{BandClock, LoadedBand, Wristband, WristbandState},
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
    fn golden_periods() {
        assert_golden(Event::Initialized {
            location: LocationId(Uuid::from_u128(1)),
            uid: uid("04A2"),
            minutes: minutes(60),
            starts: ClockStart::FirstScan,
            at: at(0),
        });
        assert_golden(Event::ClockStarted { at: at(5), ends_at: at(65) });
        assert_golden(Event::TimeAdded { minutes: minutes(30), at: at(10) });
        assert_golden(Event::Renewed { minutes: minutes(60), starts: ClockStart::Now, at: at(100) });
        assert_golden(Event::Voided { reason: Reason::stored("torn"), at: at(7) });
    }

    #[test]
    fn golden_wearers() {
        let player = PlayerId(Uuid::from_u128(2));
        assert_golden(Event::Assigned { player, at: at(1) });
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
    fn golden_rooms() {
        let (room, play) = (RoomId(Uuid::from_u128(3)), PlayId(Uuid::from_u128(4)));
        assert_golden(Event::Scanned { room, at: at(5) });
        assert_golden(Event::PlayJoined { play, room, at: at(6) });
        assert_golden(Event::PlayLeft { play, at: at(9) });
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
