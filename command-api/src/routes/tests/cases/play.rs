//! Cases of wristbands and plays.

use serde_json::json;

use super::{Case, Stage, command, creation};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

pub(super) fn cases() -> Vec<Case> {
    [wristbands(), plays()].into_iter().flatten().collect()
}

fn wristbands() -> Vec<Case> {
    vec![
        command("/v1/locations/{location}/wristbands/bulk", |world| {
            let player = world.id("player");
            json!({"items": [{"uid": "G-1", "minutes": 60, "starts": "now", "player_id": player}]})
        })
        .required(&["items"])
        .stage(Stage::Ready)
        .elsewhere(200)
        .refuses([
            ("items", json!([])),
            ("items", json!(vec![json!({"uid": "G-1", "minutes": 60, "starts": "now"}); 201])),
            ("items", json!([{"uid": "two words", "minutes": 60, "starts": "now"}])),
            ("items", json!([{"uid": "G-1", "minutes": 0, "starts": "now"}])),
        ]),
        command(
            "/v1/locations/{location}/wristbands/{uid}/initialize",
            |_| json!({"minutes": 1440, "starts": "first_scan"}),
        )
        .required(&["minutes", "starts"])
        .free(&["uid"])
        .elsewhere(200)
        .refuses([("minutes", json!(0)), ("minutes", json!(1441)), ("minutes", json!(-1))]),
        command(
            "/v1/locations/{location}/wristbands/{uid}/assign",
            |world| json!({"player_id": world.id("dependant")}),
        )
        .required(&["player_id"])
        .stage(Stage::Loaded)
        // The player is looked at first, and is not there.
        .elsewhere(422)
        .refuses([("player_id", json!(NOBODY))]),
        command(
            "/v1/locations/{location}/wristbands/{uid}/scan",
            |world| json!({"room_id": world.id("room")}),
        )
        .required(&["room_id"])
        .stage(Stage::Worn)
        .free(&["uid"])
        .elsewhere(422)
        .refuses([("room_id", json!(NOBODY))]),
        command("/v1/locations/{location}/wristbands/{uid}/add-time", |_| json!({"minutes": 30}))
            .required(&["minutes"])
            .stage(Stage::Loaded)
            .refuses([("minutes", json!(0)), ("minutes", json!(1441))]),
        command(
            "/v1/locations/{location}/wristbands/{uid}/renew",
            |_| json!({"minutes": 60, "starts": "now"}),
        )
        .required(&["minutes", "starts"])
        .stage(Stage::Worn)
        .later(61)
        .refuses([("minutes", json!(0)), ("minutes", json!(1441))]),
        command("/v1/locations/{location}/wristbands/{uid}/transfer", |_| json!({"to": "B-18"}))
            .required(&["to"])
            .stage(Stage::Worn)
            .refuses([("to", json!("")), ("to", json!("two words")), ("to", json!("B-17"))]),
        command("/v1/locations/{location}/wristbands/{uid}/void", |_| json!({"reason": "lost"}))
            .required(&["reason"])
            .stage(Stage::Worn)
            .refuses([("reason", json!(""))]),
    ]
}

fn plays() -> Vec<Case> {
    vec![
        creation("/v1/locations/{location}/plays", |world| {
            json!({
                "room_id": world.id("room"), "variant_id": world.id("variant"),
                "wristbands": [world.id("uid")],
            })
        })
        .required(&["room_id", "variant_id", "wristbands"])
        .stage(Stage::Worn)
        .elsewhere(422)
        .refuses([
            ("room_id", json!(NOBODY)),
            ("wristbands", json!([])),
            ("wristbands", json!(["two words"])),
            ("wristbands", json!(["B-17", "B-17"])),
            ("wristbands", json!(vec!["B-17"; 101])),
        ]),
        command(
            "/v1/locations/{location}/plays/{play}/finish",
            |world| json!({"results": [{"uid": world.id("uid"), "points": 1_000_000, "level": 1, "lives": 0}]}),
        )
        .required(&["results"])
        .stage(Stage::Playing)
        .refuses([
            ("results", json!([])),
            ("results", json!([{"uid": "B-17", "points": 1_000_001, "level": 1}])),
            ("results", json!([{"uid": "B-17", "points": -1, "level": 1}])),
            ("results", json!([{"uid": "B-18", "points": 1, "level": 1}])),
            ("results", json!([{"uid": "B-17", "points": 1, "level": 1001}])),
        ]),
        command("/v1/locations/{location}/plays/{play}/abort", |_| json!({"reason": "smoke"}))
            .required(&["reason"])
            .stage(Stage::Playing)
            .refuses([("reason", json!(""))]),
        command(
            "/v1/locations/{location}/plays/{play}/scores/{player}/correct",
            |_| json!({"points": 90, "level": 3, "lives": 1, "reason": "sensor"}),
        )
        .required(&["reason"])
        .stage(Stage::Played)
        .refuses([
            ("points", json!(-1)),
            ("points", json!(1_000_001)),
            ("level", json!(1001)),
            ("lives", json!(1001)),
            ("reason", json!("")),
        ]),
        command("/v1/locations/{location}/plays/{play}/scores/{player}/void", |_| json!({"reason": "cheat"}))
            .required(&["reason"])
            .stage(Stage::Played)
            .refuses([("reason", json!(""))]),
    ]
}
