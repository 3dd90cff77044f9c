//! The automations of the venues, the plugs each names, and the log of what each did and did not.

use std::sync::Arc;

use domain::{
    automation::Occasion,
    ids::{AutomationId, LocationId, PlugId},
    log::{Position, Version},
    values::{Name, Reason},
};
use events::automation_spec::SpecV1;
use jiff::Timestamp;
use read_store::{Json, ReadModel, Record as _, record};
use serde::{Deserialize, Serialize};

/// The automations.
pub const AUTOMATIONS: ReadModel = ReadModel {
    name: "automations",
    tables: &[AutomationRow::TABLE, AutomationPlug::TABLE, AutomationLogRow::TABLE],
};

record! {
    /// An automation as people see it.
    pub struct AutomationRow in "automations" {
        key {
            /// Its id.
            automation_id: AutomationId,
        }
        /// The venue.
        location_id: LocationId,
        /// What people call it.
        name: Name,
        /// The rule as it is stored, its name included.
        spec: Json<SpecV1>,
        /// Whether its trigger counts.
        enabled: bool,
        /// Why not.
        disabled_reason: Option<Reason>,
        /// `on` or `off`: what was forced last and not ended.
        force_state: Option<Arc<str>>,
        /// When that ends.
        force_until: Option<Timestamp>,
        /// When it was forced.
        forced_at: Option<Timestamp>,
        /// When it last switched plugs on, at the worker.
        held_at: Option<Timestamp>,
        /// When the last of what it holds on ends at the latest, as of the latest that it did.
        held_until: Option<Timestamp>,
        /// The latest that it did, at the worker.
        acted_at: Option<Timestamp>,
        /// `on`, `off` or `pulse`.
        acted: Option<Arc<str>>,
        /// Its latest failure, at the worker.
        failed_at: Option<Timestamp>,
        /// What went wrong.
        failure: Option<Reason>,
        /// When it was created.
        created_at: Timestamp,
        /// Last event of its stream that changed the row.
        stream_version: Version,
    }
    index "location" (location_id, automation_id);
}

record! {
    /// A plug that an automation names.
    pub struct AutomationPlug in "automation_plugs" {
        key {
            /// The plug.
            plug_id: PlugId,
            /// The automation.
            automation_id: AutomationId,
        }
        /// The venue.
        location_id: LocationId,
    }
    index "location" (location_id, plug_id);
}

record! {
    /// Something that happened to an automation, or that it did, or did not.
    pub struct AutomationLogRow in "automation_log" {
        key {
            /// Which.
            automation_id: AutomationId,
            /// Place in the log.
            position: Position,
        }
        /// The venue.
        location_id: LocationId,
        /// When: at the worker, for what it reported.
        happened_at: Timestamp,
        /// The kind of event, such as `acted`.
        fact: Arc<str>,
        /// `on`, `off` or `pulse`, where it is about that.
        action: Option<Arc<str>>,
        /// Until when, where it has an end.
        until_at: Option<Timestamp>,
        /// Why it happened, or what went wrong.
        reason: Option<Arc<str>>,
        /// What made the worker look at it.
        occasion: Option<Json<OccasionCell>>,
        /// The plug that could not be switched.
        plug_id: Option<PlugId>,
        /// Who caused it.
        actor: Option<Arc<str>>,
    }
    index "time" (automation_id, happened_at, position);
}

/// What made the worker look at an automation, as the views show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OccasionCell {
    /// What sort of thing.
    pub kind: String,
    /// The position in the log of the event that led to it.
    pub event_position: Option<u64>,
}

impl From<Occasion> for OccasionCell {
    fn from(occasion: Occasion) -> Self {
        Self { kind: occasion.kind.as_str().to_owned(), event_position: occasion.event_position }
    }
}
