//! Stored form of room events.

use std::collections::BTreeMap;

use domain::{
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    room::{Controller, RoomEvent},
    values::{Name, Reason},
};

use crate::{stored_events, stored_struct};

stored_events! {
    RoomEvent {
        "room.installed.v1" {
            id as "room_id": RoomId,
            location as "location_id": LocationId,
            game as "game_id": GameId,
            name: Name,
            controllers: Vec<Controller>,
        } => Installed,
        "room.reconfigured.v1" {
            name: Name,
            controllers: Vec<Controller>,
            overrides: BTreeMap<String, String>,
        } => Reconfigured,
        "room.variant_activated.v1" {
            variant as "variant_id": VariantId,
            custom: BTreeMap<String, String>,
        } => VariantActivated,
        "room.variant_deactivated.v1" { variant as "variant_id": VariantId } => VariantDeactivated,
        "room.taken_out_of_service.v1" { reason: Reason } => TakenOutOfService,
        "room.returned_to_service.v1" {} => ReturnedToService,
        "room.occupied.v1" { play as "play_id": PlayId } => Occupied,
        "room.vacated.v1" { play as "play_id": PlayId } => Vacated,
    }
}

stored_struct! {
    Controller { name: Name, address: String }
}

#[cfg(test)]
mod tests {
    use domain::{
        Aggregate as _,
        room::{Room, RoomState},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{golden::assert_golden, snapshot::Snapshotted as _};

    const VARIANT: VariantId = VariantId(Uuid::from_u128(4));
    const PLAY: PlayId = PlayId(Uuid::from_u128(5));

    fn floor() -> Vec<Controller> {
        vec![Controller { name: Name::stored("floor"), address: "10.0.3.21:7000".into() }]
    }

    fn entry(key: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(key.into(), value.into())])
    }

    /// One of each, in an order that leaves every part of the state filled.
    fn one_of_each() -> [RoomEvent; 8] {
        [
            RoomEvent::Installed {
                id: RoomId(Uuid::from_u128(1)),
                location: LocationId(Uuid::from_u128(2)),
                game: GameId(Uuid::from_u128(3)),
                name: Name::stored("Room 1"),
                controllers: floor(),
            },
            RoomEvent::Reconfigured {
                name: Name::stored("Room A"),
                controllers: floor(),
                overrides: entry("speed", "3"),
            },
            RoomEvent::VariantDeactivated { variant: VARIANT },
            RoomEvent::VariantActivated { variant: VARIANT, custom: entry("music", "loud") },
            RoomEvent::ReturnedToService,
            RoomEvent::TakenOutOfService { reason: Reason::stored("broken floor") },
            RoomEvent::Vacated { play: PLAY },
            RoomEvent::Occupied { play: PLAY },
        ]
    }

    #[test]
    fn rooms_match_their_goldens() {
        one_of_each().into_iter().for_each(assert_golden);
    }

    #[test]
    fn a_rooms_snapshot_is_the_room_again() {
        let state = one_of_each().iter().fold(RoomState::default(), Room::evolve);
        let bytes = Room::freeze(&state).unwrap();
        assert_eq!(Room::thaw(&bytes), Some(state));
        assert_eq!(Room::thaw(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Room::thaw(&[&bytes[..], &[0]].concat()), None);
    }
}
