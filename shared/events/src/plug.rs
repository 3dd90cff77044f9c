//! Stored form of plug events.

use core::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, json, parse};
use domain::{
    ids::{AutomationId, LocationId, PlugId, RoomId},
    plug::{
        Cause, CauseKind, HardwareId, MacAddress, Model, PlugEvent, PlugIdentity, PlugReport, Reading,
        RelayState,
    },
    values::{Name, Reason},
};

const REGISTERED_V1: &str = "plug.registered.v1";
const BOUND_V1: &str = "plug.bound.v1";
const UNBOUND_V1: &str = "plug.unbound.v1";
const RENAMED_V1: &str = "plug.renamed.v1";
const ASKED_V1: &str = "plug.asked.v1";
const RELEASED_V1: &str = "plug.released.v1";
const RETIRED_V1: &str = "plug.retired.v1";
const SWITCHED_V1: &str = "plug.switched.v1";
const REFUSED_V1: &str = "plug.refused.v1";
const UNREACHABLE_V1: &str = "plug.unreachable.v1";
const RECOVERED_V1: &str = "plug.recovered.v1";
const OVERRIDDEN_V1: &str = "plug.overridden.v1";
const MOVED_V1: &str = "plug.moved.v1";
const READING_V1: &str = "plug.reading.v1";
const IDENTITY_REFUSED_V1: &str = "plug.identity_refused.v1";

#[derive(Serialize, Deserialize)]
struct RegisteredV1 {
    plug_id: PlugId,
    location_id: LocationId,
    mac: MacAddress,
    device_id: HardwareId,
    child_id: Option<HardwareId>,
    model: String,
    name: String,
    address: Option<SocketAddr>,
    has_energy_meter: bool,
}

#[derive(Serialize, Deserialize)]
struct BoundV1 {
    room_id: RoomId,
}

#[derive(Serialize, Deserialize)]
struct UnboundV1 {}

#[derive(Serialize, Deserialize)]
struct RenamedV1 {
    name: String,
}

#[derive(Serialize, Deserialize)]
struct AskedV1 {
    state: RelayState,
    reason: String,
    until: Option<Timestamp>,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ReleasedV1 {
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct RetiredV1 {
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct CauseV1 {
    kind: CauseKind,
    automation_id: Option<AutomationId>,
    event_position: Option<u64>,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct SwitchedV1 {
    state: RelayState,
    cause: CauseV1,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct RefusedV1 {
    state: RelayState,
    error: String,
    cause: CauseV1,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct UnreachableV1 {
    error: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct RecoveredV1 {
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct OverriddenV1 {
    state: RelayState,
    until: Timestamp,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct MovedV1 {
    address: SocketAddr,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ReadingV1 {
    power_watts: f64,
    voltage_volts: f64,
    current_amps: f64,
    total_watt_hours: f64,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct IdentityRefusedV1 {
    address: SocketAddr,
    found_mac: Option<MacAddress>,
    at: Timestamp,
}

pub(super) fn encode(event: &PlugEvent) -> Result<Encoded, EncodeError> {
    match event {
        PlugEvent::Registered { id, location, identity, model, name, address, has_energy_meter } => json(
            REGISTERED_V1,
            &RegisteredV1 {
                plug_id: *id,
                location_id: *location,
                mac: identity.mac,
                device_id: identity.device_id.clone(),
                child_id: identity.child_id.clone(),
                model: model.to_string(),
                name: name.to_string(),
                address: *address,
                has_energy_meter: *has_energy_meter,
            },
        ),
        PlugEvent::Bound { room } => json(BOUND_V1, &BoundV1 { room_id: *room }),
        PlugEvent::Unbound => json(UNBOUND_V1, &UnboundV1 {}),
        PlugEvent::Renamed { name } => json(RENAMED_V1, &RenamedV1 { name: name.to_string() }),
        PlugEvent::Asked { state, reason, until, at } => {
            json(ASKED_V1, &AskedV1 { state: *state, reason: reason.to_string(), until: *until, at: *at })
        }
        PlugEvent::Released { at } => json(RELEASED_V1, &ReleasedV1 { at: *at }),
        PlugEvent::Retired { reason } => json(RETIRED_V1, &RetiredV1 { reason: reason.to_string() }),
        PlugEvent::Reported { report, at } => encode_report(report, *at),
    }
}

fn encode_report(report: &PlugReport, at: Timestamp) -> Result<Encoded, EncodeError> {
    match report {
        PlugReport::Switched { state, cause } => {
            json(SWITCHED_V1, &SwitchedV1 { state: *state, cause: stored_cause(cause), at })
        }
        PlugReport::Refused { state, error, cause } => {
            let (error, cause) = (error.to_string(), stored_cause(cause));
            json(REFUSED_V1, &RefusedV1 { state: *state, error, cause, at })
        }
        PlugReport::Unreachable { error } => {
            json(UNREACHABLE_V1, &UnreachableV1 { error: error.to_string(), at })
        }
        PlugReport::Recovered => json(RECOVERED_V1, &RecoveredV1 { at }),
        PlugReport::Overridden { state, until } => {
            json(OVERRIDDEN_V1, &OverriddenV1 { state: *state, until: *until, at })
        }
        PlugReport::Moved { address } => json(MOVED_V1, &MovedV1 { address: *address, at }),
        PlugReport::Read { reading } => json(
            READING_V1,
            &ReadingV1 {
                power_watts: reading.power_watts,
                voltage_volts: reading.voltage_volts,
                current_amps: reading.current_amps,
                total_watt_hours: reading.total_watt_hours,
                at,
            },
        ),
        PlugReport::IdentityRefused { address, found } => {
            json(IDENTITY_REFUSED_V1, &IdentityRefusedV1 { address: *address, found_mac: *found, at })
        }
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<PlugEvent, DecodeError> {
    Ok(match event_type {
        REGISTERED_V1 => registered(parse(event_type, data)?),
        BOUND_V1 => PlugEvent::Bound { room: parse::<BoundV1>(event_type, data)?.room_id },
        UNBOUND_V1 => {
            let UnboundV1 {} = parse(event_type, data)?;
            PlugEvent::Unbound
        }
        RENAMED_V1 => PlugEvent::Renamed { name: Name::stored(&parse::<RenamedV1>(event_type, data)?.name) },
        ASKED_V1 => {
            let v1: AskedV1 = parse(event_type, data)?;
            PlugEvent::Asked {
                state: v1.state,
                reason: Reason::stored(&v1.reason),
                until: v1.until,
                at: v1.at,
            }
        }
        RELEASED_V1 => PlugEvent::Released { at: parse::<ReleasedV1>(event_type, data)?.at },
        RETIRED_V1 => {
            PlugEvent::Retired { reason: Reason::stored(&parse::<RetiredV1>(event_type, data)?.reason) }
        }
        _ => {
            let (report, at) = decode_report(event_type, data)?;
            PlugEvent::Reported { report, at }
        }
    })
}

fn decode_report(event_type: &str, data: &str) -> Result<(PlugReport, Timestamp), DecodeError> {
    Ok(match event_type {
        SWITCHED_V1 => {
            let v1: SwitchedV1 = parse(event_type, data)?;
            (PlugReport::Switched { state: v1.state, cause: cause(&v1.cause) }, v1.at)
        }
        REFUSED_V1 => {
            let v1: RefusedV1 = parse(event_type, data)?;
            let (error, cause) = (Reason::stored(&v1.error), cause(&v1.cause));
            (PlugReport::Refused { state: v1.state, error, cause }, v1.at)
        }
        UNREACHABLE_V1 => {
            let v1: UnreachableV1 = parse(event_type, data)?;
            (PlugReport::Unreachable { error: Reason::stored(&v1.error) }, v1.at)
        }
        RECOVERED_V1 => (PlugReport::Recovered, parse::<RecoveredV1>(event_type, data)?.at),
        OVERRIDDEN_V1 => {
            let v1: OverriddenV1 = parse(event_type, data)?;
            (PlugReport::Overridden { state: v1.state, until: v1.until }, v1.at)
        }
        MOVED_V1 => {
            let v1: MovedV1 = parse(event_type, data)?;
            (PlugReport::Moved { address: v1.address }, v1.at)
        }
        READING_V1 => {
            let v1: ReadingV1 = parse(event_type, data)?;
            (PlugReport::Read { reading: reading(&v1) }, v1.at)
        }
        IDENTITY_REFUSED_V1 => {
            let v1: IdentityRefusedV1 = parse(event_type, data)?;
            (PlugReport::IdentityRefused { address: v1.address, found: v1.found_mac }, v1.at)
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn registered(v1: RegisteredV1) -> PlugEvent {
    PlugEvent::Registered {
        id: v1.plug_id,
        location: v1.location_id,
        identity: PlugIdentity { mac: v1.mac, device_id: v1.device_id, child_id: v1.child_id },
        model: Model::stored(&v1.model),
        name: Name::stored(&v1.name),
        address: v1.address,
        has_energy_meter: v1.has_energy_meter,
    }
}

fn reading(v1: &ReadingV1) -> Reading {
    Reading {
        power_watts: v1.power_watts,
        voltage_volts: v1.voltage_volts,
        current_amps: v1.current_amps,
        total_watt_hours: v1.total_watt_hours,
    }
}

fn stored_cause(cause: &Cause) -> CauseV1 {
    CauseV1 {
        kind: cause.kind,
        automation_id: cause.automation,
        event_position: cause.event_position,
        reason: cause.reason.to_string(),
    }
}

fn cause(stored: &CauseV1) -> Cause {
    Cause {
        kind: stored.kind,
        automation: stored.automation_id,
        event_position: stored.event_position,
        reason: Reason::stored(&stored.reason),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{golden::assert_golden, snapshot::Snapshotted as _};
    use domain::{
        Aggregate as _,
        plug::{Plug, PlugState},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn address() -> SocketAddr {
        "10.0.3.40:9999".parse().unwrap()
    }

    fn because() -> Cause {
        Cause {
            kind: CauseKind::Automation,
            automation: Some(AutomationId(Uuid::from_u128(9))),
            event_position: Some(42),
            reason: Reason::stored("Fog on start: play started"),
        }
    }

    fn registration() -> PlugEvent {
        PlugEvent::Registered {
            id: PlugId(Uuid::from_u128(1)),
            location: LocationId(Uuid::from_u128(2)),
            identity: PlugIdentity {
                mac: MacAddress([0x50, 0xC7, 0xBF, 0, 0, 1]),
                device_id: "8006AA".parse().unwrap(),
                child_id: Some("8006AA01".parse().unwrap()),
            },
            model: Model::stored("HS300(US)"),
            name: Name::stored("Fog"),
            address: Some(address()),
            has_energy_meter: true,
        }
    }

    #[test]
    fn golden_plugs() {
        assert_golden(registration());
        assert_golden(PlugEvent::Bound { room: RoomId(Uuid::from_u128(3)) });
        assert_golden(PlugEvent::Unbound);
        assert_golden(PlugEvent::Renamed { name: Name::stored("Fog left") });
        assert_golden(PlugEvent::Asked {
            state: RelayState::On,
            reason: Reason::stored("cleaning"),
            until: Some(at(3_600)),
            at: at(0),
        });
        assert_golden(PlugEvent::Released { at: at(0) });
        assert_golden(PlugEvent::Retired { reason: Reason::stored("burnt") });
    }

    #[test]
    fn golden_reports() {
        let reading = Reading {
            power_watts: 42.5,
            voltage_volts: 230.1,
            current_amps: 0.19,
            total_watt_hours: 1_200.0,
        };
        let reports = [
            PlugReport::Switched { state: RelayState::On, cause: because() },
            PlugReport::Refused {
                state: RelayState::Off,
                error: Reason::stored("err_code -3"),
                cause: Cause {
                    automation: None,
                    event_position: None,
                    kind: CauseKind::Unwanted,
                    ..because()
                },
            },
            PlugReport::Unreachable { error: Reason::stored("connect: timed out") },
            PlugReport::Recovered,
            PlugReport::Overridden { state: RelayState::Off, until: at(600) },
            PlugReport::Moved { address: address() },
            PlugReport::Read { reading },
            PlugReport::IdentityRefused {
                address: address(),
                found: Some(MacAddress([0x50, 0xC7, 0xBF, 0, 0, 2])),
            },
        ];
        for report in reports {
            assert_golden(PlugEvent::Reported { report, at: at(0) });
        }
    }

    #[test]
    fn a_plugs_snapshot_is_the_plug_again() {
        let events = [
            registration(),
            PlugEvent::Bound { room: RoomId(Uuid::from_u128(3)) },
            PlugEvent::Asked {
                state: RelayState::Off,
                reason: Reason::stored("cleaning"),
                until: Some(at(3_600)),
                at: at(0),
            },
        ];
        let state = events.iter().fold(PlugState::default(), Plug::evolve);
        let bytes = Plug::freeze(&state).unwrap();
        assert_eq!(Plug::thaw(&bytes), Some(state));
        assert_eq!(Plug::thaw(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn names_are_stored_as_the_wire_writes_them() {
        for kind in CauseKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for state in [RelayState::On, RelayState::Off] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
