//! What actors saw and did.

use std::time::Duration;

use shared::domain::{
    automation::{AutomationReport, Occasion, OccasionKind},
    ids::PlugId,
    plug::{CauseKind, MacAddress, PlugReport, Reading, RelayState},
    values::Reason,
};

use super::{
    Engine,
    state::{Leaving, Pressed, Why},
};
use crate::{
    clock::{Deadline, Moment},
    wish::{Happening, What, Wish},
};

fn relay(on: bool) -> RelayState {
    if on { RelayState::On } else { RelayState::Off }
}

impl Engine {
    /// Takes in what the actor of a plug's device said. Who has stepped down has no actors any more, and
    /// nothing to say of what they did last.
    pub fn observe(&mut self, happening: &Happening, now: Moment) {
        if !self.leading || !self.plugs.contains_key(&happening.plug) {
            return;
        }
        let (id, at) = (happening.plug, happening.at);
        let report = match &happening.what {
            What::Switched(wish) => {
                let serial = Some(wish.serial);
                if wish.on {
                    self.came_on(id, serial);
                } else {
                    self.rests(id, serial);
                }
                self.tell_relay(id, wish.on);
                PlugReport::Switched { state: relay(wish.on), cause: (*wish.cause).clone() }
            }
            What::Seen { on, serial } => return self.looked_at(id, *on, *serial, happening, now),
            What::StaysOff { serial } => return self.stays_off(id, *serial, happening, now),
            What::Pressed { on } => return self.pressed(id, *on, happening, now),
            What::Tries(wish) => return self.tries(id, wish.serial, now),
            What::Doubts { serial, left } => return self.doubts(id, *serial, *left, now),
            What::Failed { wish, error, refused } => {
                return self.failed(id, wish, error, *refused, happening);
            }
            What::Unreachable { error } => PlugReport::Unreachable { error: Reason::clipped(error) },
            What::Recovered => PlugReport::Recovered,
            What::IdentityRefused { address, found } => {
                let found = found.map(|mac| MacAddress(mac.0));
                PlugReport::IdentityRefused { address: *address, found }
            }
            What::Reading(energy) => {
                let reading = Reading {
                    power_watts: energy.power_watts,
                    voltage_volts: energy.voltage_volts,
                    current_amps: energy.current_amps,
                    total_watt_hours: energy.total_watt_hours,
                };
                let all = [
                    reading.power_watts,
                    reading.voltage_volts,
                    reading.current_amps,
                    reading.total_watt_hours,
                ];
                if !all.iter().all(|number| number.is_finite()) {
                    return;
                }
                PlugReport::Read { reading }
            }
        };
        self.report_plug(id, at, report);
    }

    /// Whether `happening` says that a plug is off for good, as is wanted of it now.
    #[must_use]
    pub fn is_rest(&self, happening: &Happening) -> bool {
        let wish = self.wish(happening.plug).filter(|(current, _)| !current.on);
        matches!(happening.what, What::StaysOff { serial } if wish.is_some_and(|(_, wished)| wished == serial))
    }

    /// The device was found at another address.
    pub fn moved(&mut self, id: PlugId, address: std::net::SocketAddr, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        if plug.address.replace(address) == Some(address) {
            return;
        }
        self.changes.plugs.insert(id);
        self.changes.orders.insert(id);
        self.report_plug(id, now.wall, PlugReport::Moved { address });
    }

    /// The relay was looked at. A state that no report told of is told now: as a switch where it is as wanted,
    /// for the answer may have been lost, or the worker killed, and where an ON of before may be what came to
    /// pass; else as one that nobody commanded, which is not respected.
    fn looked_at(&mut self, id: PlugId, on: bool, serial: Option<u64>, happening: &Happening, now: Moment) {
        let Some(plug) = self.plugs.get(&id) else { return };
        let wanted = plug.current.as_ref().filter(|current| current.on == on);
        let doubt = plug.doubt.as_ref().filter(|doubt| on && doubt.is_live(now));
        let report = match (wanted, doubt) {
            (Some(current), _) => PlugReport::Switched { state: relay(on), cause: current.why.cause() },
            (None, Some(doubt)) => PlugReport::Switched { state: relay(on), cause: doubt.why.cause() },
            (None, None) => PlugReport::Overridden { state: relay(on), until: happening.at },
        };
        let (is_news, is_rest) = (plug.told_on() != on, wanted.is_some() && !on);
        if on {
            self.came_on(id, serial);
        }
        if is_news {
            self.tell_relay(id, on);
            self.report_plug(id, happening.at, report);
            if is_rest {
                self.rests(id, serial);
            }
        }
    }

    /// A report is about to say so.
    fn tell_relay(&mut self, id: PlugId, on: bool) {
        if let Some(plug) = self.plugs.get_mut(&id) {
            (plug.told, plug.off_told) = (Some(relay(on)), !on);
            if let Some(leaving) = &mut plug.leaving {
                leaving.told = !on;
            }
            self.changes.plugs.insert(id);
        }
    }

    /// Its actor is to switch it on once more, which it had done and which did not last: by a wish of its own, for
    /// that goes out only when it was written that it is tried.
    fn tries(&mut self, id: PlugId, serial: u64, now: Moment) {
        if let Some(plug) = self.plugs.get_mut(&id).filter(|plug| plug.serial == serial) {
            plug.current = None;
            self.settle(id, now);
        }
    }

    /// Its actor tries to switch it on no more by the wish of `serial`, and knows for how long what it sent may
    /// take effect. A later wish for ON is in doubt all the same.
    fn doubts(&mut self, id: PlugId, serial: u64, left: Option<Duration>, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        let Some(doubt) = plug.doubt.as_mut().filter(|doubt| plug.serial == serial || !doubt.trying) else {
            return;
        };
        (doubt.trying, doubt.until) = (false, left.map(|left| Deadline::after(now, left)));
        if left.is_none() {
            plug.doubt = None;
        }
        self.changes.plugs.insert(id);
    }

    /// It is on, as the wish of now or an earlier one would have it.
    fn came_on(&mut self, id: PlugId, serial: Option<u64>) {
        let plug = self.plugs.get_mut(&id).filter(|plug| serial == Some(plug.serial));
        if let Some(period) = plug.and_then(|plug| plug.on.as_mut()).filter(|period| !period.came_on) {
            period.came_on = true;
            self.changes.plugs.insert(id);
        }
    }

    /// It is off, and nothing of ours can turn it on any more: one that is let go is nobody's from here on. The
    /// log always tells of it, for whoever keeps up would else switch it off once more.
    fn stays_off(&mut self, id: PlugId, serial: u64, happening: &Happening, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id).filter(|plug| plug.serial == serial) else { return };
        plug.rests = serial;
        let Some(Leaving { why, told }) = plug.leaving.take() else { return };
        plug.ended = None;
        self.changes.plugs.insert(id);
        self.settle(id, now);
        if !told {
            self.tell_relay(id, false);
            let was_off = Why { reason: format!("{} (it was off already)", why.reason), ..why };
            let report = PlugReport::Switched { state: RelayState::Off, cause: was_off.cause() };
            self.report_plug(id, happening.at, report);
        }
    }

    /// It is off as it should be: whatever turns it on from here on is another story.
    fn rests(&mut self, id: PlugId, serial: Option<u64>) {
        let plug = self.plugs.get_mut(&id).filter(|plug| serial == Some(plug.serial));
        let Some(plug) = plug.filter(|plug| plug.leaving.is_none()) else { return };
        if plug.ended.take().is_some() {
            self.changes.plugs.insert(id);
        }
        let asked = plug.ask.as_ref().map(|ask| ask.why.clone());
        let Some(current) = plug.current.as_mut().filter(|current| !current.on) else { return };
        if current.why.kind != CauseKind::Shutdown && asked.as_ref() != Some(&current.why) {
            current.why = Why::new(CauseKind::Unwanted, "nothing wants it on");
            self.changes.orders.insert(id);
        }
    }

    /// Somebody pressed the button. That counts for a while; where nothing may be on, it does not.
    fn pressed(&mut self, id: PlugId, on: bool, happening: &Happening, now: Moment) {
        let until = Deadline::after(now, self.rules.override_for);
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        if !plug.managed {
            return;
        }
        let enforced = on && plug.is_forbidden();
        let wanted = plug.wanted_on(now).is_some();
        plug.pressed = (!enforced && wanted != on).then_some(Pressed { state: relay(on), until });
        let respected = if plug.pressed.is_some() { until.wall } else { happening.at };
        // Its actor waits for an answer, be it the same as before.
        plug.current = None;
        self.changes.plugs.insert(id);
        self.settle(id, now);
        if let Some(period) = self.plugs.get_mut(&id).filter(|_| on).and_then(|plug| plug.on.as_mut()) {
            period.came_on = true;
        }
        self.tell_relay(id, on);
        self.report_plug(id, happening.at, PlugReport::Overridden { state: relay(on), until: respected });
    }

    fn failed(&mut self, id: PlugId, wish: &Wish, error: &str, refused: bool, happening: &Happening) {
        let at = happening.at;
        if refused {
            let error = Reason::clipped(error);
            let cause = (*wish.cause).clone();
            self.report_plug(id, at, PlugReport::Refused { state: relay(wish.on), error, cause });
        }
        let Some(automation) = wish.cause.automation else { return };
        let event_position = wish.cause.event_position;
        let hold = self.plugs.get(&id).and_then(|plug| plug.holds.get(&automation));
        let hold = hold.filter(|hold| wish.on && hold.why.event_position == event_position);
        let occasion = match (hold, wish.cause.kind) {
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
