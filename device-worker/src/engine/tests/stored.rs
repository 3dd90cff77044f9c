//! Rows that an older build has stored are read, and stored again in the same form.

use serde_json::Value;

use super::PLUG;
use crate::engine::{AutomationRow, Engine, PlugState, Rules, Stored};

/// A plug as stored by the first build with this form; every field has a value.
const PLUG_ROW: &str = r#"{
    "identity": {"mac": "50:C7:BF:00:00:01", "device_id": "8006", "child_id": "800600"},
    "address": "192.168.1.20:9999",
    "has_energy_meter": true,
    "room": "00000000-0000-0000-0000-000000000007",
    "retired": false,
    "ask": {
        "state": "on",
        "until": {"wall": "2026-06-10T08:29:00Z", "length": {"secs": 3600, "nanos": 0}},
        "why": {"kind": "ask", "automation": null, "event_position": 3, "reason": "fog for a party"}
    },
    "asked_at": "2026-06-10T07:29:00Z",
    "pressed": {
        "state": "on",
        "until": {"wall": "2026-06-10T07:44:00Z", "length": {"secs": 900, "nanos": 0}}
    },
    "holds": {
        "00000000-0000-0000-0000-000000000002": {
            "until": {"wall": "2026-06-10T07:30:00Z", "length": {"secs": 60, "nanos": 0}},
            "forced": null,
            "plays": {
                "00000000-0000-0000-0000-000000000009": {
                    "wall": "2026-06-10T07:39:00Z", "length": {"secs": 600, "nanos": 0}
                }
            },
            "cap": {"wall": "2026-06-10T07:34:00Z", "length": {"secs": 300, "nanos": 0}},
            "why": {
                "kind": "automation",
                "automation": "00000000-0000-0000-0000-000000000002",
                "event_position": 4,
                "reason": "a play started"
            },
            "occasion": "event",
            "since": "2026-06-10T07:29:00Z",
            "told": true
        }
    },
    "managed": true,
    "leaving": {
        "why": {"kind": "unbound", "automation": null, "event_position": 5, "reason": "unbound"},
        "told": true
    },
    "on": {"since": "2026-06-10T07:29:00Z", "came_on": true},
    "ended": {"kind": "hold_end", "automation": null, "event_position": null, "reason": "its time is over"},
    "told": "on",
    "told_at": "2026-06-10T07:29:01Z",
    "off_told": true,
    "doubt": {
        "why": {"kind": "ask", "automation": null, "event_position": 3, "reason": "fog for a party"},
        "trying": true,
        "until": {"wall": "2026-06-10T07:30:00Z", "length": {"secs": 60, "nanos": 0}}
    },
    "untold": [{
        "at": "2026-06-10T07:20:00Z",
        "why": {"kind": "ask", "automation": null, "event_position": 2, "reason": "fog"},
        "error": "late: the event is 20 s old"
    }]
}"#;

/// An automation's row of the same build.
const AUTOMATION_ROW: &str = r#"{
    "event_type": "automation.changed.v1",
    "data": "{}",
    "enabled": true,
    "force": {
        "state": "off",
        "until": {"wall": "2026-06-10T08:29:00Z", "length": {"secs": 3600, "nanos": 0}}
    },
    "rests": {"wall": "2026-06-10T07:30:00Z", "length": {"secs": 60, "nanos": 0}},
    "due": "2026-06-10T07:30:00Z",
    "acted_at": "2026-06-10T07:29:00Z",
    "untold": [{
        "at": "2026-06-10T07:20:00Z", "occasion": "event", "event_position": 7, "reason": "no players are active"
    }]
}"#;

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_plug_that_an_older_build_stored_is_read_and_stored_as_before() {
    let plug: PlugState = serde_json::from_str(PLUG_ROW).unwrap();
    assert_eq!(serde_json::to_value(&plug).unwrap(), value(PLUG_ROW));
    let (wanted, reported) = (&plug.wanted, &plug.reported);
    assert!(wanted.releasing.as_ref().unwrap().reported && wanted.unconfirmed_on.as_ref().unwrap().trying);
    assert!(reported.off && plug.is_reported_on());
    assert_eq!(reported.unreported[0].error.as_str(), "late: the event is 20 s old");
}

#[test]
fn an_automation_that_an_older_build_stored_is_read_and_stored_as_before() {
    let row: AutomationRow = serde_json::from_str(AUTOMATION_ROW).unwrap();
    assert_eq!(serde_json::to_value(&row).unwrap(), value(AUTOMATION_ROW));
}

#[test]
fn a_stored_reason_that_is_too_long_is_cut() {
    let long = "x".repeat(400);
    let row = PLUG_ROW.replace("its time is over", &long);
    let stored = Stored { plugs: vec![(PLUG, row)], ..Stored::default() };
    let engine = Engine::restore(Rules::default(), &stored, super::start()).unwrap();
    assert_eq!(engine.plugs().len(), 1);
    let plug: PlugState = serde_json::from_str(&stored.plugs[0].1).unwrap();
    assert_eq!(plug.wanted.ended.unwrap().reason.as_str(), &long[..300]);
}
