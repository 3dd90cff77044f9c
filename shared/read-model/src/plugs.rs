//! The plugs and their history.

use std::sync::Arc;

use domain::{
    ids::{LocationId, PlugId, RoomId},
    log::{Position, Version},
    plug::{Cause, Reading},
    values::{Name, Reason},
};
use jiff::Timestamp;
use read_store::{Json, ReadModel, Record as _, record};
use serde::{Deserialize, Serialize};

/// The plugs.
pub const PLUGS: ReadModel = ReadModel { name: "plugs", tables: &[PlugRow::TABLE, PlugHistoryRow::TABLE] };

record! {
    /// A plug as people see it. Times of reports are those at the device.
    pub struct PlugRow in "plugs" {
        key {
            /// Its id.
            plug_id: PlugId,
        }
        /// The venue.
        location_id: LocationId,
        /// Of its network interface.
        mac: Arc<str>,
        /// As its maker numbered it.
        device_id: Arc<str>,
        /// The outlet, on a strip.
        child_id: Option<Arc<str>>,
        /// What the device calls its model.
        model: Name,
        /// What people call it.
        name: Name,
        /// Whether it can measure.
        has_energy_meter: bool,
        /// The room it serves.
        room_id: Option<RoomId>,
        /// Where it answers.
        address: Option<Arc<str>>,
        /// When it was last said to have moved there.
        address_at: Option<Timestamp>,
        /// `on` or `off`, once it was seen.
        relay: Option<Arc<str>>,
        /// Since when.
        relay_since: Option<Timestamp>,
        /// Why; null when nobody commanded it.
        relay_cause: Option<Json<Cause>>,
        /// The latest report of its relay.
        relay_at: Option<Timestamp>,
        /// What was asked last and not released.
        ask: Option<Arc<str>>,
        /// When that ends.
        ask_until: Option<Timestamp>,
        /// Why.
        ask_reason: Option<Reason>,
        /// When anything was last asked: what was seen uncommanded before that is not respected any more.
        asked_at: Option<Timestamp>,
        /// When it was last asked to be off: what automations held on before that, they hold no more.
        off_asked_at: Option<Timestamp>,
        /// How long what was seen uncommanded is respected.
        override_until: Option<Timestamp>,
        /// Whether it answers, once it was tried.
        reachable: Option<bool>,
        /// The latest report that said so.
        reachable_at: Option<Timestamp>,
        /// How it fails, while it does not answer.
        unreachable_error: Option<Reason>,
        /// Its latest refusal to switch.
        refusal: Option<Reason>,
        /// When that was.
        refused_at: Option<Timestamp>,
        /// Its latest reading.
        reading: Option<Json<ReadingCell>>,
        /// When that was.
        reading_at: Option<Timestamp>,
        /// Retired for good.
        retired: bool,
        /// Why.
        retired_reason: Option<Reason>,
        /// When it became known.
        registered_at: Timestamp,
        /// Last event of its stream that changed the row.
        stream_version: Version,
    }
    index "location" (location_id, plug_id);
}

record! {
    /// Something that happened to a plug.
    pub struct PlugHistoryRow in "plug_history" {
        key {
            /// Which.
            plug_id: PlugId,
            /// Place in the log.
            position: Position,
        }
        /// The venue.
        location_id: LocationId,
        /// When: at the device, for a report.
        happened_at: Timestamp,
        /// The kind of event, such as `switched`.
        fact: Arc<str>,
        /// Whether it is a mere reading of the meter.
        is_reading: bool,
        /// `on` or `off`, where it is about that.
        state: Option<Arc<str>>,
        /// Until when, where it has an end.
        until_at: Option<Timestamp>,
        /// Why it happened, or what went wrong.
        reason: Option<Arc<str>>,
        /// What made the worker do it.
        cause: Option<Json<Cause>>,
        /// What the meter showed.
        reading: Option<Json<ReadingCell>>,
        /// The room, the name or the address, where it is about that.
        subject: Option<Arc<str>>,
        /// Who caused it.
        actor: Option<Arc<str>>,
    }
    index "time" (plug_id, is_reading, happened_at, position);
}

/// What a meter showed, as the views show it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadingCell {
    /// Power drawn then.
    pub power_watts: f64,
    /// Mains voltage.
    pub voltage_volts: f64,
    /// Current drawn then.
    pub current_amps: f64,
    /// Energy since the meter was last erased.
    pub total_watt_hours: f64,
}

impl From<&Reading> for ReadingCell {
    fn from(reading: &Reading) -> Self {
        Self {
            power_watts: reading.power_watts,
            voltage_volts: reading.voltage_volts,
            current_amps: reading.current_amps,
            total_watt_hours: reading.total_watt_hours,
        }
    }
}
