//! Cases of locations, rooms and settings.

use serde_json::json;

use super::{Case, Stage, command, creation};

pub(super) fn cases() -> Vec<Case> {
    [locations(), rooms(), settings()].into_iter().flatten().collect()
}

fn locations() -> Vec<Case> {
    vec![
        creation(
            "/v1/locations",
            |_| json!({"code": "pier", "name": "Pier", "time_zone": "America/New_York"}),
        )
        .required(&["code", "name", "time_zone"])
        .refuses([
            ("code", json!("ä")),
            ("name", json!("")),
            ("time_zone", json!("Mars/Olympus")),
            ("time_zone", json!("UTC+4")),
        ]),
        command("/v1/locations/{location}/rename", |_| json!({"name": "Pier"}))
            .required(&["name"])
            .elsewhere(200)
            .refuses([("name", json!("")), ("name", json!("x".repeat(101)))]),
        command("/v1/locations/{location}/settings", |_| {
            json!({
                "time_zone": "America/New_York",
                "reward_tiers": [{"name": "Bronze", "over_points": 10}],
                "opening_hours": [{"weekday": 1, "opens": "09:00:00", "closes": "22:00:00"}],
            })
        })
        .elsewhere(200)
        .refuses([
            ("time_zone", json!("Nowhere")),
            ("reward_tiers", json!([])),
            ("reward_tiers", json!([{"name": "", "over_points": 10}])),
            ("opening_hours", json!([{"weekday": 8, "opens": "09:00:00", "closes": "22:00:00"}])),
        ]),
        command("/v1/locations/{location}/disable", |_| json!({"reason": "storm"}))
            .required(&["reason"])
            .elsewhere(200)
            .refuses([("reason", json!("")), ("reason", json!("x".repeat(301)))]),
        command("/v1/locations/{location}/enable", |_| json!({}))
            .elsewhere(200)
            .after("/v1/locations/{location}/disable", |_| json!({"reason": "storm"})),
    ]
}

fn rooms() -> Vec<Case> {
    let many = || json!((0..51).map(|n| (n.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>());
    vec![
        creation("/v1/locations/{location}/rooms", |world| {
            json!({
                "game_id": world.id("game"), "name": "Room 2",
                "controllers": [{"name": "floor", "address": "10.0.3.21:7000"}],
            })
        })
        .required(&["game_id", "name"])
        .refuses([
            ("game_id", json!("x")),
            ("game_id", json!("00000000-0000-0000-0000-000000000000")),
            ("name", json!("")),
            ("controllers", json!([{"name": "", "address": "10.0.3.21:7000"}])),
            ("controllers", json!([{"name": "floor", "address": "10.0.3.21"}])),
            ("controllers", json!([{"name": "floor", "address": "http://10.0.3.21:7000"}])),
            ("controllers", json!(vec![json!({"name": "floor", "address": "10.0.3.21:7000"}); 21])),
        ]),
        command("/v1/locations/{location}/rooms/{room}/reconfigure", |_| {
            json!({
                "name": "Cave", "controllers": [{"name": "wall", "address": "[::1]:7000"}],
                "overrides": {"volume": "7"},
            })
        })
        .refuses([
            ("name", json!("")),
            ("controllers", json!([{"name": "wall", "address": ":7000"}])),
            ("overrides", many()),
            ("overrides", json!({"": "x"})),
        ]),
        command("/v1/locations/{location}/rooms/{room}/out-of-service", |_| json!({"reason": "paint"}))
            .required(&["reason"])
            .refuses([("reason", json!(" ")), ("reason", json!("x".repeat(301)))]),
        command("/v1/locations/{location}/rooms/{room}/return", |_| json!({}))
            .after("/v1/locations/{location}/rooms/{room}/out-of-service", |_| json!({"reason": "paint"})),
        command(
            "/v1/locations/{location}/rooms/{room}/variants/{variant}/activate",
            |_| json!({"custom": {"speed": "2"}}),
        )
        .refuses([("custom", many()), ("custom", json!({"speed": "x".repeat(1001)}))]),
        command("/v1/locations/{location}/rooms/{room}/variants/{variant}/deactivate", |_| json!({}))
            .stage(Stage::Ready)
            .free(&["variant"]),
    ]
}

fn settings() -> Vec<Case> {
    vec![
        command("/v1/settings/{key}/set", |_| json!({"value": "on", "type": "text"}))
            .required(&["value"])
            .any_json(&["value"])
            .free(&["key"])
            .refuses([("value", json!(1)), ("value", json!("x".repeat(10_001))), ("type", json!("number"))]),
        command("/v1/settings/{key}/unset", |_| json!({}))
            .free(&["key"])
            .after("/v1/settings/{key}/set", |_| json!({"value": true})),
        command(
            "/v1/locations/{location}/settings/{key}/set",
            |world| json!({"value": 1.5, "type": "number", "room_id": world.id("room")}),
        )
        .required(&["value"])
        .any_json(&["value"])
        .free(&["key"])
        .elsewhere(422)
        .refuses([
            ("value", json!(9_007_199_254_740_993_u64)),
            ("type", json!("boolean")),
            ("room_id", json!("x")),
            ("room_id", json!("00000000-0000-0000-0000-000000000000")),
            ("variant_id", json!("00000000-0000-0000-0000-000000000000")),
        ]),
        command(
            "/v1/locations/{location}/settings/{key}/unset",
            |world| json!({"variant_id": world.id("variant")}),
        )
        .after(
            "/v1/locations/{location}/settings/{key}/set",
            |world| json!({"value": 1, "variant_id": world.id("variant")}),
        )
        .free(&["key"])
        .elsewhere(200)
        .refuses([("variant_id", json!("x")), ("room_id", json!("00000000-0000-0000-0000-000000000000"))]),
    ]
}
