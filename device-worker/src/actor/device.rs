//! What an actor knows of its device, what to do next, and what came of it. No IO.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use shared::{clock::SharedClock, domain::ids::PlugId, retry::Delays};
use tokio::{sync::mpsc, time::Instant};
use tplink_hs1xx::{Energy, Error, Mac, Outlets, SysInfo};

use super::{
    Done, Job, Setup, Timing,
    exchange::{self, Failed, Progress, Switched, Target},
    outlet::{Countdown, Look, State},
};
use crate::wish::{Happening, Orders, What, Wish};

/// Failures without a wish in between before a device counts as unreachable: one lost packet is no news.
const MISSES: u32 = 2;

/// A device that does not answer is not looked at more often than this.
const MIN_LOOK: Duration = Duration::from_millis(500);

/// What the actor knows of its device.
pub(super) struct Device {
    mac: Option<Mac>,
    pub(super) timing: Timing,
    doubt_for: Duration,
    clock: SharedClock,
    out: mpsc::UnboundedSender<Happening>,
    outlets: BTreeMap<PlugId, State>,
    /// None until it is known; nothing is sent then.
    pub(super) address: Option<SocketAddr>,
    next_look: Option<Instant>,
    /// Pauses between looks at a device that does not answer.
    delays: Delays,
    misses: u32,
    /// The engine was told that it is unreachable.
    unreachable: bool,
    /// The stranger at its address that the engine was told of.
    stranger: Option<(SocketAddr, Option<Mac>)>,
    /// Its firmware left the protocol, which was said.
    unsupported: bool,
}

impl Device {
    pub(super) fn new(mac: Option<Mac>, setup: &Setup, out: mpsc::UnboundedSender<Happening>) -> Self {
        let timing = setup.timing;
        Self {
            mac,
            timing,
            doubt_for: setup.doubt_for,
            clock: setup.clock.clone(),
            out,
            outlets: BTreeMap::new(),
            address: None,
            next_look: None,
            delays: Delays::new(timing.first_retry.max(MIN_LOOK), timing.poll.1),
            misses: 0,
            unreachable: false,
            stranger: None,
            unsupported: false,
        }
    }

    pub(super) fn moved(&mut self, address: SocketAddr) {
        self.address = Some(address);
        self.next_look = None;
        for outlet in self.outlets.values_mut() {
            outlet.lost();
            outlet.try_now();
        }
    }

    /// It answers, and was away since it last did: its relays may be as its firmware has them at a start, and
    /// that is no pressed button. Its timers are gone.
    pub(super) fn restarted(&mut self) {
        self.outlets.values_mut().for_each(State::lost);
    }

    /// `job` may have armed a timer before it was noticed that the device restarted.
    pub(super) fn lost_timer(&mut self, job: &Job) {
        if let Job::Switch(id, Wish { on: true, .. }) | Job::Arm(id) = job
            && let Some(state) = self.outlets.get_mut(id)
        {
            state.lost_countdown();
        }
    }

    pub(super) fn adopt(&mut self, orders: &Orders) {
        self.outlets.retain(|id, _| orders.outlets.contains_key(id));
        for (id, order) in &orders.outlets {
            if let Some(state) = self.outlets.get_mut(id) {
                if state.adopt(order) {
                    self.next_look = None;
                }
            } else {
                self.outlets.insert(*id, State::new(order.clone(), &self.timing));
                self.next_look = None;
            }
        }
    }

    /// Wishes first, then looking, then the countdowns, then the meters.
    pub(super) fn plan(&self, now: Instant) -> Job {
        if self.address.is_none() || self.outlets.is_empty() {
            return Job::Wait(None);
        }
        let wished = self.outlets.iter().filter_map(|(id, state)| Some((*id, state.to_switch(now)?)));
        // An OFF goes before an ON.
        if let Some((id, wish)) = wished.min_by_key(|(_, wish)| wish.on) {
            return Job::Switch(id, wish);
        }
        let unknown = self.outlets.values().any(|state| state.needs_look(now) && self.misses == 0);
        if unknown || self.next_look.is_none_or(|at| at <= now) {
            return Job::Look;
        }
        for (id, state) in &self.outlets {
            if state.arm_due(now).is_some_and(|at| at <= now) {
                return Job::Arm(*id);
            }
            if state.countdown == Countdown::Stale && state.relay.is_some() {
                return Job::Disarm(*id);
            }
        }
        let reading = self.outlets.iter().find(|(_, state)| {
            state.order.has_energy_meter
                && state.relay.is_some()
                && state.next_reading.is_none_or(|at| at <= now)
        });
        if let Some((id, _)) = reading {
            return Job::Read(*id);
        }
        let moments = self.outlets.values().filter_map(|state| state.next_moment(now));
        Job::Wait(moments.chain(self.next_look).min())
    }

    /// Whether these orders make `job` pointless or less urgent than what they ask for.
    pub(super) fn is_overtaken(&self, job: &Job, orders: &Orders) -> bool {
        if orders.address.is_some() && orders.address != self.address {
            return true;
        }
        match job {
            Job::Switch(id, wish) => {
                let now = orders.outlets.get(id).and_then(|outlet| outlet.wish.as_ref());
                now.is_none_or(|now| now.serial != wish.serial) || (wish.on && self.is_off_due(orders))
            }
            Job::Wait(_) => true,
            Job::Look | Job::Arm(_) | Job::Disarm(_) | Job::Read(_) => {
                orders.outlets.iter().any(|(id, order)| {
                    self.outlets.get(id).and_then(|state| state.order.serial()) != order.serial()
                })
            }
        }
    }

    /// Whether an outlet is newly to be off and may be on: it does not wait for another that is to be on.
    fn is_off_due(&self, orders: &Orders) -> bool {
        orders.outlets.iter().filter(|(_, order)| order.is_to_be_off()).any(|(id, order)| {
            let state = self.outlets.get(id);
            state.is_none_or(|state| state.order.serial() != order.serial() && state.relay != Some(false))
        })
    }

    pub(super) fn target(&self, id: PlugId) -> Target {
        let nothing = || Target {
            outlets: Outlets::Children(Vec::new()),
            timers: Vec::new(),
            countdown: Countdown::Idle,
            relay: None,
        };
        self.outlets.get(&id).map_or_else(nothing, State::target_of_requests)
    }

    pub(super) fn end(&self, id: PlugId) -> Option<Instant> {
        self.outlets.get(&id)?.order.wish.as_ref()?.until
    }

    /// Asks for wishes for ON anew that were met and are to be tried again.
    pub(super) fn ask_anew(&mut self, now: Instant) {
        let repeated = self.outlets.iter_mut().filter_map(|(id, state)| Some((*id, state.repeats(now)?)));
        for (id, wish) in repeated.collect::<Vec<_>>() {
            self.tell(id, What::Tries(wish));
        }
    }

    /// Tells of wishes for ON that are tried no more.
    pub(super) fn tell_doubts(&mut self, now: Instant) {
        let tried: Vec<_> = self
            .outlets
            .iter_mut()
            .filter_map(|(id, state)| Some((*id, state.tried()?, state.doubt_left(now))))
            .collect();
        for (id, serial, left) in tried {
            self.tell(id, What::Doubts { serial, left });
        }
    }

    /// `job` was dropped half-way, and its connection with it. A switch that the device had said yes to is
    /// told all the same, and one that nobody heard the answer to as soon as the relay shows that it was
    /// obeyed: the log holds every one.
    pub(super) fn abandon(&mut self, job: &Job, progress: &Progress) {
        let now = Instant::now();
        match job {
            Job::Switch(id, wish) => {
                self.learn(*id, wish, progress);
                if progress.is_yes() {
                    self.tell(*id, What::Switched(wish.clone()));
                }
                if let Some(state) = self.outlets.get_mut(id) {
                    if wish.on && progress.may_arrive() {
                        state.doubts(now, now + self.doubt_for);
                    } else if wish.on && progress.is_yes() {
                        state.said_yes();
                    } else {
                        state.lost();
                    }
                    if wish.on {
                        state.lost_countdown();
                    }
                }
            }
            // Deleted and added, perhaps.
            Job::Arm(id) => self.set_countdown(*id, Countdown::Stale),
            Job::Look | Job::Disarm(_) | Job::Read(_) | Job::Wait(_) => {}
        }
    }

    /// What a try to switch found out on its way, and what it leaves open.
    fn learn(&mut self, id: PlugId, wish: &Wish, progress: &Progress) {
        let now = Instant::now();
        let Some(state) = self.outlets.get_mut(&id) else { return };
        if let Some(timers) = progress.timers() {
            state.timers = timers.to_vec();
        }
        let obeyed = progress.before().and_then(|before| state.obeyed_unheard(before, now));
        if obeyed.as_ref().is_some_and(|wish| wish.on) {
            state.arrived();
        }
        if progress.is_unanswered(wish.on) {
            state.unheard = Some(wish.clone());
        }
        // A repeated try that was said yes to is told as such.
        let told = |obeyed: &Wish| progress.is_yes() && (obeyed.serial, obeyed.on) == (wish.serial, wish.on);
        if let Some(obeyed) = obeyed.filter(|obeyed| !told(obeyed)) {
            self.tell(id, What::Switched(obeyed));
        }
    }

    pub(super) fn conclude(&mut self, job: &Job, done: Done, progress: &Progress) {
        let now = Instant::now();
        if let Job::Switch(id, wish) = job {
            self.learn(*id, wish, progress);
        }
        match (job, done) {
            (Job::Switch(id, wish), Done::Switched(result)) => {
                self.switched(*id, wish, result, progress.may_arrive(), now);
            }
            (Job::Look, Done::Looked(Ok(info))) => self.looked(&info, now),
            (Job::Look, Done::Looked(Err(error))) => {
                self.next_look = Some(now + self.delays.next_delay());
                self.trouble(&error, false);
            }
            (Job::Arm(id), Done::Armed(Ok(countdown))) => self.set_countdown(*id, countdown),
            (Job::Arm(id), Done::Armed(Err(error))) => {
                self.set_countdown(*id, Countdown::Stale);
                self.trouble(&error, false);
            }
            (Job::Disarm(id), Done::Disarmed(result)) => {
                let is_answered = matches!(result, Ok(()) | Err(Error::Refused(_)));
                if let Some(state) = self.outlets.get_mut(id) {
                    state.disarmed(is_answered);
                }
                if let Err(error) = result {
                    self.trouble(&error, false);
                }
                self.tell_rest(*id, now);
            }
            (Job::Read(id), Done::Read(result)) => self.read(*id, result, now),
            _ => {}
        }
    }

    fn switched(
        &mut self,
        id: PlugId,
        wish: &Wish,
        result: Result<Switched, Failed>,
        may_arrive: bool,
        now: Instant,
    ) {
        let doubt = now + self.doubt_for;
        let Some(state) = self.outlets.get_mut(&id) else { return };
        match result {
            Ok(Switched::Obeyed(countdown)) => {
                if let Some(countdown) = countdown {
                    state.countdown = countdown;
                }
                state.switched(wish.on);
                if state.is_in_doubt(now) {
                    self.next_look = Some(now + MIN_LOOK);
                }
                // What it draws now is worth knowing.
                state.next_reading = None;
                self.in_touch();
                self.tell(id, What::Switched(wish.clone()));
                self.tell_rest(id, now);
            }
            Ok(Switched::Disagrees) => {
                state.failed(true, now);
                if wish.on {
                    state.lost_countdown();
                }
                self.in_touch();
                self.refuse(id, wish, "it said it obeyed, but its relay did not change".to_owned(), true);
            }
            Ok(Switched::NoOutlet) => {
                state.failed(true, now);
                let error = state.no_outlet();
                self.in_touch();
                self.refuse(id, wish, error, true);
            }
            Err(Failed { error, sent }) => {
                let refused = matches!(error, Error::Refused(_));
                if wish.on && (refused || exchange::may_have_arrived(&error)) {
                    state.lost_countdown();
                }
                if wish.on && sent {
                    if may_arrive { state.doubts(now, doubt) } else { state.said_yes() }
                }
                state.failed(refused, now);
                let answered = refused || self.is_unsupported(&error);
                if answered {
                    self.in_touch();
                }
                self.refuse(id, wish, exchange::text(&error), answered);
                if !refused {
                    self.trouble(&error, true);
                }
            }
        }
    }

    /// Tells of a failed try, once a wish and reason.
    fn refuse(&mut self, id: PlugId, wish: &Wish, error: String, refused: bool) {
        let Some(state) = self.outlets.get_mut(&id) else { return };
        let known = state.failed.replace((wish.serial, error.clone()));
        if known.is_none_or(|known| known.0 != wish.serial || known.1 != error) {
            self.tell(id, What::Failed { wish: wish.clone(), error, refused });
        }
    }

    fn looked(&mut self, info: &SysInfo, now: Instant) {
        self.in_touch();
        self.unsupported = false;
        let doubtful = self.outlets.values().any(|state| state.is_in_doubt(now));
        let pause = if doubtful { MIN_LOOK.min(self.timing.poll.0) } else { self.timing.next_poll() };
        self.next_look = Some(now + pause);
        let mut news = Vec::new();
        for (id, state) in &mut self.outlets {
            let outlets = state.outlets();
            let Some(on) = info.is_any_on(&outlets) else {
                state.unreadable(now);
                if outlets != Outlets::Whole && !std::mem::replace(&mut state.missing, true) {
                    news.push((*id, What::Unreachable { error: state.no_outlet() }));
                }
                continue;
            };
            state.timers = exchange::timers(info, &outlets);
            if std::mem::take(&mut state.missing) {
                news.push((*id, What::Recovered));
            }
            state.differ(info.is_on(&outlets).is_none());
            let obeyed = state.obeyed_unheard(on, now);
            let look = state.seen(on, now, &self.timing);
            if obeyed.is_some() && on {
                state.arrived();
            }
            news.extend(obeyed.map(|wish| (*id, What::Switched(wish))));
            match look {
                Look::Nothing => {}
                Look::News => news.push((*id, What::Seen { on, serial: state.order.serial() })),
                Look::Pressed => news.push((*id, What::Pressed { on })),
            }
            news.extend(state.stays_off(now).map(|serial| (*id, What::StaysOff { serial })));
        }
        for (id, what) in news {
            self.tell(id, what);
        }
    }

    fn read(&mut self, id: PlugId, result: Result<Energy, Error>, now: Instant) {
        if let Some(state) = self.outlets.get_mut(&id) {
            state.next_reading = Some(now + self.timing.energy);
        }
        match result {
            Ok(energy) => self.tell(id, What::Reading(energy)),
            Err(error) => self.trouble(&error, false),
        }
    }

    fn set_countdown(&mut self, id: PlugId, countdown: Countdown) {
        if let Some(state) = self.outlets.get_mut(&id) {
            state.countdown = countdown;
        }
    }

    fn in_touch(&mut self) {
        self.misses = 0;
        self.delays.reset();
        self.stranger = None;
        if std::mem::take(&mut self.unreachable) {
            self.tell_all(&What::Recovered);
        }
    }

    /// A request failed. A refusal is an answer; anything else means that nothing is known any more.
    fn trouble(&mut self, error: &Error, wished: bool) {
        if matches!(error, Error::Refused(_)) {
            return;
        }
        if self.is_unsupported(error) {
            return self.rest(error);
        }
        self.misses = self.misses.saturating_add(1);
        self.outlets.values_mut().for_each(State::lost);
        let found = match error {
            Error::IdentityMismatch { found, .. } => Some(found.mac),
            Error::UnsupportedFirmware(found) => Some(found.mac),
            _ => None,
        };
        if let (Some(found), Some(address)) = (found, self.address) {
            let stranger = Some((address, found));
            if self.stranger != stranger {
                self.stranger = stranger;
                self.tell_all(&What::IdentityRefused { address, found });
            }
        }
        if !self.unreachable && (wished || self.misses >= MISSES) {
            self.unreachable = true;
            self.outlets.values_mut().for_each(|state| state.missing = false);
            self.tell_all(&What::Unreachable { error: exchange::text(error) });
        }
    }

    /// Whether it says, and no other device in its place, that its firmware left the protocol.
    fn is_unsupported(&self, error: &Error) -> bool {
        let Error::UnsupportedFirmware(found) = error else { return false };
        found.mac.is_none() || self.mac.is_none() || found.mac == self.mac
    }

    /// It is on line and understands nothing: that is a refusal of whatever is wished, and no silence.
    fn rest(&mut self, error: &Error) {
        self.in_touch();
        let (now, error) = (Instant::now(), exchange::text(error));
        let then = now + self.timing.next_poll();
        self.next_look = Some(then);
        let mut refused = Vec::new();
        for (id, state) in &mut self.outlets {
            state.rest(then);
            let wish = state.order.wish.clone().zip(state.target(now));
            refused.extend(wish.map(|(wish, on)| (*id, Wish { on, ..wish })));
        }
        for (id, wish) in refused {
            self.refuse(id, &wish, error.clone(), true);
        }
        if !std::mem::replace(&mut self.unsupported, true) {
            tracing::warn!(address = ?self.address, error, "a plug cannot be switched any more");
        }
    }

    /// Tells that an outlet is off for good, once it is.
    fn tell_rest(&mut self, id: PlugId, now: Instant) {
        if let Some(serial) = self.outlets.get_mut(&id).and_then(|state| state.stays_off(now)) {
            self.tell(id, What::StaysOff { serial });
        }
    }

    fn tell_all(&self, what: &What) {
        for id in self.outlets.keys() {
            self.tell(*id, what.clone());
        }
    }

    fn tell(&self, plug: PlugId, what: What) {
        // Nobody listens any more while the worker stops.
        let _ = self.out.send(Happening { plug, at: self.clock.now(), what });
    }
}
