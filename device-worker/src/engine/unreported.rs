//! Reports about automations and asks: made at once by the leader, and kept by a standby until the log has them.
//! The leader may have died before it made them; then the next leader does. What is wanted on and withheld is not
//! reported either until it is ordered.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    automation::{Action, AutomationReport, DoneAction, Occasion},
    ids::{AutomationId, PlugId},
    plug::{Cause, PlugReport, RelayState},
    values::Reason,
};
use jiff::Timestamp;

use super::{
    Engine, Mode,
    state::{AutomationState, Hold, UnreportedRefusal, UnreportedSkip},
};
use crate::clock::Moment;

/// Most that is kept of one automation or plug; then the oldest is dropped.
const MOST: usize = 100;

fn keep<T>(unreported: &mut Vec<T>, new: T) {
    if unreported.len() == MOST {
        unreported.remove(0);
    }
    unreported.push(new);
}

impl Engine {
    pub(super) fn act(
        &mut self,
        id: AutomationId,
        action: DoneAction,
        occasion: Occasion,
        reason: &str,
        now: Moment,
    ) {
        if self.is_leading() && action != DoneAction::Off {
            if self.mode == Mode::Withholding {
                // It has not been done yet; its holds are reported when it is.
                return;
            }
            self.holds_reported(id);
        }
        let (reason, until) = (Reason::clipped(reason), self.held_until(id, now));
        if !self.is_leading() {
            return;
        }
        let at = self.acted_at(id, now.wall);
        self.report_automation(id, at, AutomationReport::Acted { action, occasion, reason, until });
    }

    /// What is done for an automation is reported in order, also when the wall clock is set back: the latest counts.
    fn acted_at(&mut self, id: AutomationId, at: Timestamp) -> Timestamp {
        let Some(automation) = self.automations.get_mut(&id) else { return at };
        let last = automation.acted_at.max(Some(at));
        if automation.acted_at != last {
            automation.acted_at = last;
            self.changes.automations.insert(id);
        }
        last.unwrap_or(at)
    }

    /// When the last of what an automation holds on ends at the latest.
    fn held_until(&self, id: AutomationId, now: Moment) -> Option<Timestamp> {
        self.plugs.values().filter_map(|plug| Some(plug.wanted.holds.get(&id)?.end(now).wall)).max()
    }

    /// What an automation holds on ends at another time than was reported.
    pub(super) fn revised(&mut self, id: AutomationId, occasion: Occasion, reason: &str, now: Moment) {
        if self.held_until(id, now).is_some() {
            self.act(id, DoneAction::On, occasion, reason, now);
        }
    }

    /// Something else ended these holds: what was done for them is over where nothing else is left.
    pub(super) fn ended_by(
        &mut self,
        holds: Vec<(AutomationId, Hold)>,
        occasion: Occasion,
        reason: &str,
        now: Moment,
    ) {
        let reported = holds.iter().filter(|(_, hold)| hold.reported);
        let reported: BTreeSet<AutomationId> = reported.map(|(id, _)| *id).collect();
        self.ended(holds, now);
        for id in reported {
            if self.held_until(id, now).is_none() {
                self.act(id, DoneAction::Off, occasion, reason, now);
            }
        }
    }

    pub(super) fn skip(&mut self, id: AutomationId, occasion: Occasion, reason: &str, now: Moment) {
        if self.is_leading() {
            let reason = Reason::clipped(reason);
            return self.report_automation(id, now.wall, AutomationReport::Skipped { reason, occasion });
        }
        let Some(automation) = self.automations.get_mut(&id) else { return };
        let (at, reason) = (now.wall, Reason::clipped(reason));
        let Occasion { kind, event_position } = occasion;
        keep(&mut automation.unreported, UnreportedSkip { at, occasion: kind, event_position, reason });
        self.changes.automations.insert(id);
    }

    /// These holds are over. Where nothing was ever done for one, that is reported once an automation.
    pub(super) fn ended(&mut self, holds: impl IntoIterator<Item = (AutomationId, Hold)>, now: Moment) {
        let not_done: BTreeMap<AutomationId, Occasion> = holds
            .into_iter()
            .filter(|(_, hold)| !hold.reported)
            .map(|(id, hold)| (id, hold.occasion()))
            .collect();
        let reason = if self.is_leading() {
            "the event log was out of reach while it was wanted on"
        } else {
            "no worker led while it was wanted on"
        };
        for (id, occasion) in not_done {
            self.skip(id, occasion, reason, now);
        }
    }

    /// An ask for ON is not done.
    pub(super) fn refuse_ask(&mut self, id: PlugId, cause: Cause, error: &str, now: Moment) {
        if self.is_leading() {
            return self.report_refusal(id, now.wall, cause, Reason::clipped(error));
        }
        if let Some(plug) = self.plugs.get_mut(&id) {
            keep(
                &mut plug.reported.unreported,
                UnreportedRefusal { at: now.wall, cause, error: Reason::clipped(error) },
            );
            self.changes.plugs.insert(id);
        }
    }

    fn report_refusal(&mut self, id: PlugId, at: Timestamp, cause: Cause, error: Reason) {
        let report = PlugReport::Refused { state: RelayState::On, error, cause };
        self.report_plug(id, at, report);
    }

    /// The log has what became of an automation, and on what occasion.
    pub(super) fn automation_reported(&mut self, id: AutomationId, report: &AutomationReport, at: Timestamp) {
        let (AutomationReport::Acted { occasion, .. } | AutomationReport::Skipped { occasion, .. }) = report
        else {
            return;
        };
        if let AutomationReport::Acted { action: DoneAction::On | DoneAction::Pulse, .. } = report {
            self.holds_reported(id);
        }
        if matches!(report, AutomationReport::Acted { .. }) && !self.is_leading() {
            self.acted_at(id, at);
        }
        let is_standby = !self.is_leading();
        let Some(automation) = self.automations.get_mut(&id).filter(|_| is_standby) else { return };
        let before = automation.unreported.len();
        let reported = (occasion.kind, occasion.event_position);
        automation.unreported.retain(|skip| (skip.occasion, skip.event_position) != reported);
        if automation.unreported.len() != before {
            self.changes.automations.insert(id);
        }
    }

    fn holds_reported(&mut self, id: AutomationId) {
        for (plug_id, plug) in &mut self.plugs {
            if let Some(hold) = plug.wanted.holds.get_mut(&id).filter(|hold| !hold.reported) {
                hold.reported = true;
                self.changes.plugs.insert(*plug_id);
            }
        }
    }

    /// Reports what automations have switched on since this worker was a standby, where the leader did not, and what
    /// was withheld.
    pub(super) fn report_holds(&mut self, now: Moment) {
        let holds =
            self.plugs.values().flat_map(|plug| &plug.wanted.holds).filter(|(_, hold)| !hold.reported);
        let unreported: BTreeMap<AutomationId, (Occasion, Reason)> =
            holds.map(|(id, hold)| (*id, (hold.occasion(), hold.cause.reason.clone()))).collect();
        for (id, (occasion, reason)) in unreported {
            let pulses =
                |automation: &AutomationState| matches!(automation.spec.action, Action::Pulse { .. });
            let pulse = self.automations.get(&id).is_some_and(pulses);
            let action = if pulse { DoneAction::Pulse } else { DoneAction::On };
            self.act(id, action, occasion, reason.as_str(), now);
        }
    }

    /// Reports what was not done while another worker was to report it.
    pub(super) fn report_unreported(&mut self) {
        let mut skips = Vec::new();
        for (id, automation) in &mut self.automations {
            if !automation.unreported.is_empty() {
                skips.extend(automation.unreported.drain(..).map(|skip| (*id, skip)));
                self.changes.automations.insert(*id);
            }
        }
        for (id, UnreportedSkip { at, occasion, event_position, reason }) in skips {
            let occasion = Occasion { kind: occasion, event_position };
            self.report_automation(id, at, AutomationReport::Skipped { reason, occasion });
        }
        let refusals = self.plugs.iter_mut().flat_map(|(id, plug)| {
            let unreported = std::mem::take(&mut plug.reported.unreported);
            unreported.into_iter().map(|refusal| (*id, refusal))
        });
        let refusals: Vec<_> = refusals.collect();
        for (id, UnreportedRefusal { at, cause, error }) in refusals {
            self.changes.plugs.insert(id);
            self.report_refusal(id, at, cause, error);
        }
    }
}
