//! What is remembered of an automation.

use std::time::Duration;

use domain::{
    automation::{AutomationSpec, OccasionKind},
    plug::RelayState,
    values::Reason,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    clock::{Deadline, Moment},
    engine::cause::stored_reason,
};

/// One automation.
#[derive(Clone, Debug, PartialEq)]
pub struct AutomationState {
    /// The rule.
    pub spec: AutomationSpec,
    /// Its trigger counts.
    pub enabled: bool,
    /// What a person forced.
    pub force: Option<Force>,
    /// Until when another trigger comes too soon.
    pub rests: Option<Deadline>,
    /// When its cron or interval comes next.
    pub due: Option<Timestamp>,
    /// The time of the last report of what was done for it.
    pub acted_at: Option<Timestamp>,
    /// What was not done and the leader did not report; the oldest first.
    pub unreported: Vec<UnreportedSkip>,
}

impl AutomationState {
    /// A new automation, enabled.
    #[must_use]
    pub fn new(spec: AutomationSpec) -> Self {
        Self {
            spec,
            enabled: true,
            force: None,
            rests: None,
            due: None,
            acted_at: None,
            unreported: Vec::new(),
        }
    }

    /// When a hold that begins now ends at the latest.
    pub(in crate::engine) fn max_on(&self, now: Moment) -> Deadline {
        Deadline::after(now, Duration::from_secs(self.spec.limits.max_on_seconds.into()))
    }
}

/// A skip that the automation's log does not have yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreportedSkip {
    /// When.
    pub at: Timestamp,
    /// What made the worker look at it.
    pub occasion: OccasionKind,
    /// The event that led to it.
    pub event_position: Option<u64>,
    /// Why it was not done.
    #[serde(with = "stored_reason")]
    pub reason: Reason,
}

/// A force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Force {
    /// On, or off: the automation switches nothing on.
    pub state: RelayState,
    /// The end.
    pub until: Deadline,
}
