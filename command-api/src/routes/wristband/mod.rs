//! Routes of wristbands.

mod add_time;
mod add_time_many;
mod assign;
mod bulk;
mod initialize;
mod issue_pass;
mod renew;
mod scan;
mod set_end;
mod transfer;
mod unassign;
mod void;

use auth::Permission;
use domain::{
    ids::{LocationId, WristbandUid},
    values::Minutes,
    wristband::ClockStart,
};
use http_api::Api;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    CommandApi,
    commands::wristband::{BuyPeriod, Purchase},
};

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    let api = api
        .tag("wristbands", "Bought time on a player's arm.")
        .command(
            "/v1/locations/{location}/wristbands/bulk",
            Permission::WRISTBAND_INITIALIZE,
            "Initialise and assign many wristbands\n\nEach item succeeds or is refused alone.",
            bulk::handler,
        )
        .command(
            "/v1/locations/{location}/wristbands/{uid}/initialize",
            Permission::WRISTBAND_INITIALIZE,
            "Initialise a wristband\n\nIt must have no time left; whoever wore it no longer does.",
            initialize::handler,
        )
        .command(
            "/v1/locations/{location}/wristbands/{uid}/assign",
            Permission::WRISTBAND_ASSIGN,
            "Assign a wristband to a player\n\nThe player needs a valid waiver and no other live wristband. With \
             `replace` it is taken off whoever wears it, with the time that is left.",
            assign::handler,
        )
        .command(
            "/v1/locations/{location}/wristbands/{uid}/unassign",
            Permission::WRISTBAND_ASSIGN,
            "Take a wristband off its player\n\nIts time stays on it, for the next player.",
            unassign::handler,
        )
        .command(
            "/v1/locations/{location}/wristbands/{uid}/scan",
            Permission::WRISTBAND_SCAN,
            "Scan a wristband at a room\n\nThe first good scan starts a waiting clock. A bad one says why.",
            scan::handler,
        );
    more_time(api)
}

fn more_time(api: Api<CommandApi>) -> Api<CommandApi> {
    api.command(
        "/v1/locations/{location}/wristbands/{uid}/add-time",
        Permission::WRISTBAND_ADD_TIME,
        "Add time to a wristband\n\nOnly while it has time left; at most a day in total.",
        add_time::handler,
    )
    .command(
        "/v1/locations/{location}/wristbands/add-time",
        Permission::WRISTBAND_ADD_TIME,
        "Add time to many wristbands\n\nThose whose time is over are renewed. Each succeeds or is refused alone.",
        add_time_many::handler,
    )
    .command(
        "/v1/locations/{location}/wristbands/{uid}/set-end",
        Permission::WRISTBAND_SET_END,
        "Choose when the time of a wristband is over\n\nNow, when no end is named; at most a day off.",
        set_end::handler,
    )
    .command(
        "/v1/locations/{location}/wristbands/{uid}/pass",
        Permission::WRISTBAND_PASS,
        "Issue a pass\n\nA wristband that is good for days, up to a year. It must have no time left.",
        issue_pass::handler,
    )
    .command(
        "/v1/locations/{location}/wristbands/{uid}/renew",
        Permission::WRISTBAND_ADD_TIME,
        "Renew a wristband\n\nOnly once its time is over; its player keeps it.",
        renew::handler,
    )
    .command(
        "/v1/locations/{location}/wristbands/{uid}/transfer",
        Permission::WRISTBAND_TRANSFER,
        "Transfer time and player to another wristband\n\nThe other one must have no time left.",
        transfer::handler,
    )
    .command(
        "/v1/locations/{location}/wristbands/{uid}/void",
        Permission::WRISTBAND_VOID,
        "Void a wristband\n\nNot while it is in a play.",
        void::handler,
    )
}

/// Bought time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodRequest {
    /// How much.
    #[schema(value_type = i64, minimum = 1, maximum = 1440)]
    minutes: Minutes,
    /// When the clock starts: `now` or `first_scan`.
    #[schema(value_type = String, example = "first_scan")]
    starts: ClockStart,
}

impl PeriodRequest {
    fn bought(self, purchase: Purchase, (location, uid): (LocationId, WristbandUid)) -> BuyPeriod {
        BuyPeriod { purchase, location, uid, minutes: self.minutes, starts: self.starts }
    }
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::{
        cases::{Case, command},
        world::Stage,
    };

    const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

    pub(in crate::routes) fn cases() -> Vec<Case> {
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
                |world| json!({"player_id": world.id("dependant"), "replace": true}),
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
            command(
                "/v1/locations/{location}/wristbands/{uid}/unassign",
                |_| json!({"reason": "wrong person"}),
            )
            .stage(Stage::Worn)
            .refuses([("reason", json!(""))]),
            command(
                "/v1/locations/{location}/wristbands/add-time",
                |world| json!({"uids": [world.id("uid"), "B-99"], "minutes": 10, "reason": "the fog failed"}),
            )
            .required(&["uids", "minutes"])
            .stage(Stage::Worn)
            .elsewhere(200)
            .refuses([
                ("uids", json!([])),
                ("uids", json!(["two words"])),
                ("uids", json!(vec!["B-17"; 1_001])),
                ("minutes", json!(0)),
                ("reason", json!("")),
            ]),
            command(
                "/v1/locations/{location}/wristbands/{uid}/set-end",
                |world| json!({"ends_at": world.in_minutes(20), "reason": "closing early"}),
            )
            .required(&["reason"])
            .stage(Stage::Loaded)
            .refuses([("ends_at", json!("2020-01-01T00:00:00Z")), ("reason", json!(""))]),
            command(
                "/v1/locations/{location}/wristbands/{uid}/pass",
                |world| json!({"valid_until": world.in_minutes(90 * 24 * 60)}),
            )
            .required(&["valid_until"])
            .free(&["uid"])
            .elsewhere(200)
            .refuses([("valid_until", json!("2020-01-01T00:00:00Z"))]),
            command(
                "/v1/locations/{location}/wristbands/{uid}/add-time",
                |_| json!({"minutes": 30, "reason": "the fog failed"}),
            )
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
}
