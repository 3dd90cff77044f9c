//! What time alone brings about: ends, and what is due.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    automation::{DoneAction, Occasion, OccasionKind},
    ids::{AutomationId, PlugId},
    plug::{Cause, CauseKind, RelayState},
};
use jiff::SignedDuration;

use super::{Engine, cause::because, state::PlugState};
use crate::clock::Moment;

/// The wall clock has jumped when it and the running clock disagree by more.
const JUMP: SignedDuration = SignedDuration::from_secs(5);

impl Engine {
    /// Ends what is over by `now` and calls what is due.
    pub fn tick(&mut self, now: Moment) {
        if self.clock_was_set_back(now) {
            // What was due at a time of the old clock would otherwise be hours away.
            self.plan_all(now);
        }
        // What wants it on ends before what keeps it off: it does not come on in between.
        self.end_holds(now);
        self.end_asks(now);
        self.end_forces(now);
        self.call_due(now);
    }

    /// How long until [`Engine::tick`] has something to do, if ever.
    #[must_use]
    pub fn next_tick(&self, now: Moment) -> Option<Duration> {
        let plugs = self.plugs.values().flat_map(|plug| {
            let ask = plug.wanted.ask.iter().map(|ask| ask.until);
            let pressed = plug.wanted.pressed.iter().map(|pressed| pressed.until);
            ask.chain(pressed).chain(plug.wanted.holds.values().map(move |hold| hold.end(now)))
        });
        let forces =
            self.automations.values().filter_map(|automation| Some(automation.force.as_ref()?.until));
        let ends = plugs.chain(forces).map(|deadline| deadline.left(now));
        let due = self.automations.values().filter_map(|automation| automation.due);
        let due = due.map(|at| Duration::try_from(at.duration_since(now.wall)).unwrap_or(Duration::ZERO));
        ends.chain(due).min()
    }

    fn clock_was_set_back(&mut self, now: Moment) -> bool {
        let Some(before) = self.compared.replace(now) else { return false };
        let by_wall = now.wall.duration_since(before.wall);
        let ran = SignedDuration::try_from(now.running.saturating_sub(before.running)).unwrap_or_default();
        by_wall < ran - JUMP
    }

    fn end_asks(&mut self, now: Moment) {
        let over: Vec<PlugId> =
            self.plugs.iter_mut().filter_map(|(id, plug)| end_ask(plug, now).then_some(*id)).collect();
        for id in over {
            self.changes.plugs.insert(id);
            self.settle(id, now);
        }
    }

    /// Removes holds that are over; an automation says so once, however many plugs it held.
    pub(super) fn end_holds(&mut self, now: Moment) {
        let mut ended: BTreeMap<AutomationId, Cause> = BTreeMap::new();
        let (mut over, mut touched) = (Vec::new(), Vec::new());
        for (id, plug) in &mut self.plugs {
            let ids: Vec<AutomationId> =
                plug.wanted.holds.iter().filter(|(_, hold)| hold.is_over(now)).map(|(id, _)| *id).collect();
            for automation in ids {
                let Some(hold) = plug.wanted.holds.remove(&automation) else { continue };
                let event_position = hold.cause.event_position;
                let cause = Cause {
                    automation: Some(automation),
                    event_position,
                    ..end_of(plug, hold.cap.is_over(now))
                };
                plug.wanted.ended = Some(cause.clone());
                if hold.reported {
                    ended.insert(automation, cause);
                }
                over.push((automation, hold));
                touched.push(*id);
            }
        }
        for id in touched {
            self.changes.plugs.insert(id);
            self.settle(id, now);
        }
        self.ended(over, now);
        for (id, cause) in ended {
            let occasion = Occasion { kind: OccasionKind::End, event_position: cause.event_position };
            self.act(id, DoneAction::Off, occasion, cause.reason.as_str(), now);
        }
    }

    fn end_forces(&mut self, now: Moment) {
        for (id, automation) in &mut self.automations {
            if automation.force.as_ref().is_some_and(|force| force.until.is_over(now)) {
                automation.force = None;
                self.changes.automations.insert(*id);
            }
        }
    }
}

/// Why a hold that is over ended.
fn end_of(plug: &mut PlugState, capped: bool) -> Cause {
    if capped {
        return because(CauseKind::Limit, "it was on for as long as the automation may");
    }
    // The end of a play has set the cause already.
    let play_ended = plug.wanted.ended.take().filter(|cause| cause.kind == CauseKind::HoldEnd);
    play_ended.unwrap_or_else(|| because(CauseKind::HoldEnd, "its time is over"))
}

fn end_ask(plug: &mut PlugState, now: Moment) -> bool {
    let mut ended = false;
    if let Some(ask) = plug.wanted.ask.take_if(|ask| ask.until.is_over(now)) {
        let reason = match ask.state {
            RelayState::On => "the time it was asked for is over",
            RelayState::Off => "nobody asks for off any more",
        };
        plug.wanted.ended = Some(because(CauseKind::HoldEnd, reason));
        ended = true;
    }
    if plug.wanted.pressed.take_if(|pressed| pressed.until.is_over(now)).is_some() {
        plug.wanted.ended = Some(because(CauseKind::OverrideEnd, "the time a pressed button counts is over"));
        ended = true;
    }
    ended
}
