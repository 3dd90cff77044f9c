//! What an actor knows of one outlet, and what follows from it. No IO.

use std::time::Duration;

use shared::retry::Delays;
use tokio::time::Instant;
use tplink_hs1xx::{ChildId, Outlets};

use super::{Timing, exchange::Target};
use crate::wish::{Outlet, Wish};

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
    /// The engine was told that the device has no such outlet.
    pub(super) missing: bool,
    /// The relay as last told to the engine.
    pub(super) told: Option<bool>,
    /// The wish that the device confirmed and that it has kept since.
    settled: Option<u64>,
    /// The wish came while the actor was running: it is carried out without looking first.
    fresh: bool,
    /// An ON without an answer may still take effect until then.
    doubt: Option<Instant>,
    /// How many ONs were sent since that was so, and any of which may be what turned it on.
    sent: u32,
    /// The wish for ON that may be tried, as the engine knows and has written.
    trying: Option<u64>,
    /// The wish for ON that the engine was asked for anew.
    asked: Option<u64>,
    /// How often the removal of the device's timer was asked for in vain.
    disarms: u32,
    /// A switch that the device may have obeyed without anybody hearing its answer.
    pub(super) unheard: Option<Wish>,
    /// The engine waits to hear that it is off for good.
    confirm: bool,
    /// Waiting for the engine's answer to a pressed button.
    yields: Option<Instant>,
    delays: Delays,
    next_try: Option<Instant>,
    /// The failure already told, for this wish.
    pub(super) failed: Option<(u64, String)>,
    /// What of it has a timer of its own: itself, or each outlet of a whole strip; empty until it was looked at.
    pub(super) timers: Vec<Outlets>,
    pub(super) countdown: Countdown,
    pub(super) next_reading: Option<Instant>,
}

/// The device's own timers for this outlet, as far as known: all of them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Countdown {
    /// Not armed by us.
    Idle,
    /// Switches off at `fires`, unless renewed, best at `renew`.
    Armed {
        /// When.
        fires: Instant,
        /// Half-way there, so that one failed try does no harm.
        renew: Instant,
    },
    /// Perhaps still armed, and not as wanted.
    Stale,
    /// The device has one and would not arm it; it may change its mind.
    Refused {
        /// When to ask again.
        again: Instant,
    },
    /// The device has none.
    Unsupported,
}

/// What a look at the relay means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As told before.
    Nothing,
    /// The engine does not know it yet.
    News,
    /// Somebody pressed the button.
    Pressed,
}

impl Countdown {
    /// Nobody wants it any more, or knows of it.
    fn abandon(&mut self) {
        if let Self::Armed { .. } | Self::Refused { .. } = self {
            *self = Self::Stale;
        }
    }
}

impl State {
    pub(super) fn new(order: Outlet, timing: &Timing) -> Self {
        Self {
            confirm: order.is_to_be_off(),
            trying: order.serial().filter(|_| !order.is_to_be_off()),
            doubt: order.doubt,
            // How many is not known.
            sent: if order.doubt.is_some() { 2 } else { 0 },
            order,
            asked: None,
            relay: None,
            partly: false,
            missing: false,
            told: None,
            settled: None,
            fresh: false,
            disarms: 0,
            unheard: None,
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

    /// The relay is seen to be `on`: the switch that this shows to have been obeyed, once. An ON may still
    /// arrive as long as it is in doubt.
    pub(super) fn obeyed_unheard(&mut self, on: bool, now: Instant) -> Option<Wish> {
        let may_arrive = self.is_in_doubt(now);
        let wish = self.unheard.take()?;
        if wish.on == on {
            return Some(wish);
        }
        self.unheard = Some(wish).filter(|wish| wish.on && may_arrive);
        None
    }

    /// Takes a new order; a new wish is tried at once. Whether to look at once: an OFF of what is off already is
    /// told all the same, since somebody waits to hear of it.
    pub(super) fn adopt(&mut self, order: &Outlet) -> bool {
        if self.order.serial() != order.serial() {
            self.fresh = order.wish.is_some();
            let is_met = order.is_by_hand() && self.relay == Some(true);
            self.settled = order.serial().filter(|_| is_met);
            self.yields = None;
            self.try_now();
            self.order = order.clone();
            self.confirm = order.is_to_be_off();
            if order.wish.as_ref().is_some_and(|wish| wish.on) {
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

    /// What the wish comes to now: an ON past its end is an OFF.
    pub(super) fn target(&self, now: Instant) -> Option<bool> {
        let wish = self.order.wish.as_ref()?;
        Some(wish.on && wish.until.is_none_or(|until| until > now))
    }

    /// The wish to carry out now, if the relay is not known to be as wished. An ON that was met is sent once more
    /// only as a wish of its own.
    pub(super) fn to_switch(&self, now: Instant) -> Option<Wish> {
        self.unmet(now).filter(|wish| !wish.on || self.trying == Some(wish.serial))
    }

    fn unmet(&self, now: Instant) -> Option<Wish> {
        let target = self.target(now)?;
        let due = self.next_try.is_none_or(|at| at <= now) && self.yields.is_none_or(|at| at <= now);
        let by_hand = target && self.order.is_by_hand();
        // Of an old wish for OFF nothing is known at first: looking tells whether there is anything to do. Nor of a
        // hand's ON, and which outlet of a strip it wanted on nobody remembers.
        let worth_it = match self.relay {
            None if by_hand => false,
            Some(false) if by_hand && self.timers.len() > 1 => false,
            Some(relay) => relay != target || (target && self.is_half_on()),
            None => target || self.fresh,
        };
        let wish = self.order.wish.as_ref().filter(|_| due && worth_it)?;
        Some(Wish { on: target, ..wish.clone() })
    }

    /// A strip is switched on as a whole, once a wish; an outlet that somebody switches off later stays so. Who
    /// switches one on by hand wants no other.
    fn is_half_on(&self) -> bool {
        self.partly && !self.order.is_by_hand() && self.settled != self.order.serial()
    }

    /// Whether the relay must be looked at before anything can be decided, and may be now.
    pub(super) fn needs_look(&self, now: Instant) -> bool {
        self.relay.is_none() && self.next_try.is_none_or(|at| at <= now)
    }

    /// The next moment at which something about it may have to be done.
    pub(super) fn next_moment(&self, now: Instant) -> Option<Instant> {
        let end = self.order.wish.as_ref().filter(|wish| wish.on).and_then(|wish| wish.until);
        [self.next_try, self.yields, end, self.next_reading, self.arm_due(now)]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    /// When the countdown of a relay that is on is to be armed or renewed.
    pub(super) fn arm_due(&self, now: Instant) -> Option<Instant> {
        let wish = self.order.wish.as_ref().filter(|wish| wish.on && self.relay == Some(true))?;
        match self.countdown {
            Countdown::Idle | Countdown::Stale => Some(now),
            Countdown::Armed { fires, renew } => {
                wish.until.is_none_or(|until| until > fires).then_some(renew)
            }
            Countdown::Refused { again } => Some(again),
            Countdown::Unsupported => None,
        }
    }

    /// The relay obeyed: `on` is confirmed.
    pub(super) fn switched(&mut self, on: bool) {
        self.unheard.take_if(|wish| wish.on == on);
        self.relay = Some(on);
        self.partly = false;
        self.told = Some(on);
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
        self.fresh = self.order.wish.is_some();
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
        let wished = self.order.serial();
        let kept = self.settled.is_some() && self.settled == wished && before == target;
        if target.is_none_or(|target| target == on) {
            if !(target == Some(true) && self.is_half_on()) {
                self.settled = wished;
                self.fresh = false;
            }
        } else if kept && !self.explained(on, now) {
            self.settled = None;
            self.told = Some(on);
            self.yields = Some(now + timing.yielding);
            return Look::Pressed;
        }
        if self.told.replace(on) == Some(on) { Look::Nothing } else { Look::News }
    }

    /// The wish for OFF that it now meets for good, once: no ON of ours may still arrive, and the device's timer
    /// is not left to switch off what somebody else turns on.
    pub(super) fn stays_off(&mut self, now: Instant) -> Option<u64> {
        if !self.confirm || self.relay != Some(false) {
            return None;
        }
        self.countdown.abandon();
        if self.countdown == Countdown::Stale || self.is_in_doubt(now) {
            return None;
        }
        self.confirm = false;
        self.order.serial()
    }

    /// Whether an ON of ours may still take effect.
    pub(super) fn is_in_doubt(&self, now: Instant) -> bool {
        self.doubt.is_some_and(|until| now < until)
    }

    /// For how long an ON of ours may still take effect, if one may.
    pub(super) fn doubt_left(&self, now: Instant) -> Option<Duration> {
        self.doubt.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    /// An ON that was met and did not last, once a wish: the engine writes that it is tried again, and gives it
    /// anew.
    pub(super) fn repeats(&mut self, now: Instant) -> Option<Wish> {
        let wish = self.unmet(now).filter(|wish| wish.on && self.trying != Some(wish.serial))?;
        (self.asked.replace(wish.serial) != Some(wish.serial)).then_some(wish)
    }

    /// The wish for ON that was tried and is tried no more, once: it is met, or another one came.
    pub(super) fn tried(&mut self) -> Option<u64> {
        let is_tried = |serial: &mut u64| {
            let wish = self.order.wish.as_ref().filter(|wish| wish.on && wish.serial == *serial);
            wish.is_none() || self.settled == Some(*serial)
        };
        self.trying.take_if(is_tried)
    }

    /// Whether something of ours can have caused it: a late ON, or the countdown.
    fn explained(&self, on: bool, now: Instant) -> bool {
        if on {
            self.is_in_doubt(now)
        } else {
            matches!(self.countdown, Countdown::Armed { fires, .. } if fires <= now + Duration::from_secs(1))
        }
    }

    /// A try did not succeed. Whoever is not in touch can have changed meanwhile.
    pub(super) fn failed(&mut self, in_touch: bool, now: Instant) {
        if !in_touch {
            self.lost();
        }
        self.next_try = Some(now + self.delays.next_delay());
    }

    /// Nothing can be done about it before `then`, unless a new wish comes.
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

    /// The timer was to be removed. A device that never says so must not keep its plug from being let go.
    pub(super) fn disarmed(&mut self, is_answered: bool) {
        self.disarms += 1;
        if is_answered || self.disarms == MOST_DISARMS {
            (self.countdown, self.disarms) = (Countdown::Idle, 0);
        }
    }

    /// An ON was sent, or may have been, and no answer came.
    pub(super) fn doubts(&mut self, now: Instant, until: Instant) {
        self.relay = None;
        self.settled = None;
        self.sent = if self.is_in_doubt(now) { self.sent + 1 } else { 1 };
        self.doubt = Some(until);
    }

    /// An ON was said yes to, and not seen to be obeyed.
    pub(super) fn said_yes(&mut self) {
        self.lost();
        self.sent += 1;
    }

    /// An ON without an answer was seen to be obeyed: where there was but one, none is left that may arrive.
    pub(super) fn arrived(&mut self) {
        if self.sent == 1 {
            self.doubt = None;
        }
    }
}
