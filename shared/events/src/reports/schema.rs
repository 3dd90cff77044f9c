//! What the document says of reports. Never built: [`wire`](super::wire) writes and reads the stored form, and
//! a test holds both together.

#![expect(dead_code, reason = "nothing but the document is made of these")]

use jiff::Timestamp;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::plug::CauseItem;

/// A report as it is written.
#[derive(Debug, ToSchema)]
pub struct ReportItem {
    /// Made by the worker, for ever: sent again, in whatever request, a report takes effect once.
    report_id: Uuid,
    /// When, at the device; may be long ago.
    at: Timestamp,
    #[serde(flatten)]
    report: ReportType,
}

/// What is reported.
#[derive(Debug, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ReportType {
    /// The plug was switched and read back.
    Switched {
        plug_id: Uuid,
        /// The state now: `on` or `off`.
        state: String,
        cause: CauseItem,
    },
    /// The plug answered and did not switch.
    Refused {
        plug_id: Uuid,
        /// The state it should have had: `on` or `off`.
        state: String,
        /// What it said.
        error: String,
        cause: CauseItem,
    },
    /// The plug stopped answering.
    Unreachable {
        plug_id: Uuid,
        /// What was tried and how it failed.
        error: String,
    },
    /// The plug answers again.
    Recovered { plug_id: Uuid },
    /// The relay was seen in a state that nobody commanded.
    Overridden {
        plug_id: Uuid,
        /// The state seen: `on` or `off`.
        state: String,
        /// How long that is respected.
        until: Timestamp,
    },
    /// The plug answers at another address.
    Moved {
        plug_id: Uuid,
        /// Where: `host:port`.
        address: String,
    },
    /// The energy meter was read.
    Reading {
        plug_id: Uuid,
        #[schema(minimum = -100_000, maximum = 100_000)]
        power_watts: f64,
        #[schema(minimum = 0, maximum = 1_000)]
        voltage_volts: f64,
        #[schema(minimum = -1_000, maximum = 1_000)]
        current_amps: f64,
        /// Since the meter was last erased.
        #[schema(minimum = 0, maximum = 1_000_000_000)]
        total_watt_hours: f64,
    },
    /// At the plug's address another device answered, which was left alone.
    IdentityRefused {
        plug_id: Uuid,
        /// Where: `host:port`.
        address: String,
        /// Who was found there, if it said.
        found_mac: Option<String>,
    },
    /// The worker did something for an automation.
    Acted {
        automation_id: Uuid,
        /// `on`, `off` or `pulse`.
        action: String,
        trigger: OccasionItem,
        /// For people.
        reason: String,
        /// When the last of what it holds on now ends at the latest; absent when it holds nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The worker did nothing for an automation although its trigger came.
    Skipped {
        automation_id: Uuid,
        /// Why.
        reason: String,
        trigger: OccasionItem,
    },
    /// A plug of an automation could not be switched.
    Failed {
        automation_id: Uuid,
        /// Which.
        plug_id: Option<Uuid>,
        /// What went wrong.
        error: String,
        trigger: OccasionItem,
    },
}

/// What made the worker look at an automation.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OccasionItem {
    /// `event`, `cron`, `every`, `force`, `pulse`, `end` or `change`.
    kind: String,
    /// The position in the log of the event that led to it, where one did.
    event_position: Option<u64>,
}
