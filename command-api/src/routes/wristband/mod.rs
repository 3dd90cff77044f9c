//! Routes of wristbands.

mod add_time;
mod assign;
mod bulk;
mod initialize;
mod renew;
mod scan;
mod transfer;
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
            "Assign a wristband to a player\n\nThe player needs a valid waiver and no other live wristband.",
            assign::handler,
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
