//! What the log says of automations: made and changed, enabled and disabled, forced and pulsed by people.

use std::time::Duration;

use domain::{
    automation::{AutomationEvent, AutomationSpec, DoneAction, OccasionKind},
    ids::{AutomationId, PlugId},
    plug::{Cause, CauseKind, RelayState},
};
use jiff::Timestamp;

use super::longest;
use crate::{
    clock::Deadline,
    engine::{
        Engine,
        context::{Context, How},
        state::{AutomationState, Force, Hold},
    },
};

impl Engine {
    pub(super) fn automation_changed(
        &mut self,
        id: AutomationId,
        event: &AutomationEvent,
        context: &Context,
    ) {
        let now = context.now;
        match event {
            AutomationEvent::Created { spec, .. } | AutomationEvent::Changed { spec } => {
                self.respecified(id, spec, context);
            }
            AutomationEvent::Enabled => {
                if let Some(automation) = self.automations.get_mut(&id) {
                    automation.enabled = true;
                }
                self.plan(id, now);
            }
            AutomationEvent::Disabled { .. } => {
                if let Some(automation) = self.automations.get_mut(&id) {
                    (automation.enabled, automation.force, automation.due) = (false, None, None);
                }
                let cause = context.cause(CauseKind::Unwanted, "the automation was disabled");
                self.end_holds_of(id, |_, _| false, &cause, context.occasion(OccasionKind::Change), context);
            }
            AutomationEvent::Forced { state, until, .. } => self.forced(id, *state, *until, context),
            AutomationEvent::Unforced { .. } => self.unforced(id, context),
            AutomationEvent::Pulsed { milliseconds, .. } => self.pulsed(id, *milliseconds, context),
            AutomationEvent::Reported { report, at } => return self.automation_reported(id, report, *at),
        }
        self.changes.automations.insert(id);
    }

    fn respecified(&mut self, id: AutomationId, spec: &AutomationSpec, context: &Context) {
        let before = self.automations.get(&id).map(|automation| automation.spec.clone());
        if let Some(before) = &before {
            self.revise_holds(id, before, spec, context);
        }
        if let Some(automation) = self.automations.get_mut(&id) {
            automation.spec = spec.clone();
        } else {
            self.automations.insert(id, AutomationState::new(spec.clone()));
        }
        if before.as_ref().is_none_or(|before| before.trigger != spec.trigger) {
            self.plan(id, context.now);
        }
        if let Some(before) = &before {
            self.force_new_plugs(id, &before.plugs, context);
        }
        let plugs_before = before.iter().flat_map(|before| &before.plugs);
        for plug in plugs_before.chain(&spec.plugs) {
            self.concluded(*plug, context);
        }
    }

    /// What it holds on goes on as far as the new rule would have switched it on as well. A force is not of the
    /// rule.
    fn revise_holds(
        &mut self,
        id: AutomationId,
        before: &AutomationSpec,
        spec: &AutomationSpec,
        context: &Context,
    ) {
        let same = before.trigger == spec.trigger && before.action == spec.action;
        let cause = context.cause(CauseKind::Unwanted, "the automation was changed");
        let keeps = |plug, hold: &Hold| spec.plugs.contains(&plug) && (same || hold.forced.is_some());
        self.end_holds_of(id, keeps, &cause, context.occasion(OccasionKind::Change), context);
        let most = Duration::from_secs(spec.limits.max_on_seconds.into());
        for (plug_id, plug) in &mut self.plugs {
            let Some(hold) = plug.wanted.holds.get_mut(&id) else { continue };
            if !same {
                hold.until = None;
                hold.plays.clear();
            }
            if before.limits.max_on_seconds != spec.limits.max_on_seconds {
                hold.cap = hold.cap.with_length(most, context.now);
            }
            self.changes.plugs.insert(*plug_id);
        }
        self.end_holds(context.now);
        if before.limits.max_on_seconds != spec.limits.max_on_seconds {
            let occasion = context.occasion(OccasionKind::Change);
            self.revised(id, occasion, "its maximum was changed", context.now);
        }
    }

    /// A force holds the plugs that the rule has now, also those it did not have when it was forced.
    fn force_new_plugs(&mut self, id: AutomationId, before: &[PlugId], context: &Context) {
        let Some(automation) = self.automations.get(&id) else { return };
        let force = automation.force.clone();
        let Some(Force { until, .. }) = force.filter(|force| force.state == RelayState::On) else { return };
        let new = automation.spec.plugs.iter().filter(|plug| !before.contains(plug));
        let new: Vec<PlugId> = new.copied().collect();
        if new.is_empty() || until.is_over(context.now) {
            return;
        }
        let occasion = context.occasion(OccasionKind::Force);
        if context.late {
            return self.skip(id, occasion, &context.lateness(), context.now);
        }
        let cap = automation.max_on(context.now);
        let cause = Cause {
            automation: Some(id),
            ..context.cause(CauseKind::Force, "the automation is forced on, and was given this plug")
        };
        self.each_of(id, &new, &occasion, context.now, |plug| {
            plug.hold((id, &occasion), (cap, context.now.wall), &cause).forced = Some(until);
        });
        self.act(id, DoneAction::On, occasion, cause.reason.as_str(), context.now);
    }

    fn forced(&mut self, id: AutomationId, state: RelayState, until: Timestamp, context: &Context) {
        let Some(automation) = self.automations.get_mut(&id) else { return };
        let until = Deadline::at(context.now, until, longest());
        let occasion = context.occasion(OccasionKind::Force);
        match state {
            RelayState::Off => {
                automation.force = Some(Force { state, until });
                let cause = Cause {
                    automation: Some(id),
                    ..context.cause(CauseKind::Force, "the automation was forced off")
                };
                self.end_holds_of(id, |_, _| false, &cause, occasion, context);
            }
            RelayState::On if context.late => {
                self.unforced(id, context);
                if context.how == How::News {
                    self.skip(id, occasion, &context.lateness(), context.now);
                }
            }
            RelayState::On => {
                automation.force = Some(Force { state, until });
                let cap = automation.max_on(context.now);
                let cause = Cause {
                    automation: Some(id),
                    ..context.cause(CauseKind::Force, "the automation was forced on")
                };
                self.each_plug(id, &occasion, context.now, |plug| {
                    let hold = plug.hold((id, &occasion), (cap, context.now.wall), &cause);
                    hold.forced = Some(until);
                });
                self.act(id, DoneAction::On, occasion, cause.reason.as_str(), context.now);
            }
        }
    }

    fn unforced(&mut self, id: AutomationId, context: &Context) {
        let Some(automation) = self.automations.get_mut(&id) else { return };
        if automation.force.take().is_none() {
            return;
        }
        let plugs = automation.spec.plugs.clone();
        for plug_id in plugs {
            if let Some(plug) = self.plugs.get_mut(&plug_id)
                && let Some(hold) = plug.wanted.holds.get_mut(&id)
            {
                hold.forced = None;
                self.changes.plugs.insert(plug_id);
            }
        }
        self.end_holds(context.now);
        let occasion = context.occasion(OccasionKind::Force);
        self.revised(id, occasion, "the force ended, and something else wants it on", context.now);
    }

    fn pulsed(&mut self, id: AutomationId, milliseconds: u32, context: &Context) {
        if context.how == How::History {
            return;
        }
        let occasion = context.occasion(OccasionKind::Pulse);
        if context.late {
            return self.skip(id, occasion, &context.lateness(), context.now);
        }
        let Some(automation) = self.automations.get(&id) else { return };
        let cap = automation.max_on(context.now);
        let until = Deadline::after(context.now, Duration::from_millis(milliseconds.into()));
        let cause = Cause {
            automation: Some(id),
            ..context.cause(CauseKind::Automation, format!("a pulse of {milliseconds} ms was asked for"))
        };
        self.each_plug(id, &occasion, context.now, |plug| {
            let hold = plug.hold((id, &occasion), (cap, context.now.wall), &cause);
            hold.until = Some(hold.until.map_or(until, |old| old.max(until)));
        });
        self.act(id, DoneAction::Pulse, occasion, cause.reason.as_str(), context.now);
    }
}
