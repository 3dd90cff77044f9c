//! Draws the conclusion for a plug: whether it is managed, and what it is to be.

use domain::{
    ids::PlugId,
    plug::{Cause, CauseKind, RelayState},
};

use super::{
    Engine, Mode, Rules,
    cause::because,
    context::{Context, How},
    state::{Current, OnPeriod, PlugState, Release, UnconfirmedOn},
};
use crate::clock::Moment;

impl Engine {
    pub(super) fn settle_all(&mut self, now: Moment) {
        for id in self.plugs.keys().copied().collect::<Vec<_>>() {
            self.settle(id, now);
        }
    }

    /// As [`Engine::settle`]. History releases no plug, for the workers of that time have done so.
    pub(super) fn concluded(&mut self, id: PlugId, context: &Context) {
        if context.how == How::History {
            let named = self.is_named(id);
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.wanted.managed = is_managed(plug, named);
                plug.wanted.ended = None;
            }
        }
        self.settle(id, context.now);
    }

    /// Draws the conclusion for one plug.
    pub(super) fn settle(&mut self, id: PlugId, now: Moment) {
        let named = self.is_named(id);
        let (mode, rules) = (self.mode, self.rules);
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let managed = is_managed(plug, named);
        let mut is_changed = manage(plug, managed, mode);
        let wanted = wanted(plug, mode, now);
        is_changed |= note_period(plug, wanted.as_ref(), (mode, &rules), now);
        // Of a whole strip a hand wants one outlet, and anything after it wants all of them.
        let aim = |current: &Current| (current.on, current.by_hand);
        let before = plug.transient.current.as_ref();
        if before.map(aim) != wanted.as_ref().map(aim) {
            plug.transient.serial += 1;
            if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.on && mode != Mode::Withholding) {
                let before = plug.wanted.unconfirmed_on.take();
                plug.wanted.unconfirmed_on = Some(UnconfirmedOn::trying(wanted.cause.clone(), before));
                is_changed = true;
            }
        }
        let order = |current: &Current| (aim(current), current.until);
        if plug.transient.current.as_ref().map(order) != wanted.as_ref().map(order) {
            plug.transient.current = wanted;
            self.changes.orders.insert(id);
        }
        if is_changed {
            self.changes.plugs.insert(id);
        }
    }

    fn is_named(&self, plug: PlugId) -> bool {
        self.automations.values().any(|automation| automation.spec.plugs.contains(&plug))
    }
}

/// Whether a plug is managed; `named` when an automation has it.
fn is_managed(plug: &PlugState, named: bool) -> bool {
    let is_used = plug.identity.room.is_some() || named || plug.wanted.ask.is_some();
    !plug.identity.retired && is_used
}

/// Takes it that a plug is managed or not; whether that is a change. One that was managed is released.
fn manage(plug: &mut PlugState, managed: bool, mode: Mode) -> bool {
    let wanted = &mut plug.wanted;
    // A standby need not switch off what the leader has switched off, even if its own clock is behind.
    let is_done = plug.reported.off && mode == Mode::Standby;
    if wanted.managed && !managed && wanted.releasing.is_none() && !is_done {
        let cause = wanted.ended.clone();
        let cause = cause.unwrap_or_else(|| because(CauseKind::Unwanted, "it is not managed any more"));
        wanted.releasing = Some(Release::new(cause));
        // It gets a new desired state, also where it is to be off already: the release ends once that was seen.
        plug.transient.current = None;
    }
    if managed {
        wanted.releasing = None;
    } else {
        wanted.holds.clear();
        wanted.pressed = None;
    }
    std::mem::replace(&mut wanted.managed, managed) != managed
}

/// Notes since when it is wanted on, or that it is not; whether that is a change.
fn note_period(
    plug: &mut PlugState,
    wanted: Option<&Current>,
    (mode, rules): (Mode, &Rules),
    now: Moment,
) -> bool {
    let is_on = wanted.is_some_and(|wanted| wanted.on);
    let mut is_changed = false;
    if mode != Mode::Stopping && plug.wanted.on.is_some() != is_on {
        plug.wanted.on = is_on.then_some(OnPeriod { since: now.wall, came_on: false });
        plug.reported.off &= !is_on;
        is_changed = true;
    }
    if is_on {
        plug.wanted.ended = None;
    } else {
        is_changed |= plug.tried(now, rules.unconfirmed_for);
    }
    is_changed
}

/// What a plug is to be; none when it is left as it is.
fn wanted(plug: &PlugState, mode: Mode, now: Moment) -> Option<Current> {
    if let Some(Release { cause, .. }) = &plug.wanted.releasing {
        return Some(Current::off(cause.clone()));
    }
    if !plug.wanted.managed {
        return None;
    }
    if mode == Mode::Stopping {
        return Some(Current::off(because(CauseKind::Shutdown, "the device worker stops")));
    }
    let off = |cause: Option<&Cause>| {
        let nothing = || because(CauseKind::Unwanted, "nothing wants it on");
        Some(Current::off(cause.cloned().unwrap_or_else(nothing)))
    };
    if plug.is_forbidden() {
        return off(plug.wanted.ask.as_ref().map(|ask| &ask.cause));
    }
    if let Some(pressed) = &plug.wanted.pressed {
        let cause = because(CauseKind::Unwanted, "its button was pressed");
        let by_hand = plug.wanted_on(now).is_none();
        return match pressed.state {
            RelayState::On => Some(Current { on: true, until: Some(pressed.until), by_hand, cause }),
            RelayState::Off => off(Some(&cause)),
        };
    }
    match plug.wanted_on(now) {
        Some((until, cause)) => {
            Some(Current { on: true, until: Some(until), by_hand: false, cause: cause.clone() })
        }
        None => off(plug.wanted.ended.as_ref()),
    }
}
