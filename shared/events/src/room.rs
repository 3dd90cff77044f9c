//! Stored form of room events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    ids::{GameId, LocationId, PlayId, RoomId, VariantId},
    room::{Controller, RoomEvent},
    values::{Name, Reason},
};

const INSTALLED_V1: &str = "room.installed.v1";
const RECONFIGURED_V1: &str = "room.reconfigured.v1";
const VARIANT_ACTIVATED_V1: &str = "room.variant_activated.v1";
const VARIANT_DEACTIVATED_V1: &str = "room.variant_deactivated.v1";
const TAKEN_OUT_OF_SERVICE_V1: &str = "room.taken_out_of_service.v1";
const RETURNED_TO_SERVICE_V1: &str = "room.returned_to_service.v1";
const OCCUPIED_V1: &str = "room.occupied.v1";
const VACATED_V1: &str = "room.vacated.v1";

#[derive(Serialize, Deserialize)]
struct InstalledV1 {
    room_id: RoomId,
    location_id: LocationId,
    game_id: GameId,
    name: String,
    controllers: Vec<ControllerV1>,
}

#[derive(Serialize, Deserialize)]
struct ControllerV1 {
    name: String,
    address: String,
}

#[derive(Serialize, Deserialize)]
struct ReconfiguredV1 {
    name: String,
    controllers: Vec<ControllerV1>,
    overrides: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct VariantActivatedV1 {
    variant_id: VariantId,
    custom: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct VariantDeactivatedV1 {
    variant_id: VariantId,
}

#[derive(Serialize, Deserialize)]
struct TakenOutOfServiceV1 {
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct ReturnedToServiceV1 {}

#[derive(Serialize, Deserialize)]
struct OccupiedV1 {
    play_id: PlayId,
}

#[derive(Serialize, Deserialize)]
struct VacatedV1 {
    play_id: PlayId,
}

pub(super) fn encode(event: &RoomEvent) -> Result<Encoded, EncodeError> {
    match event {
        RoomEvent::Installed { id, location, game, name, controllers } => json(
            INSTALLED_V1,
            &InstalledV1 {
                room_id: *id,
                location_id: *location,
                game_id: *game,
                name: name.to_string(),
                controllers: stored_controllers(controllers),
            },
        ),
        RoomEvent::Reconfigured { name, controllers, overrides } => json(
            RECONFIGURED_V1,
            &ReconfiguredV1 {
                name: name.to_string(),
                controllers: stored_controllers(controllers),
                overrides: overrides.clone(),
            },
        ),
        RoomEvent::VariantActivated { variant, custom } => {
            json(VARIANT_ACTIVATED_V1, &VariantActivatedV1 { variant_id: *variant, custom: custom.clone() })
        }
        RoomEvent::VariantDeactivated { variant } => {
            json(VARIANT_DEACTIVATED_V1, &VariantDeactivatedV1 { variant_id: *variant })
        }
        RoomEvent::TakenOutOfService { reason } => {
            json(TAKEN_OUT_OF_SERVICE_V1, &TakenOutOfServiceV1 { reason: reason.to_string() })
        }
        RoomEvent::ReturnedToService => json(RETURNED_TO_SERVICE_V1, &ReturnedToServiceV1 {}),
        RoomEvent::Occupied { play } => json(OCCUPIED_V1, &OccupiedV1 { play_id: *play }),
        RoomEvent::Vacated { play } => json(VACATED_V1, &VacatedV1 { play_id: *play }),
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<RoomEvent, DecodeError> {
    Ok(match event_type {
        INSTALLED_V1 => {
            let v1: InstalledV1 = parse(event_type, data)?;
            RoomEvent::Installed {
                id: v1.room_id,
                location: v1.location_id,
                game: v1.game_id,
                name: Name::stored(&v1.name),
                controllers: controllers(v1.controllers),
            }
        }
        RECONFIGURED_V1 => {
            let v1: ReconfiguredV1 = parse(event_type, data)?;
            RoomEvent::Reconfigured {
                name: Name::stored(&v1.name),
                controllers: controllers(v1.controllers),
                overrides: v1.overrides,
            }
        }
        VARIANT_ACTIVATED_V1 => {
            let v1: VariantActivatedV1 = parse(event_type, data)?;
            RoomEvent::VariantActivated { variant: v1.variant_id, custom: v1.custom }
        }
        VARIANT_DEACTIVATED_V1 => RoomEvent::VariantDeactivated {
            variant: parse::<VariantDeactivatedV1>(event_type, data)?.variant_id,
        },
        TAKEN_OUT_OF_SERVICE_V1 => RoomEvent::TakenOutOfService {
            reason: Reason::stored(&parse::<TakenOutOfServiceV1>(event_type, data)?.reason),
        },
        RETURNED_TO_SERVICE_V1 => {
            let ReturnedToServiceV1 {} = parse(event_type, data)?;
            RoomEvent::ReturnedToService
        }
        OCCUPIED_V1 => RoomEvent::Occupied { play: parse::<OccupiedV1>(event_type, data)?.play_id },
        VACATED_V1 => RoomEvent::Vacated { play: parse::<VacatedV1>(event_type, data)?.play_id },
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn stored_controllers(controllers: &[Controller]) -> Vec<ControllerV1> {
    let stored = |controller: &Controller| ControllerV1 {
        name: controller.name.to_string(),
        address: controller.address.clone(),
    };
    controllers.iter().map(stored).collect()
}

fn controllers(stored: Vec<ControllerV1>) -> Vec<Controller> {
    let controller = |v1: ControllerV1| Controller { name: Name::stored(&v1.name), address: v1.address };
    stored.into_iter().map(controller).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{golden::assert_golden, snapshot::Snapshotted as _};
    use domain::{
        Aggregate as _,
        room::{Room, RoomState},
    };

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
    fn golden_rooms() {
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
