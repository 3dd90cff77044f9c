//! Routes of plugs: the switched outlets behind fog machines, lights and sirens.

mod ask;
mod bind;
mod register;
mod release;
mod rename;
mod reports;
mod retire;

use auth::Permission;
use domain::plug::PlugNetworks;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("plugs", "Plugs: the switched outlets behind fog machines, lights and sirens.")
        .command(
            "/v1/locations/{location}/plugs",
            Permission::PLUG_REPORT,
            "Register a plug\n\nIt is known by its MAC address and device id, and on a strip by its child id; \
             its address follows discovery. An identity that is registered here already answers 200 with that \
             plug's id. A strip is one plug, registered without `child_id`, or its outlets are plugs: which of \
             both came first, the other is refused until that is retired. A plug is switched only when it is bound to a room, named by an automation, or asked \
             for; until then it is only observed.",
            register::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/reports",
            Permission::PLUG_REPORT,
            "Report what became of plugs and automations\n\nFor the device worker. Each report is a command of \
             its own under its `report_id`: sent again, alone or with others, it takes effect once. Reports \
             about one thing are kept in their order.",
            reports::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/bind",
            Permission::PLUG_MANAGE,
            "Bind a plug to a room, or to none\n\nA plug that nothing wants any more is switched off once and \
             then let go.",
            bind::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/rename",
            Permission::PLUG_MANAGE,
            "Rename a plug",
            rename::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/ask",
            Permission::PLUG_ASK,
            "Ask for a plug to be on or off\n\nOn ends after an hour unless `until` or `for_seconds` says \
             otherwise, at most 24 hours. Off with an end: nothing may switch it on until then. Off without an \
             end: what wants it on now is dropped. An ask replaces the one before.",
            ask::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/release",
            Permission::PLUG_ASK,
            "End what was asked of a plug\n\nAutomations decide again.",
            release::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/retire",
            Permission::PLUG_MANAGE,
            "Retire a plug\n\nIt is switched off once and then let go; its identity can be registered again, \
             here or elsewhere.",
            retire::handler,
        )
}

/// The sentence about an address that no plug may have.
fn outside(networks: &PlugNetworks) -> String {
    format!(
        "`address` must lie in a network of plugs ({}; the setting AEROSPORTS_PLUG_NETWORKS) and have a port of plugs \
         ({}; the setting AEROSPORTS_PLUG_PORTS).",
        networks.networks(),
        networks.ports()
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
        [plugs(), reports()].into_iter().flatten().collect()
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
                    ("address", json!("10.0.3.41:22")),
                    ("address", json!("127.0.0.1:9999")),
                    ("address", json!("[::ffff:127.0.0.1]:9999")),
                    ("address", json!("169.254.169.254:9999")),
                    ("address", json!("8.8.8.8")),
                ]),
            command(
                "/v1/locations/{location}/plugs/{plug}/bind",
                |world| json!({"room_id": world.id("room")}),
            )
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
            command("/v1/locations/{location}/plugs/{plug}/release", |_| json!({})).after(
                "/v1/locations/{location}/plugs/{plug}/ask",
                |_| json!({"state": "on", "reason": "dark"}),
            ),
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
}
