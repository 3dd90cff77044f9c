//! Routes of plays.

mod abort;
mod correct_score;
mod finish;
mod record;
mod start;
mod void_score;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("plays", "Runs of a variant in a room by some wristbands.")
        .command(
            "/v1/locations/{location}/plays",
            Permission::PLAY_START,
            "Start a play\n\nAll of its wristbands join, or nothing starts.",
            start::handler,
        )
        .command(
            "/v1/locations/{location}/plays/record",
            Permission::PLAY_FINISH,
            "Record a play that happened\n\nFor game engines that could not report while it went on. It counts for the \
             day and the players it belongs to, and is marked as recorded later. No room is occupied and nothing is \
             switched. A play that was started here is finished instead.",
            record::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/finish",
            Permission::PLAY_FINISH,
            "Finish a play\n\nWith a result for each of its wristbands. A play that was aborted because it ran past its \
             maximum length still takes its results.",
            finish::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/abort",
            Permission::PLAY_ABORT,
            "Abort a play\n\nIt ends without results.",
            abort::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/scores/{player}/correct",
            Permission::PLAY_CORRECT,
            "Correct a score of a finished play\n\nWhat is absent stays as it is.",
            correct_score::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/scores/{player}/void",
            Permission::PLAY_CORRECT,
            "Void a score of a finished play\n\nIt no longer counts, for good.",
            void_score::handler,
        )
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::{
        cases::{Case, command, creation},
        world::Stage,
    };

    const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

    pub(in crate::routes) fn cases() -> Vec<Case> {
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
                ("ended_at", json!("2000-01-01T00:00:00Z")),
                ("ended_at", json!("9000-01-01T00:00:00Z")),
                ("ended_at", json!("noon")),
            ]),
            creation("/v1/locations/{location}/plays/record", |world| {
                json!({
                    "room_id": world.id("room"), "variant_id": world.id("variant"),
                    "started_at": world.in_minutes(0), "ended_at": world.in_minutes(0),
                    "results": [{"uid": world.id("uid"), "points": 40, "level": 1}],
                })
            })
            .required(&["room_id", "variant_id", "started_at", "ended_at", "results"])
            .stage(Stage::Worn)
            .elsewhere(422)
            .refuses([
                ("room_id", json!(NOBODY)),
                ("variant_id", json!(NOBODY)),
                ("started_at", json!("2026-01-01T12:00:00")),
                ("started_at", json!("2026-01-01T12:00:00Z")),
                ("started_at", json!("9000-01-01T12:00:00Z")),
                ("ended_at", json!("9000-01-01T12:00:00Z")),
                ("ended_at", json!("2026-01-01T12:00:00Z")),
                ("results", json!([])),
                ("results", json!([{"uid": "B-17", "points": -1, "level": 1}])),
                ("results", json!([{"uid": "B-18", "points": 1, "level": 1}])),
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
}
