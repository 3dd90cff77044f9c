//! Routes of locations.

mod disable;
mod enable;
mod open;
mod rename;
mod settings;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("locations", "The venues, each a tenant.")
        .command(
            "/v1/locations",
            Permission::LOCATION_OPEN,
            "Open a location\n\nIts code is unique.",
            open::handler,
        )
        .command(
            "/v1/locations/{location}/rename",
            Permission::LOCATION_RENAME,
            "Rename a location",
            rename::handler,
        )
        .command(
            "/v1/locations/{location}/settings",
            Permission::LOCATION_CONFIGURE,
            "Change a location's settings\n\nWhat is absent stays as it is.",
            settings::handler,
        )
        .command(
            "/v1/locations/{location}/disable",
            Permission::LOCATION_DISABLE,
            "Disable a location\n\nNothing new starts in it.",
            disable::handler,
        )
        .command(
            "/v1/locations/{location}/enable",
            Permission::LOCATION_ENABLE,
            "Enable a location",
            enable::handler,
        )
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::cases::{Case, command, creation};

    pub(in crate::routes) fn cases() -> Vec<Case> {
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
}
