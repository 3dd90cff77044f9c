//! What an actor knows of its device, what to do next, and (in `outcomes`) what came of it. No IO.

mod outcomes;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use domain::ids::PlugId;
use runtime::{clock::SharedClock, retry::Delays};
use tokio::{sync::mpsc, time::Instant};
use tplink_hs1xx::{Mac, Outlets};

use super::{
    Job, Setup, Timing,
    outlet::State,
    target::{Countdown, Target},
};
use crate::{
    desired::{Desired, Orders},
    observation::{Observation, ObservationKind},
};

/// A device that does not answer is not looked at more often than this.
const MIN_LOOK: Duration = Duration::from_millis(500);

/// What the actor knows of its device.
pub(super) struct Device {
    mac: Option<Mac>,
    pub(super) timing: Timing,
    unconfirmed_for: Duration,
    clock: SharedClock,
    out: mpsc::UnboundedSender<Observation>,
    outlets: BTreeMap<PlugId, State>,
    /// None until it is known; nothing is sent then.
    pub(super) address: Option<SocketAddr>,
    next_look: Option<Instant>,
    /// Pauses between looks at a device that does not answer.
    delays: Delays,
    /// Failures since it last answered.
    failures: u32,
    /// The engine knows that it is unreachable.
    unreachable: bool,
    /// The other device at its address, as the engine knows it.
    mismatch: Option<(SocketAddr, Option<Mac>)>,
    /// Its firmware left the protocol, which was logged.
    unsupported: bool,
}

impl Device {
    pub(super) fn new(mac: Option<Mac>, setup: &Setup, out: mpsc::UnboundedSender<Observation>) -> Self {
        let timing = setup.timing;
        Self {
            mac,
            timing,
            unconfirmed_for: setup.unconfirmed_for,
            clock: setup.clock.clone(),
            out,
            outlets: BTreeMap::new(),
            address: None,
            next_look: None,
            delays: Delays::new(timing.first_retry.max(MIN_LOOK), timing.poll.1),
            failures: 0,
            unreachable: false,
            mismatch: None,
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

    /// It answers, and has restarted since it last did: its relays may be as its firmware sets them at a start, and
    /// that is no pressed button. Its timers are gone.
    pub(super) fn restarted(&mut self) {
        self.outlets.values_mut().for_each(State::lost);
    }

    /// `job` may have armed a timer before it was noticed that the device restarted.
    pub(super) fn lost_timer(&mut self, job: &Job) {
        if let Job::Switch(id, Desired { on: true, .. }) | Job::Arm(id) = job
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

    /// Desired states first, then looking, then the countdowns, then the meters.
    pub(super) fn plan(&self, now: Instant) -> Job {
        if self.address.is_none() || self.outlets.is_empty() {
            return Job::Wait(None);
        }
        let due = self.outlets.iter().filter_map(|(id, state)| Some((*id, state.to_switch(now)?)));
        // An OFF goes before an ON.
        if let Some((id, desired)) = due.min_by_key(|(_, desired)| desired.on) {
            return Job::Switch(id, desired);
        }
        let unknown = self.outlets.values().any(|state| state.needs_look(now) && self.failures == 0);
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
            Job::Switch(id, desired) => {
                let now = orders.outlets.get(id).and_then(|outlet| outlet.desired.as_ref());
                now.is_none_or(|now| now.serial != desired.serial) || (desired.on && self.is_off_due(orders))
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
        self.outlets.get(&id)?.order.desired.as_ref()?.until
    }

    /// Asks for new desired states where an ON was met and is to be tried again.
    pub(super) fn request_retries(&mut self, now: Instant) {
        let repeated = self.outlets.iter_mut().filter_map(|(id, state)| Some((*id, state.repeats(now)?)));
        for (id, desired) in repeated.collect::<Vec<_>>() {
            self.report(id, ObservationKind::NeedsRetry(desired));
        }
    }

    /// Reports each desired ON that is tried no more.
    pub(super) fn report_unconfirmed(&mut self, now: Instant) {
        let tried: Vec<_> = self
            .outlets
            .iter_mut()
            .filter_map(|(id, state)| Some((*id, state.tried()?, state.unconfirmed_left(now))))
            .collect();
        for (id, serial, left) in tried {
            self.report(id, ObservationKind::UnconfirmedOn { serial, left });
        }
    }

    /// Reports that an outlet is off for good, once it is.
    fn report_stays_off(&mut self, id: PlugId, now: Instant) {
        if let Some(serial) = self.outlets.get_mut(&id).and_then(|state| state.stays_off(now)) {
            self.report(id, ObservationKind::StaysOff { serial });
        }
    }

    fn report_all(&self, kind: &ObservationKind) {
        for id in self.outlets.keys() {
            self.report(*id, kind.clone());
        }
    }

    fn report(&self, plug: PlugId, kind: ObservationKind) {
        // There is no receiver any more while the worker stops.
        let _ = self.out.send(Observation { plug, at: self.clock.now(), kind });
    }
}
