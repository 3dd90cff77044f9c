//! Cases of plugs and automations.

use serde_json::{Value, json};

use super::{Case, World, command, creation};

pub(super) fn cases() -> Vec<Case> {
    [plugs(), reports(), rules(), switches()].into_iter().flatten().collect()
}

fn new_plug(_: &World) -> Value {
    json!({
        "mac": "50:C7:BF:00:00:99", "device_id": "8006BB", "child_id": "8006BB01", "model": "HS300(US)",
        "name": "Lights", "address": "10.0.3.41:9999", "has_energy_meter": true,
    })
}

fn plugs() -> Vec<Case> {
    vec![
        creation("/v1/locations/{location}/plugs", new_plug)
            .required(&["mac", "device_id", "model", "name"])
            .elsewhere(409)
            .refuses([
                ("mac", json!("50:C7:BF:00:00")),
                ("device_id", json!("")),
                ("device_id", json!("x".repeat(65))),
                ("child_id", json!("two words")),
                ("model", json!(" ")),
                ("name", json!("")),
                ("address", json!("plug.local")),
                ("address", json!("10.0.3.41:0")),
                ("address", json!("255.255.255.255")),
                ("address", json!("[ff02::1]:9999")),
                ("address", json!("0.0.0.0:9999")),
            ]),
        command("/v1/locations/{location}/plugs/{plug}/bind", |world| json!({"room_id": world.id("room")}))
            .required(&["room_id"])
            .refuses([("room_id", json!("x")), ("room_id", json!("00000000-0000-0000-0000-000000000000"))]),
        command("/v1/locations/{location}/plugs/{plug}/rename", |_| json!({"name": "Siren"}))
            .required(&["name"])
            .refuses([("name", json!("")), ("name", json!("x".repeat(101)))]),
        command(
            "/v1/locations/{location}/plugs/{plug}/ask",
            |_| json!({"state": "on", "reason": "cleaning", "for_seconds": 600}),
        )
        .required(&["state", "reason"])
        .refuses([
            ("reason", json!("")),
            ("reason", json!("x".repeat(301))),
            ("for_seconds", json!(0)),
            ("for_seconds", json!(86_401)),
            ("until", json!("2026-06-10T13:00:00Z")),
        ]),
        command("/v1/locations/{location}/plugs/{plug}/release", |_| json!({}))
            .after("/v1/locations/{location}/plugs/{plug}/ask", |_| json!({"state": "on", "reason": "dark"})),
        command("/v1/locations/{location}/plugs/{plug}/retire", |_| json!({"reason": "burnt"}))
            .required(&["reason"])
            .refuses([("reason", json!(" ")), ("reason", json!("x".repeat(301)))]),
    ]
}

fn reports() -> Vec<Case> {
    let many = vec![json!({}); 101];
    vec![
        command("/v1/locations/{location}/plugs/reports", |world| {
            json!({"items": [{
                "report_id": "0197a000-0000-7000-8000-000000000001", "type": "unreachable",
                "plug_id": world.id("plug"), "error": "connect: timed out", "at": "2026-06-10T11:59:00Z",
            }]})
        })
        .required(&["items"])
        .elsewhere(200)
        .refuses([("items", json!([])), ("items", json!(many))]),
    ]
}

fn rule(world: &World) -> Value {
    json!({
        "name": "Lights out",
        "plug_ids": [world.id("plug")],
        "trigger": {
            "type": "event", "event": "play_finished", "room_id": world.id("room"),
            "variant_id": world.id("variant"),
        },
        "action": {"type": "on", "seconds": 20},
        "gates": {
            "players_active": {"grace_seconds": 60}, "quiet_hours": [{"from": "22:00", "to": "07:00"}],
            "opening_hours": true,
        },
        "limits": {"min_interval_seconds": 5, "max_on_seconds": 600},
    })
}

fn refused_parts() -> Vec<(&'static str, Value)> {
    let nothing = "00000000-0000-0000-0000-000000000000";
    let quiet = |from: &str, to: &str| json!({"quiet_hours": [{"from": from, "to": to}]});
    vec![
        ("name", json!("")),
        ("plug_ids", json!([])),
        ("plug_ids", json!(["x"])),
        ("plug_ids", json!([nothing])),
        ("plug_ids", json!([nothing, nothing])),
        ("trigger", json!({"type": "event"})),
        ("trigger", json!({"type": "event", "event": "play_started", "room_id": nothing})),
        ("trigger", json!({"type": "event", "event": "play_started", "room_id": "x"})),
        ("trigger", json!({"type": "event", "event": "play_started", "seconds": 60})),
        ("trigger", json!({"type": "event", "event": "wristband_scanned", "variant_id": nothing})),
        ("trigger", json!({"type": "cron"})),
        ("trigger", json!({"type": "cron", "expression": "30 9 * *"})),
        ("trigger", json!({"type": "cron", "expression": "0 0 30 2 *"})),
        ("trigger", json!({"type": "every", "seconds": 9})),
        ("trigger", json!({"type": "every", "seconds": 60, "room_id": nothing})),
        ("action", json!({"type": "on"})),
        ("action", json!({"type": "on", "seconds": 601})),
        ("action", json!({"type": "pulse", "milliseconds": 99})),
        ("action", json!({"type": "off", "seconds": 1})),
        ("action", json!({"type": "while_play"})),
        ("gates", json!({"players_active": {"grace_seconds": 3_601}})),
        ("gates", quiet("22:00", "22:00")),
        ("limits", json!({"max_on_seconds": 86_401})),
        ("limits", json!({"min_interval_seconds": 86_401})),
    ]
}

fn with_refused_parts(case: Case) -> Case {
    let required = &["name", "plug_ids", "trigger", "action"];
    Case { refused: refused_parts(), ..case.required(required) }
}

fn rules() -> Vec<Case> {
    vec![
        with_refused_parts(creation("/v1/locations/{location}/automations", rule)).elsewhere(422),
        with_refused_parts(command("/v1/locations/{location}/automations/{automation}/change", rule)),
    ]
}

fn switches() -> Vec<Case> {
    vec![
        command("/v1/locations/{location}/automations/{automation}/enable", |_| json!({}))
            .after("/v1/locations/{location}/automations/{automation}/disable", |_| json!({})),
        command(
            "/v1/locations/{location}/automations/{automation}/disable",
            |_| json!({"reason": "too loud"}),
        )
        .refuses([("reason", json!("")), ("reason", json!("x".repeat(301)))]),
        command(
            "/v1/locations/{location}/automations/{automation}/force",
            |_| json!({"state": "on", "until": "2026-06-10T13:00:00Z"}),
        )
        .required(&["state"])
        .refuses([
            ("until", Value::Null),
            ("until", json!("2026-06-10T12:00:00Z")),
            ("until", json!("2026-06-11T12:00:01Z")),
            ("for_seconds", json!(60)),
        ]),
        command("/v1/locations/{location}/automations/{automation}/unforce", |_| json!({})).after(
            "/v1/locations/{location}/automations/{automation}/force",
            |_| json!({"state": "off", "for_seconds": 60}),
        ),
        command("/v1/locations/{location}/automations/{automation}/pulse", |_| json!({"milliseconds": 250}))
            .refuses([("milliseconds", json!(99)), ("milliseconds", json!(10_001))]),
    ]
}
