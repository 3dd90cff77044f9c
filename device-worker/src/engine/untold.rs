//! What is to be said of automations and asks and was not: because somebody else leads, who may have died, or
//! because what is wanted on is withheld. Whoever leads next says it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::{
    automation::{Action, AutomationReport, DoneAction, Occasion},
    ids::{AutomationId, PlugId},
    plug::{PlugReport, RelayState},
    values::Reason,
};

use super::{
    Engine,
    state::{AutomationState, Hold, UntoldRefusal, UntoldSkip, Why},
};
use crate::clock::Moment;

/// Most that is kept of one automation or plug; then the oldest gives way.
const MOST: usize = 100;

fn keep<T>(untold: &mut Vec<T>, new: T) {
    if untold.len() == MOST {
        untold.remove(0);
    }
    untold.push(new);
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
        if self.leading && action != DoneAction::Off {
            if self.withheld {
                // It has not been done yet; its holds tell when it is.
                return;
            }
            self.told_of_holds(id);
        }
        let (reason, until) = (Reason::clipped(reason), self.held_until(id, now));
        if !self.leading {
            return;
        }
        let at = self.acted_at(id, now.wall);
        self.report_automation(id, at, AutomationReport::Acted { action, occasion, reason, until });
    }

    /// What is done for an automation is told in order, also when the wall clock is set back: the latest counts.
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
        self.plugs.values().filter_map(|plug| Some(plug.holds.get(&id)?.end(now).wall)).max()
    }

    /// What an automation holds on ends at another time than was told.
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
        let told = holds.iter().filter(|(_, hold)| hold.told);
        let told: BTreeSet<AutomationId> = told.map(|(id, _)| *id).collect();
        self.ended(holds, now);
        for id in told {
            if self.held_until(id, now).is_none() {
                self.act(id, DoneAction::Off, occasion, reason, now);
            }
        }
    }

    pub(super) fn skip(&mut self, id: AutomationId, occasion: Occasion, reason: &str, now: Moment) {
        if self.leading {
            let reason = Reason::clipped(reason);
            return self.report_automation(id, now.wall, AutomationReport::Skipped { reason, occasion });
        }
        let Some(automation) = self.automations.get_mut(&id) else { return };
        let (at, reason) = (now.wall, reason.to_owned());
        let Occasion { kind, event_position } = occasion;
        keep(&mut automation.untold, UntoldSkip { at, occasion: kind, event_position, reason });
        self.changes.automations.insert(id);
    }

    /// These holds are over. Where nothing was ever done for one, that is said once an automation.
    pub(super) fn ended(&mut self, holds: impl IntoIterator<Item = (AutomationId, Hold)>, now: Moment) {
        let untold: BTreeMap<AutomationId, Occasion> = holds
            .into_iter()
            .filter(|(_, hold)| !hold.told)
            .map(|(id, hold)| (id, hold.occasion()))
            .collect();
        let reason = if self.leading {
            "the event log was out of reach while it was wanted on"
        } else {
            "no worker led while it was wanted on"
        };
        for (id, occasion) in untold {
            self.skip(id, occasion, reason, now);
        }
    }

    /// An ask for ON is not done.
    pub(super) fn refuse_ask(&mut self, id: PlugId, why: Why, error: &str, now: Moment) {
        if self.leading {
            return self.tell_refusal(id, now.wall, &why, error);
        }
        if let Some(plug) = self.plugs.get_mut(&id) {
            keep(&mut plug.untold, UntoldRefusal { at: now.wall, why, error: error.to_owned() });
            self.changes.plugs.insert(id);
        }
    }

    fn tell_refusal(&mut self, id: PlugId, at: Timestamp, why: &Why, error: &str) {
        let error = Reason::clipped(error);
        let report = PlugReport::Refused { state: RelayState::On, error, cause: why.cause() };
        self.report_plug(id, at, report);
    }

    /// Whoever leads said what became of an automation, and on what occasion.
    pub(super) fn told_of(&mut self, id: AutomationId, report: &AutomationReport, at: Timestamp) {
        let (AutomationReport::Acted { occasion, .. } | AutomationReport::Skipped { occasion, .. }) = report
        else {
            return;
        };
        if let AutomationReport::Acted { action: DoneAction::On | DoneAction::Pulse, .. } = report {
            self.told_of_holds(id);
        }
        if matches!(report, AutomationReport::Acted { .. }) && !self.leading {
            self.acted_at(id, at);
        }
        let Some(automation) = self.automations.get_mut(&id).filter(|_| !self.leading) else { return };
        let before = automation.untold.len();
        let told = (occasion.kind, occasion.event_position);
        automation.untold.retain(|skip| (skip.occasion, skip.event_position) != told);
        if automation.untold.len() != before {
            self.changes.automations.insert(id);
        }
    }

    fn told_of_holds(&mut self, id: AutomationId) {
        for (plug_id, plug) in &mut self.plugs {
            if let Some(hold) = plug.holds.get_mut(&id).filter(|hold| !hold.told) {
                hold.told = true;
                self.changes.plugs.insert(*plug_id);
            }
        }
    }

    /// Says what automations switch on that came to it while somebody else was to say so, and did not, or while
    /// it was withheld.
    pub(super) fn tell_of_holds(&mut self, now: Moment) {
        let holds = self.plugs.values().flat_map(|plug| &plug.holds).filter(|(_, hold)| !hold.told);
        let untold: BTreeMap<AutomationId, (Occasion, String)> =
            holds.map(|(id, hold)| (*id, (hold.occasion(), hold.why.reason.clone()))).collect();
        for (id, (occasion, reason)) in untold {
            let pulses =
                |automation: &AutomationState| matches!(automation.spec.action, Action::Pulse { .. });
            let pulse = self.automations.get(&id).is_some_and(pulses);
            let action = if pulse { DoneAction::Pulse } else { DoneAction::On };
            self.act(id, action, occasion, &reason, now);
        }
    }

    /// Says what was not done while somebody else was to say so.
    pub(super) fn tell_untold(&mut self) {
        let mut skips = Vec::new();
        for (id, automation) in &mut self.automations {
            if !automation.untold.is_empty() {
                skips.extend(automation.untold.drain(..).map(|skip| (*id, skip)));
                self.changes.automations.insert(*id);
            }
        }
        for (id, UntoldSkip { at, occasion, event_position, reason }) in skips {
            let occasion = Occasion { kind: occasion, event_position };
            let reason = Reason::clipped(&reason);
            self.report_automation(id, at, AutomationReport::Skipped { reason, occasion });
        }
        let refusals = self.plugs.iter_mut().flat_map(|(id, plug)| {
            let untold = std::mem::take(&mut plug.untold);
            untold.into_iter().map(|refusal| (*id, refusal))
        });
        let refusals: Vec<_> = refusals.collect();
        for (id, UntoldRefusal { at, why, error }) in refusals {
            self.changes.plugs.insert(id);
            self.tell_refusal(id, at, &why, &error);
        }
    }
}
