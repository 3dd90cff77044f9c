//! What can be asked of an automation.

use jiff::Timestamp;

use crate::{
    ids::{AutomationId, LocationId},
    plug::RelayState,
    values::Reason,
};

use super::{AutomationReport, AutomationSpec};

/// A wish about one automation. Creating and changing one concern the plugs and the room it names too and
/// are asked through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutomationCommand {
    /// Make it, enabled.
    Create {
        /// Fresh id.
        id: AutomationId,
        /// The venue.
        location: LocationId,
        /// The rule.
        spec: AutomationSpec,
    },
    /// Give it another rule.
    Change {
        /// The whole rule.
        spec: AutomationSpec,
    },
    /// Let its trigger count.
    Enable,
    /// Let its trigger not count; ends a force too.
    Disable {
        /// Why.
        reason: Option<Reason>,
    },
    /// Want its plugs on, or want it not to switch them on, whatever its trigger and gates.
    Force {
        /// Which.
        state: RelayState,
        /// When that ends, within 24 hours.
        until: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// End a force.
    Unforce {
        /// When.
        at: Timestamp,
    },
    /// Want a pulse now.
    Pulse {
        /// How long, 100 to 10 000; its rule's, or the usual, when nothing is said.
        milliseconds: Option<u32>,
        /// When.
        at: Timestamp,
    },
    /// Keep what the device worker says.
    Report {
        /// What.
        report: AutomationReport,
        /// When, at the worker.
        at: Timestamp,
    },
}
