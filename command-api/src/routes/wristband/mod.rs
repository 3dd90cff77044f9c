//! Commands on wristbands. No rules here: those are in `shared::domain::wristband`.

mod add_time;
mod assign;
mod bulk;
mod initialize;
mod loaded;
mod period;
mod renew;
mod scan;
mod transfer;
mod void;

use serde::{Deserialize, Serialize};
use shared::{
    auth::Permission,
    domain::{
        values::Minutes,
        wristband::{ClockStart, cross_stream::Period},
    },
    http::{Api, FieldErrors, Problem},
};
use utoipa::ToSchema;

use crate::CommandApi;

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
    #[schema(minimum = 1, maximum = 1440)]
    minutes: i64,
    /// When the clock starts: `now` or `first_scan`.
    #[schema(value_type = String, example = "first_scan")]
    starts: ClockStart,
}

impl PeriodRequest {
    /// The period, bought at some time that the decision will know.
    fn checked(&self) -> Result<impl Fn(jiff::Timestamp) -> Period + Copy + Send + 'static, Problem> {
        let mut errors = FieldErrors::default();
        let minutes = errors.field("minutes", Minutes::new(self.minutes));
        let (minutes, starts) = (errors.finish(minutes)?, self.starts);
        Ok(move |at| Period { minutes, starts, at })
    }
}

/// Where a wristband stands after a command.
#[derive(Debug, Serialize, ToSchema)]
pub struct WristbandChanged {
    /// The wristband's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
    /// Who wears it, or wore it last.
    pub player_id: Option<String>,
    /// Rounded up.
    pub minutes_left: u32,
    /// When the time is over, or was; none while the clock waits for the first scan.
    pub ends_at: Option<String>,
}
