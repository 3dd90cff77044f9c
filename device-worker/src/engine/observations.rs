//! What actors observed and did.

use std::time::Duration;

use domain::{
    automation::{AutomationReport, Occasion, OccasionKind},
    ids::PlugId,
    plug::{Cause, CauseKind, MacAddress, PlugReport, Reading, RelayState},
    values::Reason,
};

use super::{
    Engine,
    cause::because,
    state::{Pressed, Release},
};
use crate::{
    clock::{Deadline, Moment},
    desired::Desired,
    observation::{Observation, ObservationKind},
};

fn relay(on: bool) -> RelayState {
    if on { RelayState::On } else { RelayState::Off }
}

impl Engine {
    /// Takes in what the actor of a plug's device observed. A standby has no actors any more, and does not report
    /// what they did last.
    pub fn observe(&mut self, observation: &Observation, now: Moment) {
        if !self.is_leading() || !self.plugs.contains_key(&observation.plug) {
            return;
        }
        let (id, at) = (observation.plug, observation.at);
        let report = match &observation.kind {
            ObservationKind::Switched(desired) => {
                let serial = Some(desired.serial);
                if desired.on {
                    self.came_on(id, serial);
                } else {
                    self.rests(id, serial);
                }
                self.relay_reported(id, desired.on);
                PlugReport::Switched { state: relay(desired.on), cause: (*desired.cause).clone() }
            }
            ObservationKind::Seen { on, serial } => {
                return self.looked_at(id, *on, *serial, observation, now);
            }
            ObservationKind::StaysOff { serial } => return self.stays_off(id, *serial, observation, now),
            ObservationKind::Pressed { on } => return self.pressed(id, *on, observation, now),
            ObservationKind::NeedsRetry(desired) => return self.needs_retry(id, desired.serial, now),
            ObservationKind::UnconfirmedOn { serial, left } => {
                return self.unconfirmed_on(id, *serial, *left, now);
            }
            ObservationKind::Failed { desired, error, refused } => {
                return self.failed(id, desired, error, *refused, observation);
            }
            ObservationKind::Unreachable { error } => {
                PlugReport::Unreachable { error: Reason::clipped(error) }
            }
            ObservationKind::Recovered => PlugReport::Recovered,
            ObservationKind::IdentityRefused { address, found } => {
                let found = found.map(|mac| MacAddress(mac.0));
                PlugReport::IdentityRefused { address: *address, found }
            }
            ObservationKind::Reading(energy) => {
                let reading = Reading {
                    power_watts: energy.power_watts,
                    voltage_volts: energy.voltage_volts,
                    current_amps: energy.current_amps,
                    total_watt_hours: energy.total_watt_hours,
                };
                match reading.check() {
                    Ok(reading) => PlugReport::Read { reading },
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::debug!(plug = %id, error, "what a meter shows is not kept");
                        return;
                    }
                }
            }
        };
        self.report_plug(id, at, report);
    }

    /// Whether `observation` says that a plug is off for good, as is wanted of it now.
    #[must_use]
    pub fn is_rest(&self, observation: &Observation) -> bool {
        let desired = self.desired(observation.plug).filter(|(current, _)| !current.on);
        matches!(observation.kind, ObservationKind::StaysOff { serial } if desired.is_some_and(|(_, desired)| desired == serial))
    }

    /// The device was found at another address.
    pub fn moved(&mut self, id: PlugId, address: std::net::SocketAddr, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        if plug.identity.address.replace(address) == Some(address) {
            return;
        }
        self.changes.plugs.insert(id);
        self.changes.orders.insert(id);
        self.report_plug(id, now.wall, PlugReport::Moved { address });
    }

    /// The relay was looked at. A state that was not reported is reported now. It is reported as a switch where it is
    /// as wanted, since the answer may have been lost or the worker killed, and where an earlier ON may have taken
    /// effect late. Otherwise it is reported as an override, which is not respected.
    fn looked_at(
        &mut self,
        id: PlugId,
        on: bool,
        serial: Option<u64>,
        observation: &Observation,
        now: Moment,
    ) {
        let Some(plug) = self.plugs.get(&id) else { return };
        let wanted = plug.transient.current.as_ref().filter(|current| current.on == on);
        let late_on = plug.wanted.unconfirmed_on.as_ref().filter(|sent| on && sent.is_live(now));
        let report = match (wanted, late_on) {
            (Some(current), _) => PlugReport::Switched { state: relay(on), cause: current.cause.clone() },
            (None, Some(sent)) => PlugReport::Switched { state: relay(on), cause: sent.cause.clone() },
            (None, None) => PlugReport::Overridden { state: relay(on), until: observation.at },
        };
        let (is_news, is_rest) = (plug.is_reported_on() != on, wanted.is_some() && !on);
        if on {
            self.came_on(id, serial);
        }
        if is_news {
            self.relay_reported(id, on);
            self.report_plug(id, observation.at, report);
            if is_rest {
                self.rests(id, serial);
            }
        }
    }

    /// A report of this state of the relay is about to be made.
    fn relay_reported(&mut self, id: PlugId, on: bool) {
        if let Some(plug) = self.plugs.get_mut(&id) {
            (plug.reported.relay, plug.reported.off) = (Some(relay(on)), !on);
            if let Some(releasing) = &mut plug.wanted.releasing {
                releasing.reported = !on;
            }
            self.changes.plugs.insert(id);
        }
    }

    /// Its actor had switched it on, and that did not last. It gets a new desired state, since an ON goes out only
    /// after it was written that it is tried.
    fn needs_retry(&mut self, id: PlugId, serial: u64, now: Moment) {
        if let Some(plug) = self.plugs.get_mut(&id).filter(|plug| plug.transient.serial == serial) {
            plug.transient.current = None;
            self.settle(id, now);
        }
    }

    /// Its actor tries no more to switch it on as the desired state of `serial` says, and knows for how long what it
    /// sent may take effect. An ON that is desired later stays unconfirmed.
    fn unconfirmed_on(&mut self, id: PlugId, serial: u64, left: Option<Duration>, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let is_newest = plug.transient.serial == serial;
        let unconfirmed = plug.wanted.unconfirmed_on.as_mut();
        let Some(unconfirmed) = unconfirmed.filter(|unconfirmed| is_newest || !unconfirmed.trying) else {
            return;
        };
        (unconfirmed.trying, unconfirmed.until) = (false, left.map(|left| Deadline::after(now, left)));
        if left.is_none() {
            plug.wanted.unconfirmed_on = None;
        }
        self.changes.plugs.insert(id);
    }

    /// It is on; that counts when it answers what is desired now.
    fn came_on(&mut self, id: PlugId, serial: Option<u64>) {
        let plug = self.plugs.get_mut(&id).filter(|plug| serial == Some(plug.transient.serial));
        if let Some(period) = plug.and_then(|plug| plug.wanted.on.as_mut()).filter(|period| !period.came_on) {
            period.came_on = true;
            self.changes.plugs.insert(id);
        }
    }

    /// It is off, and no ON of ours can turn it on any more: that ends its release. The end is always reported, since
    /// a standby would otherwise switch the plug off again.
    fn stays_off(&mut self, id: PlugId, serial: u64, observation: &Observation, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id).filter(|plug| plug.transient.serial == serial) else {
            return;
        };
        plug.transient.rests = serial;
        let Some(Release { cause, reported }) = plug.wanted.releasing.take() else { return };
        plug.wanted.ended = None;
        self.changes.plugs.insert(id);
        self.settle(id, now);
        if !reported {
            self.relay_reported(id, false);
            let reason = Reason::clipped(&format!("{} (it was off already)", cause.reason));
            let cause = Cause { reason, ..cause };
            let report = PlugReport::Switched { state: RelayState::Off, cause };
            self.report_plug(id, observation.at, report);
        }
    }

    /// It is off as it should be: why it was switched off explains nothing that comes later.
    fn rests(&mut self, id: PlugId, serial: Option<u64>) {
        let plug = self.plugs.get_mut(&id).filter(|plug| serial == Some(plug.transient.serial));
        let Some(plug) = plug.filter(|plug| plug.wanted.releasing.is_none()) else { return };
        if plug.wanted.ended.take().is_some() {
            self.changes.plugs.insert(id);
        }
        let asked = plug.wanted.ask.as_ref().map(|ask| ask.cause.clone());
        let Some(current) = plug.transient.current.as_mut().filter(|current| !current.on) else { return };
        if current.cause.kind != CauseKind::Shutdown && asked.as_ref() != Some(&current.cause) {
            current.cause = because(CauseKind::Unwanted, "nothing wants it on");
            self.changes.orders.insert(id);
        }
    }

    /// Its button was pressed. That counts for a while; where nothing may be on, it does not.
    fn pressed(&mut self, id: PlugId, on: bool, observation: &Observation, now: Moment) {
        let until = Deadline::after(now, self.rules.override_for);
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        if !plug.wanted.managed {
            return;
        }
        let enforced = on && plug.is_forbidden();
        let wanted = plug.wanted_on(now).is_some();
        plug.wanted.pressed = (!enforced && wanted != on).then_some(Pressed { state: relay(on), until });
        let respected = if plug.wanted.pressed.is_some() { until.wall } else { observation.at };
        // Its actor waits for an answer, even if that is the same as before.
        plug.transient.current = None;
        self.changes.plugs.insert(id);
        self.settle(id, now);
        if let Some(period) = self.plugs.get_mut(&id).filter(|_| on).and_then(|plug| plug.wanted.on.as_mut())
        {
            period.came_on = true;
        }
        self.relay_reported(id, on);
        self.report_plug(id, observation.at, PlugReport::Overridden { state: relay(on), until: respected });
    }

    fn failed(
        &mut self,
        id: PlugId,
        desired: &Desired,
        error: &str,
        refused: bool,
        observation: &Observation,
    ) {
        let at = observation.at;
        if refused {
            let error = Reason::clipped(error);
            let cause = (*desired.cause).clone();
            self.report_plug(id, at, PlugReport::Refused { state: relay(desired.on), error, cause });
        }
        let Some(automation) = desired.cause.automation else { return };
        let event_position = desired.cause.event_position;
        let hold = self.plugs.get(&id).and_then(|plug| plug.wanted.holds.get(&automation));
        let hold = hold.filter(|hold| desired.on && hold.cause.event_position == event_position);
        let occasion = match (hold, desired.cause.kind) {
            (Some(hold), _) => hold.occasion(),
            (None, CauseKind::Force) => Occasion { kind: OccasionKind::Force, event_position },
            (None, CauseKind::Automation) if event_position.is_some() => {
                Occasion { kind: OccasionKind::Event, event_position }
            }
            (None, _) => Occasion { kind: OccasionKind::End, event_position },
        };
        let error = Reason::clipped(error);
        self.report_automation(automation, at, AutomationReport::Failed { plug: Some(id), error, occasion });
    }
}
