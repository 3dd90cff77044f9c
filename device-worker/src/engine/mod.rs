//! Decides what every plug of one location is to be. Pure: no IO, no clock, no randomness. Facts, time and
//! observations go in; desired states and reports come out.
//!
//! A plug is wanted on by an ask, by a pressed button, or by a hold of an automation; each has an end. A pressed
//! button goes before an ask, an ask before the holds, and an ask for "off" before everything. A plug that nothing
//! wants on is off. A plug that is not bound, automated or asked for is not managed, and is left as it is.

mod cause;
mod context;
mod facts;
mod gates;
mod leadership;
mod observations;
#[cfg(test)]
mod properties;
mod settle;
mod state;
mod stored;
#[cfg(test)]
mod tests;
mod ticks;
mod triggers;
mod unreported;

pub use context::{Fact, How};
pub use state::{Current, PlugState};
pub use stored::{AutomationRow, STATE_SCHEMA, Stored};

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{
    automation::AutomationReport,
    ids::{AutomationId, PlugId},
    log::Position,
    plug::PlugReport,
};
use events::reports::ReportContent;
use jiff::{SignedDuration, Timestamp};

use self::state::{AutomationState, LocationState};
use crate::clock::Moment;

/// How long things are respected.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// An event recorded longer ago than this switches nothing on.
    pub late_after: Duration,
    /// How long a pressed button is respected.
    pub override_for: Duration,
    /// How long after an ON without an answer the device may still carry it out: until then, a relay that comes
    /// on is no pressed button.
    pub unconfirmed_for: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            late_after: Duration::from_secs(10),
            override_for: Duration::from_mins(15),
            unconfirmed_for: Duration::from_mins(1),
        }
    }
}

/// A report about a plug or an automation.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When it happened.
    pub at: Timestamp,
    /// About what, and what.
    pub content: ReportContent,
}

/// What changed since [`Engine::take_changes`] was last called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Plugs whose state is to be stored.
    pub plugs: BTreeSet<PlugId>,
    /// Automations whose state is to be stored.
    pub automations: BTreeSet<AutomationId>,
    /// The location's own state is to be stored.
    pub location: bool,
    /// Plugs whose orders changed.
    pub orders: BTreeSet<PlugId>,
    /// What to report, in order.
    pub reports: Vec<Report>,
}

/// What an engine may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Another worker leads: it follows the log, and neither switches nor reports.
    Standby,
    /// It leads, and for now neither orders an ON nor reports one.
    Withholding,
    /// It switches and reports.
    Leading,
    /// It leads, and every managed plug is to be off.
    Stopping,
}

/// See the module.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    location: LocationState,
    plugs: BTreeMap<PlugId, PlugState>,
    automations: BTreeMap<AutomationId, AutomationState>,
    seen: Position,
    mode: Mode,
    /// Wall and running clock when last compared.
    compared: Option<Moment>,
    changes: Changes,
}

impl Engine {
    /// A location of which nothing is known, on standby.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            location: LocationState::default(),
            plugs: BTreeMap::new(),
            automations: BTreeMap::new(),
            seen: Position(0),
            mode: Mode::Standby,
            compared: None,
            changes: Changes::default(),
        }
    }

    /// The last position applied.
    #[must_use]
    pub fn seen(&self) -> Position {
        self.seen
    }

    /// Its plugs.
    #[must_use]
    pub fn plugs(&self) -> &BTreeMap<PlugId, PlugState> {
        &self.plugs
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// What is wanted of `plug`, and the number of that desired state; none for a plug that is left as it is.
    #[must_use]
    pub fn desired(&self, plug: PlugId) -> Option<(&Current, u64)> {
        let transient = &self.plugs.get(&plug)?.transient;
        Some((transient.current.as_ref()?, transient.serial))
    }

    /// Whether it switches and reports.
    #[must_use]
    pub fn is_leading(&self) -> bool {
        self.mode != Mode::Standby
    }

    /// How far apart the clocks may be: an event from the future is as late as one from the past.
    fn is_late(&self, recorded_at: Timestamp, now: Timestamp) -> bool {
        now.duration_since(recorded_at).unsigned_abs() > self.rules.late_after
    }

    fn report(&mut self, at: Timestamp, content: ReportContent) {
        if self.is_leading() {
            self.changes.reports.push(Report { at, content });
        }
    }

    /// Reports of one plug are in order, also when the wall clock is set back: the latest counts.
    fn report_plug(&mut self, id: PlugId, at: Timestamp, report: PlugReport) {
        if !self.is_leading() {
            return;
        }
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let is_hand = matches!(report, PlugReport::Overridden { .. });
        // A pressed button that is seen after an ask is later than that ask.
        let asked = plug.wanted.asked_at.filter(|_| is_hand);
        let after_asked = asked.and_then(|asked| asked.checked_add(SignedDuration::from_micros(1)).ok());
        let at = [plug.reported.at, after_asked].into_iter().flatten().fold(at, Timestamp::max);
        plug.reported.at = Some(at);
        self.changes.plugs.insert(id);
        self.report(at, ReportContent::Plug(id, report));
    }

    fn report_automation(&mut self, automation: AutomationId, at: Timestamp, report: AutomationReport) {
        self.report(at, ReportContent::Automation(automation, report));
    }
}
