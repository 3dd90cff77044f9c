//! What triggers automations, and what they then do to their plugs.

use std::{collections::BTreeSet, time::Duration};

use domain::{
    automation::{Action, DoneAction, Occasion, OccasionKind, Trigger, TriggerEvent, cron},
    ids::{AutomationId, PlayId, PlugId, RoomId},
    plug::{Cause, CauseKind, RelayState},
};

use super::{
    Engine,
    cause::{automated, because},
    context::{Context, How},
    gates,
    state::{Hold, PlugState, RunningPlay},
};
use crate::clock::{Deadline, Moment};

/// Where something happened, and in which play.
pub(super) struct Firing {
    pub(super) room: RoomId,
    pub(super) play: Option<(PlayId, RunningPlay)>,
}

impl Firing {
    pub(super) fn in_room(room: RoomId) -> Self {
        Self { room, play: None }
    }
}

/// A trigger that came, whatever its sort.
struct Call<'a> {
    occasion: Occasion,
    /// Why it comes too late to switch on.
    late: Option<String>,
    play: Option<&'a (PlayId, RunningPlay)>,
    reason: String,
    now: Moment,
}

impl Engine {
    /// Something happened that automations may have as their trigger.
    pub(super) fn triggered(&mut self, what: TriggerEvent, firing: &Firing, context: &Context) {
        if context.how == How::History {
            return;
        }
        for id in self.waiting_for(what, firing) {
            let reason = match &firing.play {
                Some((play, _)) => format!("{} (play {play})", words(what)),
                None => format!("{} (room {})", words(what), firing.room),
            };
            let call = Call {
                occasion: context.occasion(OccasionKind::Event),
                late: context.late.then(|| context.lateness()),
                play: firing.play.as_ref(),
                reason,
                now: context.now,
            };
            self.call(id, &call);
        }
    }

    fn waiting_for(&self, what: TriggerEvent, firing: &Firing) -> Vec<AutomationId> {
        let variant = firing.play.as_ref().map(|(_, play)| play.variant);
        self.automations
            .iter()
            .filter(|(_, automation)| automation.enabled)
            .filter(|(_, automation)| match &automation.spec.trigger {
                Trigger::Event { event, room, variant: only } => {
                    *event == what
                        && room.is_none_or(|room| room == firing.room)
                        && only.is_none_or(|only| Some(only) == variant)
                }
                Trigger::Cron { .. } | Trigger::Every { .. } => false,
            })
            .map(|(id, _)| *id)
            .collect()
    }

    /// Calls what is due by cron or interval. What came too long ago, because no worker ran or the clock
    /// jumped, switches nothing on; an OFF is never too late.
    pub(super) fn call_due(&mut self, now: Moment) {
        let due = self.automations.iter().filter_map(|(id, automation)| Some((*id, automation.due?)));
        let due: Vec<_> = due.filter(|(_, at)| *at <= now.wall).collect();
        for (id, at) in due {
            self.plan(id, now);
            self.changes.automations.insert(id);
            let Some(automation) = self.automations.get(&id) else { continue };
            let (kind, reason) = match &automation.spec.trigger {
                Trigger::Cron { expression } => (OccasionKind::Cron, format!("set time {expression}")),
                Trigger::Every { seconds } => (OccasionKind::Every, format!("every {seconds} s")),
                Trigger::Event { .. } => continue,
            };
            let late = self
                .is_late(at, now.wall)
                .then(|| format!("late: its time was {} s ago", now.wall.duration_since(at).as_secs()));
            let occasion = Occasion { kind, event_position: None };
            self.call(id, &Call { occasion, late, play: None, reason, now });
        }
    }

    /// Sets when every automation comes next, from now.
    pub(super) fn plan_all(&mut self, now: Moment) {
        for id in self.automations.keys().copied().collect::<Vec<_>>() {
            self.plan(id, now);
        }
    }

    /// Sets when `id` comes next, from now.
    pub(super) fn plan(&mut self, id: AutomationId, now: Moment) {
        let zone = gates::zone(&self.location);
        let Some(automation) = self.automations.get_mut(&id) else { return };
        automation.due = match &automation.spec.trigger {
            _ if !automation.enabled => None,
            Trigger::Event { .. } => None,
            Trigger::Cron { expression } => cron::next_after(expression, &zone, now.wall),
            Trigger::Every { seconds } => {
                now.wall.checked_add(Duration::from_secs(u64::from(*seconds).max(1))).ok()
            }
        };
        self.changes.automations.insert(id);
    }

    fn call(&mut self, id: AutomationId, call: &Call<'_>) {
        let Some(automation) = self.automations.get(&id) else { return };
        let now = call.now;
        let (action, done) = match automation.spec.action {
            Action::Off => return self.call_off(id, call),
            Action::On { seconds } => (Some(Duration::from_secs(seconds.into())), DoneAction::On),
            Action::Pulse { milliseconds } => {
                (Some(Duration::from_millis(milliseconds.into())), DoneAction::Pulse)
            }
            Action::WhilePlay => (None, DoneAction::On),
        };
        let until = match (action, call.play) {
            (Some(length), _) => Deadline::after(now, length),
            (None, Some((_, play))) => Deadline::at(now, play.ends_by, Duration::from_hours(24)),
            (None, None) => return,
        };
        if let Some(reason) = call.late.clone().or_else(|| self.hindrance(id, now)) {
            return self.skip(id, call.occasion, &reason, now);
        }
        let play = call.play.filter(|_| action.is_none()).map(|(play, _)| *play);
        let cause = automated(CauseKind::Automation, id, &call.occasion, &call.reason);
        let Some(automation) = self.automations.get_mut(&id) else { return };
        let rest = Duration::from_secs(automation.spec.limits.min_interval_seconds.into());
        automation.rests = Some(Deadline::after(now, rest));
        let cap = automation.max_on(now);
        self.changes.automations.insert(id);
        self.each_plug(id, &call.occasion, now, |plug| {
            let hold = plug.hold((id, &call.occasion), (cap, now.wall), &cause);
            if let Some(play) = play {
                hold.plays.insert(play, until);
            } else {
                hold.until = Some(hold.until.map_or(until, |old| old.max(until)));
            }
        });
        self.act(id, done, call.occasion, &call.reason, now);
    }

    /// Why an automation may not switch on now.
    fn hindrance(&self, id: AutomationId, now: Moment) -> Option<String> {
        let automation = self.automations.get(&id)?;
        if automation.force.as_ref().is_some_and(|force| force.state == RelayState::Off) {
            return Some("the automation is forced off".to_owned());
        }
        let room = match &automation.spec.trigger {
            Trigger::Event { room, .. } => *room,
            Trigger::Cron { .. } | Trigger::Every { .. } => None,
        };
        let closed = gates::closed(&automation.spec.gates, &self.location, room, now.wall);
        closed.or_else(|| {
            let left = automation.rests?.left(now);
            (!left.is_zero()).then(|| format!("too soon after the last time, by {} s", left.as_secs() + 1))
        })
    }

    /// Ends what automations hold on, on this automation's plugs.
    fn call_off(&mut self, id: AutomationId, call: &Call<'_>) {
        let plugs = self.automations.get(&id).map(|automation| automation.spec.plugs.clone());
        let cause = automated(CauseKind::Automation, id, &call.occasion, &call.reason);
        let mut ended = Vec::new();
        for plug_id in plugs.unwrap_or_default() {
            let Some(plug) = self.plugs.get_mut(&plug_id) else { continue };
            if !plug.wanted.holds.is_empty() {
                ended.extend(std::mem::take(&mut plug.wanted.holds));
                plug.wanted.ended = Some(cause.clone());
                self.changes.plugs.insert(plug_id);
            }
            self.settle(plug_id, call.now);
        }
        ended.retain(|(automation, hold)| *automation != id || !hold.reported);
        let reason = "another automation switched its plugs off";
        self.ended_by(ended, call.occasion, reason, call.now);
        self.act(id, DoneAction::Off, call.occasion, &call.reason, call.now);
    }

    /// Changes each plug of an automation that may be switched on, and says which may not.
    pub(super) fn each_plug(
        &mut self,
        id: AutomationId,
        occasion: &Occasion,
        now: Moment,
        change: impl FnMut(&mut PlugState),
    ) {
        let plugs = self.automations.get(&id).map(|automation| automation.spec.plugs.clone());
        self.each_of(id, &plugs.unwrap_or_default(), occasion, now, change);
    }

    /// As [`Engine::each_plug`], for some of them.
    pub(super) fn each_of(
        &mut self,
        id: AutomationId,
        plugs: &[PlugId],
        occasion: &Occasion,
        now: Moment,
        mut change: impl FnMut(&mut PlugState),
    ) {
        let mut hindered = BTreeSet::new();
        for plug_id in plugs.iter().copied() {
            let Some(plug) = self.plugs.get_mut(&plug_id).filter(|plug| !plug.identity.retired) else {
                continue;
            };
            if plug.is_forbidden() {
                hindered.insert((plug_id, "it was asked to be off"));
            } else if plug.wanted.pressed.as_ref().is_some_and(|pressed| pressed.state == RelayState::Off) {
                hindered.insert((plug_id, "its button was pressed"));
            } else {
                change(plug);
                plug.reported.off = false;
                self.changes.plugs.insert(plug_id);
                self.settle(plug_id, now);
            }
        }
        for (plug, reason) in hindered {
            self.skip(id, *occasion, &format!("plug {plug}: {reason}"), now);
        }
    }

    /// Ends what `id` holds on, but for what it `keeps`.
    pub(super) fn end_holds_of(
        &mut self,
        id: AutomationId,
        keeps: impl Fn(PlugId, &Hold) -> bool,
        cause: &Cause,
        occasion: Occasion,
        context: &Context,
    ) {
        let held: Vec<PlugId> = self
            .plugs
            .iter()
            .filter(|(plug, state)| state.wanted.holds.get(&id).is_some_and(|hold| !keeps(**plug, hold)))
            .map(|(plug, _)| *plug)
            .collect();
        let mut ended = Vec::new();
        for plug_id in &held {
            if let Some(plug) = self.plugs.get_mut(plug_id) {
                ended.extend(plug.wanted.holds.remove_entry(&id));
                plug.wanted.ended = Some(cause.clone());
            }
            self.changes.plugs.insert(*plug_id);
            self.concluded(*plug_id, context);
        }
        self.ended(ended, context.now);
        if !held.is_empty() {
            self.act(id, DoneAction::Off, occasion, cause.reason.as_str(), context.now);
        }
    }

    /// What a play held on is over, unless something else holds it on too.
    pub(super) fn end_holds_of_play(&mut self, play: PlayId, context: &Context) {
        let mut touched = Vec::new();
        for (plug_id, plug) in &mut self.plugs {
            let of_play = plug.wanted.holds.iter_mut().filter_map(|(id, hold)| {
                hold.plays.remove(&play)?;
                Some((*id, hold.is_over(context.now)))
            });
            let of_play: Vec<_> = of_play.collect();
            if !of_play.is_empty() {
                touched.push(*plug_id);
            }
            for (id, _) in of_play.into_iter().filter(|(_, is_over)| *is_over) {
                let ended = because(CauseKind::HoldEnd, format!("the play {play} ended"));
                let event_position = Some(context.position.0);
                plug.wanted.ended = Some(Cause { automation: Some(id), event_position, ..ended });
            }
        }
        self.end_holds(context.now);
        for id in touched {
            self.changes.plugs.insert(id);
            self.settle(id, context.now);
        }
    }
}

fn words(what: TriggerEvent) -> &'static str {
    match what {
        TriggerEvent::PlayStarted => "a play started",
        TriggerEvent::PlayFinished => "a play finished",
        TriggerEvent::PlayAborted => "a play was aborted",
        TriggerEvent::WristbandScanned => "a wristband was scanned",
        TriggerEvent::RoomTakenOutOfService => "a room was taken out of service",
        TriggerEvent::RoomReturnedToService => "a room returned to service",
    }
}
