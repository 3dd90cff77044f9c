//! What an actor knows of one outlet, and what follows from it. No IO.

use std::time::Duration;

use runtime::retry::Delays;
use tokio::time::Instant;
use tplink_hs1xx::{ChildId, Outlets};

use super::{
    Timing,
    target::{Countdown, Target},
};
use crate::desired::{Desired, Outlet};

/// Tries to remove a device's timer before it is given up.
const MOST_DISARMS: u32 = 4;

/// See the module.
#[expect(clippy::struct_excessive_bools, reason = "facts of its own each")]
pub(super) struct State {
    pub(super) order: Outlet,
    /// The relay as last answered, while the device is in touch; of a whole strip, whether any outlet is on.
    pub(super) relay: Option<bool>,
    /// Of a whole strip, some outlets are on and others are not.
    partly: bool,
    /// The engine knows that the device has no such outlet.
    pub(super) missing: bool,
    /// The relay as the engine knows it.
    pub(super) reported: Option<bool>,
    /// The desired state that the device confirmed and that it has kept since.
    settled: Option<u64>,
    /// The desired state came while the actor was running: it is carried out without looking first.
    fresh: bool,
    /// An ON without an answer may still take effect until then.
    unconfirmed_until: Option<Instant>,
    /// How many ONs were sent since that was so, and any of which may be what turned it on.
    sent: u32,
    /// The desired ON that may be tried, as the engine knows and has written.
    trying: Option<u64>,
    /// The desired ON for which the engine was asked for a new one.
    asked: Option<u64>,
    /// How often the removal of the device's timer was asked for in vain.
    disarms: u32,
    /// A switch that the device may have obeyed and whose answer was not received.
    pub(super) unanswered: Option<Desired>,
    /// The engine waits to hear that it is off for good.
    confirm: bool,
    /// Waiting for the engine's answer to a pressed button.
    yields: Option<Instant>,
    delays: Delays,
    next_try: Option<Instant>,
    /// The failure that the engine knows, for this desired state.
    pub(super) failed: Option<(u64, String)>,
    /// What of it has a timer of its own: itself, or each outlet of a whole strip; empty until it was looked at.
    pub(super) timers: Vec<Outlets>,
    pub(super) countdown: Countdown,
    pub(super) next_reading: Option<Instant>,
}

/// What a look at the relay means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As reported before.
    Nothing,
    /// The engine does not know it yet.
    News,
    /// The button was pressed.
    Pressed,
}

impl State {
    pub(super) fn new(order: Outlet, timing: &Timing) -> Self {
        Self {
            confirm: order.is_to_be_off(),
            trying: order.serial().filter(|_| !order.is_to_be_off()),
            unconfirmed_until: order.unconfirmed_until,
            // How many is not known.
            sent: if order.unconfirmed_until.is_some() { 2 } else { 0 },
            order,
            asked: None,
            relay: None,
            partly: false,
            missing: false,
            reported: None,
            settled: None,
            fresh: false,
            disarms: 0,
            unanswered: None,
            yields: None,
            delays: Delays::new(timing.first_retry, timing.longest_retry),
            next_try: None,
            failed: None,
            timers: Vec::new(),
            countdown: Countdown::Idle,
            next_reading: None,
        }
    }

    /// The outlets of a request to it.
    pub(super) fn outlets(&self) -> Outlets {
        self.order.child.clone().map_or(Outlets::Whole, Outlets::from)
    }

    /// Why nothing can be done with an outlet that the device does not have.
    pub(super) fn no_outlet(&self) -> String {
        let child = self.order.child.as_ref().map_or("", ChildId::as_str);
        format!("the device has no outlet {child}")
    }

    /// For a request to it.
    pub(super) fn target_of_requests(&self) -> Target {
        Target {
            outlets: self.outlets(),
            timers: self.timers.clone(),
            countdown: self.countdown,
            relay: self.relay,
        }
    }

    /// The relay is seen to be `on`: the switch that this shows to have been obeyed, once. An ON that is not
    /// confirmed may still arrive for a while.
    pub(super) fn obeyed_unanswered(&mut self, on: bool, now: Instant) -> Option<Desired> {
        let may_arrive = self.may_still_come_on(now);
        let desired = self.unanswered.take()?;
        if desired.on == on {
            return Some(desired);
        }
        self.unanswered = Some(desired).filter(|desired| desired.on && may_arrive);
        None
    }

    /// Takes a new order; a new desired state is tried at once. Whether to look at once: the engine waits to hear that
    /// an OFF is met, also where the relay is off already.
    pub(super) fn adopt(&mut self, order: &Outlet) -> bool {
        if self.order.serial() != order.serial() {
            self.fresh = order.desired.is_some();
            let is_met = order.is_by_hand() && self.relay == Some(true);
            self.settled = order.serial().filter(|_| is_met);
            self.yields = None;
            self.try_now();
            self.order = order.clone();
            self.confirm = order.is_to_be_off();
            if order.desired.as_ref().is_some_and(|desired| desired.on) {
                self.trying = order.serial();
            }
            return self.confirm && self.relay == Some(false);
        }
        self.order = order.clone();
        false
    }

    pub(super) fn try_now(&mut self) {
        self.next_try = None;
        self.delays.reset();
    }

    /// What is desired now: an ON past its end is an OFF.
    pub(super) fn target(&self, now: Instant) -> Option<bool> {
        let desired = self.order.desired.as_ref()?;
        Some(desired.on && desired.until.is_none_or(|until| until > now))
    }

    /// The desired state to carry out now, if the relay is not known to be as desired. An ON that was met is sent again
    /// only as a new desired state.
    pub(super) fn to_switch(&self, now: Instant) -> Option<Desired> {
        self.unmet(now).filter(|desired| !desired.on || self.trying == Some(desired.serial))
    }

    fn unmet(&self, now: Instant) -> Option<Desired> {
        let target = self.target(now)?;
        let due = self.next_try.is_none_or(|at| at <= now) && self.yields.is_none_or(|at| at <= now);
        let by_hand = target && self.order.is_by_hand();
        // Of an old OFF nothing is known at first: looking shows whether there is anything to do. Nor of an ON by a
        // pressed button, and it is not remembered which outlet of a strip that was.
        let worth_it = match self.relay {
            None if by_hand => false,
            Some(false) if by_hand && self.timers.len() > 1 => false,
            Some(relay) => relay != target || (target && self.is_half_on()),
            None => target || self.fresh,
        };
        let desired = self.order.desired.as_ref().filter(|_| due && worth_it)?;
        Some(Desired { on: target, ..desired.clone() })
    }

    /// A strip is switched on as a whole, once a desired state; an outlet that is switched off by hand later stays so.
    /// An outlet that is switched on by hand switches no other one on.
    fn is_half_on(&self) -> bool {
        self.partly && !self.order.is_by_hand() && self.settled != self.order.serial()
    }

    /// Whether the relay must be looked at before anything can be decided, and may be now.
    pub(super) fn needs_look(&self, now: Instant) -> bool {
        self.relay.is_none() && self.next_try.is_none_or(|at| at <= now)
    }

    /// The next moment at which something about it may have to be done.
    pub(super) fn next_moment(&self, now: Instant) -> Option<Instant> {
        let end = self.order.desired.as_ref().filter(|desired| desired.on).and_then(|desired| desired.until);
        [self.next_try, self.yields, end, self.next_reading, self.arm_due(now)]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    /// When the countdown of a relay that is on is to be armed or renewed.
    pub(super) fn arm_due(&self, now: Instant) -> Option<Instant> {
        let desired = self.order.desired.as_ref().filter(|desired| desired.on && self.relay == Some(true))?;
        match self.countdown {
            Countdown::Idle | Countdown::Stale => Some(now),
            Countdown::Armed { fires, renew } => {
                desired.until.is_none_or(|until| until > fires).then_some(renew)
            }
            Countdown::Refused { again } => Some(again),
            Countdown::Unsupported => None,
        }
    }

    /// The relay obeyed: `on` is confirmed.
    pub(super) fn switched(&mut self, on: bool) {
        self.unanswered.take_if(|desired| desired.on == on);
        self.relay = Some(on);
        self.partly = false;
        self.reported = Some(on);
        self.settled = self.order.serial();
        self.fresh = false;
        self.yields = None;
        self.failed = None;
        self.try_now();
        if !on {
            self.countdown.abandon();
        }
    }

    /// The device was looked at, and says nothing of this outlet. An OFF is tried all the same.
    pub(super) fn unreadable(&mut self, now: Instant) {
        self.relay = None;
        self.settled = None;
        self.fresh = self.order.desired.is_some();
        self.next_try = Some(now + self.delays.next_delay());
    }

    /// The outlets of a whole strip were looked at, and differ or not.
    pub(super) fn differ(&mut self, partly: bool) {
        self.partly = partly;
    }

    /// The relay was looked at.
    pub(super) fn seen(&mut self, on: bool, now: Instant, timing: &Timing) -> Look {
        let before = self.relay.replace(on);
        let target = self.target(now);
        let serial = self.order.serial();
        let kept = self.settled.is_some() && self.settled == serial && before == target;
        if target.is_none_or(|target| target == on) {
            if !(target == Some(true) && self.is_half_on()) {
                self.settled = serial;
                self.fresh = false;
            }
        } else if kept && !self.explained(on, now) {
            self.settled = None;
            self.reported = Some(on);
            self.yields = Some(now + timing.yielding);
            return Look::Pressed;
        }
        if self.reported.replace(on) == Some(on) { Look::Nothing } else { Look::News }
    }

    /// The desired OFF that is now met for good, once: no ON of ours may still arrive, and no timer of the device is
    /// left to switch off what is turned on by hand.
    pub(super) fn stays_off(&mut self, now: Instant) -> Option<u64> {
        if !self.confirm || self.relay != Some(false) {
            return None;
        }
        self.countdown.abandon();
        if self.countdown == Countdown::Stale || self.may_still_come_on(now) {
            return None;
        }
        self.confirm = false;
        self.order.serial()
    }

    /// Whether an ON of ours may still take effect.
    pub(super) fn may_still_come_on(&self, now: Instant) -> bool {
        self.unconfirmed_until.is_some_and(|until| now < until)
    }

    /// For how long an ON of ours may still take effect, if one may.
    pub(super) fn unconfirmed_left(&self, now: Instant) -> Option<Duration> {
        self.unconfirmed_until
            .map(|until| until.saturating_duration_since(now))
            .filter(|left| !left.is_zero())
    }

    /// An ON that was met and did not last, once a desired state: the engine writes that it is tried again, and orders
    /// it as a new one.
    pub(super) fn repeats(&mut self, now: Instant) -> Option<Desired> {
        let desired = self.unmet(now).filter(|desired| desired.on && self.trying != Some(desired.serial))?;
        (self.asked.replace(desired.serial) != Some(desired.serial)).then_some(desired)
    }

    /// The desired ON that was tried and is tried no more, once: it is met, or another one came.
    pub(super) fn tried(&mut self) -> Option<u64> {
        let is_tried = |serial: &mut u64| {
            let desired =
                self.order.desired.as_ref().filter(|desired| desired.on && desired.serial == *serial);
            desired.is_none() || self.settled == Some(*serial)
        };
        self.trying.take_if(is_tried)
    }

    /// Whether something of ours can have caused it: a late ON, or the countdown.
    fn explained(&self, on: bool, now: Instant) -> bool {
        if on {
            self.may_still_come_on(now)
        } else {
            matches!(self.countdown, Countdown::Armed { fires, .. } if fires <= now + Duration::from_secs(1))
        }
    }

    /// A try did not succeed. A device that is not in touch can have changed meanwhile.
    pub(super) fn failed(&mut self, in_touch: bool, now: Instant) {
        if !in_touch {
            self.lost();
        }
        self.next_try = Some(now + self.delays.next_delay());
    }

    /// Nothing can be done about it before `then`, unless a new desired state comes.
    pub(super) fn rest(&mut self, then: Instant) {
        self.lost();
        self.next_try = Some(then);
    }

    /// The device is not in touch: what was known is not known any more.
    pub(super) fn lost(&mut self) {
        self.relay = None;
        self.settled = None;
        self.countdown.abandon();
    }

    /// An ON failed or was dropped, and the device's timer may have been armed for it.
    pub(super) fn lost_countdown(&mut self) {
        if self.countdown != Countdown::Unsupported {
            self.countdown = Countdown::Stale;
        }
    }

    /// The timer was to be removed. A device that never answers that must not delay the release of its plug.
    pub(super) fn disarmed(&mut self, is_answered: bool) {
        self.disarms += 1;
        if is_answered || self.disarms == MOST_DISARMS {
            (self.countdown, self.disarms) = (Countdown::Idle, 0);
        }
    }

    /// An ON was sent, or may have been, and no answer came.
    pub(super) fn sent_unanswered(&mut self, now: Instant, until: Instant) {
        self.relay = None;
        self.settled = None;
        self.sent = if self.may_still_come_on(now) { self.sent + 1 } else { 1 };
        self.unconfirmed_until = Some(until);
    }

    /// An ON was said yes to, and not seen to be obeyed.
    pub(super) fn said_yes(&mut self) {
        self.lost();
        self.sent += 1;
    }

    /// An ON without an answer was seen to be obeyed: where there was but one, none is left that may arrive.
    pub(super) fn arrived(&mut self) {
        if self.sent == 1 {
            self.unconfirmed_until = None;
        }
    }
}
