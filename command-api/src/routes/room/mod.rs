//! Routes of rooms: games installed at a location.

mod activate;
mod deactivate;
mod install;
mod out_of_service;
mod reconfigure;
mod return_to_service;

use auth::Permission;
use domain::{room::Controller, values::Name};
use http_api::Api;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("rooms", "Rooms: games installed at a location.")
        .command(
            "/v1/locations/{location}/rooms",
            Permission::ROOM_INSTALL,
            "Install a game in a new room\n\nThe game must not be retired.",
            install::handler,
        )
        .command(
            "/v1/locations/{location}/rooms/{room}/reconfigure",
            Permission::ROOM_RECONFIGURE,
            "Change a room's configuration\n\nWhat is absent stays as it is.",
            reconfigure::handler,
        )
        .command(
            "/v1/locations/{location}/rooms/{room}/out-of-service",
            Permission::ROOM_SERVICE,
            "Take a room out of service\n\nNothing starts in it; a play under way goes on.",
            out_of_service::handler,
        )
        .command(
            "/v1/locations/{location}/rooms/{room}/return",
            Permission::ROOM_SERVICE,
            "Return a room to service",
            return_to_service::handler,
        )
        .command(
            "/v1/locations/{location}/rooms/{room}/variants/{variant}/activate",
            Permission::ROOM_VARIANTS,
            "Activate a variant in a room\n\nOr, when it is active, replace its settings for this room. It must \
             be one of the room's game and not be retired.",
            activate::handler,
        )
        .command(
            "/v1/locations/{location}/rooms/{room}/variants/{variant}/deactivate",
            Permission::ROOM_VARIANTS,
            "Deactivate a variant in a room",
            deactivate::handler,
        )
}

/// A device of the game in the room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControllerRequest {
    /// What it is, such as `floor`.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// Host and port on the venue's network.
    #[schema(example = "10.0.3.21:7000")]
    address: String,
}

/// The controllers; their addresses are for the room's own rules.
fn controllers(requests: Vec<ControllerRequest>) -> Vec<Controller> {
    let controller = |ControllerRequest { name, address }| Controller { name, address };
    requests.into_iter().map(controller).collect()
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::{
        cases::{Case, command, creation},
        world::Stage,
    };

    pub(in crate::routes) fn cases() -> Vec<Case> {
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
            command("/v1/locations/{location}/rooms/{room}/return", |_| json!({})).after(
                "/v1/locations/{location}/rooms/{room}/out-of-service",
                |_| json!({"reason": "paint"}),
            ),
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
}
