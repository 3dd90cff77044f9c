//! Stored form of plug events.

use core::net::SocketAddr;

use domain::{
    ids::{AutomationId, LocationId, PlugId, RoomId},
    plug::{
        Cause, CauseKind, HardwareId, MacAddress, Model, PlugEvent, PlugIdentity, PlugReport, Reading,
        RelayState,
    },
    values::{Name, Reason},
};
use jiff::Timestamp;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{stored_events, stored_struct};

stored_events! {
    PlugEvent {
        "plug.registered.v1" {
            id as "plug_id": PlugId,
            location as "location_id": LocationId,
            mac: MacAddress,
            device_id: HardwareId,
            child_id: Option<HardwareId>,
            model: Model,
            name: Name,
            address: Option<SocketAddr>,
            has_energy_meter: bool,
        } => (PlugEvent::Registered {
            id,
            location,
            identity: PlugIdentity { mac, device_id, child_id },
            model,
            name,
            address,
            has_energy_meter,
        }),
        "plug.bound.v1" { room as "room_id": RoomId } => Bound,
        "plug.unbound.v1" {} => Unbound,
        "plug.renamed.v1" { name: Name } => Renamed,
        "plug.asked.v1" {
            state: RelayState,
            reason: Reason,
            until: Option<Timestamp>,
            at: Timestamp,
        } => Asked,
        "plug.released.v1" { at: Timestamp } => Released,
        "plug.retired.v1" { reason: Reason } => Retired,
        "plug.switched.v1" { state: RelayState, cause: Cause, at: Timestamp }
            => (PlugEvent::Reported { report: PlugReport::Switched { state, cause }, at }),
        "plug.refused.v1" { state: RelayState, error: Reason, cause: Cause, at: Timestamp }
            => (PlugEvent::Reported { report: PlugReport::Refused { state, error, cause }, at }),
        "plug.unreachable.v1" { error: Reason, at: Timestamp }
            => (PlugEvent::Reported { report: PlugReport::Unreachable { error }, at }),
        "plug.recovered.v1" { at: Timestamp }
            => (PlugEvent::Reported { report: PlugReport::Recovered, at }),
        "plug.overridden.v1" { state: RelayState, until: Timestamp, at: Timestamp }
            => (PlugEvent::Reported { report: PlugReport::Overridden { state, until }, at }),
        "plug.moved.v1" { address: SocketAddr, at: Timestamp }
            => (PlugEvent::Reported { report: PlugReport::Moved { address }, at }),
        "plug.reading.v1" {
            power_watts: f64,
            voltage_volts: f64,
            current_amps: f64,
            total_watt_hours: f64,
            at: Timestamp,
        } => (PlugEvent::Reported {
            report: PlugReport::Read {
                reading: Reading { power_watts, voltage_volts, current_amps, total_watt_hours },
            },
            at,
        }),
        "plug.identity_refused.v1" {
            address: SocketAddr,
            found as "found_mac": Option<MacAddress>,
            at: Timestamp,
        } => (PlugEvent::Reported { report: PlugReport::IdentityRefused { address, found }, at }),
    }
}

stored_struct! {
    Cause {
        kind: CauseKind,
        automation as "automation_id": Option<AutomationId>,
        event_position: Option<u64>,
        reason: Reason,
    }
}

/// Why the worker switched, or tried to.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "what the document says of the stored form; never built")]
#[serde(deny_unknown_fields)]
pub struct CauseItem {
    /// `automation`, `force`, `ask`, `release`, `hold_end`, `override_end`, `limit`, `unwanted`, `start`,
    /// `shutdown`, `unbound` or `retired`.
    kind: String,
    /// The automation, where one was at work.
    automation_id: Option<Uuid>,
    /// The position in the log of the event that led to it, where one did.
    event_position: Option<u64>,
    /// For people: 1 to 300 characters.
    reason: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::{
        Aggregate as _,
        plug::{Plug, PlugState},
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::{golden::assert_golden, snapshot::Snapshotted as _};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn address() -> SocketAddr {
        "10.0.3.40:9999".parse().unwrap()
    }

    /// A cause that has everything.
    pub(crate) fn because() -> Cause {
        Cause {
            kind: CauseKind::Automation,
            automation: Some(AutomationId(Uuid::from_u128(9))),
            event_position: Some(42),
            reason: Reason::stored("Fog on start: play started"),
        }
    }

    /// The same in a report, as releases before wrote it.
    pub(crate) fn because_json() -> Value {
        json!({
            "kind": "automation", "automation_id": Uuid::from_u128(9), "event_position": 42,
            "reason": "Fog on start: play started",
        })
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
    fn plugs_match_their_goldens() {
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
    fn reports_match_their_goldens() {
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
                cause: Cause::new(CauseKind::Unwanted, because().reason),
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
