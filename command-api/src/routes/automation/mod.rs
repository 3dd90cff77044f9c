//! Routes of automations: rules that switch plugs.

mod change;
mod create;
mod disable;
mod enable;
mod force;
mod pulse;
mod spec;
mod unforce;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("automations", "Automations: rules that switch plugs on events, at set times, or every so often.")
        .command(
            "/v1/locations/{location}/automations",
            Permission::AUTOMATION_MANAGE,
            "Create an automation\n\nIt is enabled. Its plugs and its room must be of this location. Several \
             automations on one plug: it is on while any of them wants it.",
            create::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/change",
            Permission::AUTOMATION_MANAGE,
            "Change an automation\n\nThe whole rule; what it held on is let go where the new rule does not \
             want it.",
            change::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/enable",
            Permission::AUTOMATION_MANAGE,
            "Enable an automation",
            enable::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/disable",
            Permission::AUTOMATION_MANAGE,
            "Disable an automation\n\nWhat it held on is let go, and a force ends.",
            disable::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/force",
            Permission::AUTOMATION_FORCE,
            "Force an automation on or off\n\nWhatever its trigger and gates, until the end, at most 24 hours \
             away. On: its plugs are wanted on. Off: it wants none of its plugs on.",
            force::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/unforce",
            Permission::AUTOMATION_FORCE,
            "End a force",
            unforce::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/pulse",
            Permission::AUTOMATION_FORCE,
            "Pulse an automation's plugs now\n\nWhatever its trigger and gates.",
            pulse::handler,
        )
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::{Value, json};

    use crate::routes::tests::{
        cases::{Case, command, creation},
        world::World,
    };

    pub(in crate::routes) fn cases() -> Vec<Case> {
        [rules(), switches()].into_iter().flatten().collect()
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
            command(
                "/v1/locations/{location}/automations/{automation}/pulse",
                |_| json!({"milliseconds": 250}),
            )
            .refuses([("milliseconds", json!(99)), ("milliseconds", json!(10_001))]),
        ]
    }
}
