//! What actors saw and did.

use shared::domain::{
    automation::{AutomationReport, Occasion, OccasionKind},
    ids::PlugId,
    plug::{CauseKind, MacAddress, PlugReport, Reading, RelayState},
    values::Reason,
};

use super::{
    Engine,
    state::{Pressed, Why},
};
use crate::{
    clock::{Deadline, Moment},
    wish::{Happening, What, Wish},
};

fn relay(on: bool) -> RelayState {
    if on { RelayState::On } else { RelayState::Off }
}

impl Engine {
    /// Takes in what the actor of a plug's device said.
    pub fn observe(&mut self, happening: &Happening, now: Moment) {
        if !self.plugs.contains_key(&happening.plug) {
            return;
        }
        let (id, at) = (happening.plug, happening.at);
        let report = match &happening.what {
            What::Switched(wish) => {
                self.relay_is(id, wish.on, now);
                if !wish.on {
                    self.rests(id);
                }
                self.tell_relay(id, wish.on);
                PlugReport::Switched { state: relay(wish.on), cause: (*wish.cause).clone() }
            }
            What::Seen { on } => return self.looked_at(id, *on, happening, now),
            What::Pressed { on } => return self.pressed(id, *on, happening, now),
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
    /// for the answer may have been lost, or the worker killed; else as one that nobody commanded, which is
    /// not respected.
    fn looked_at(&mut self, id: PlugId, on: bool, happening: &Happening, now: Moment) {
        let Some(plug) = self.plugs.get(&id) else { return };
        let wanted = plug.current.as_ref().filter(|current| current.on == on);
        let report = match wanted {
            Some(current) => PlugReport::Switched { state: relay(on), cause: current.why.cause() },
            None => PlugReport::Overridden { state: relay(on), until: happening.at },
        };
        let (is_news, is_rest) = (plug.told_on() != on, wanted.is_some() && !on);
        self.relay_is(id, on, now);
        if is_news && self.leading {
            self.tell_relay(id, on);
            self.report_plug(id, happening.at, report);
            if is_rest {
                self.rests(id);
            }
        }
    }

    /// A report is about to say so.
    fn tell_relay(&mut self, id: PlugId, on: bool) {
        if let Some(plug) = self.plugs.get_mut(&id) {
            plug.told = Some(relay(on));
            self.changes.plugs.insert(id);
        }
    }

    /// The relay is known to be so.
    fn relay_is(&mut self, id: PlugId, on: bool, now: Moment) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
        if on && let Some(period) = plug.on.as_mut().filter(|period| !period.came_on) {
            period.came_on = true;
            self.changes.plugs.insert(id);
        }
        if !on && plug.leaving.take().is_some() {
            self.changes.plugs.insert(id);
            self.settle(id, now);
        }
    }

    /// It is off as it should be: whatever turns it on from here on is another story.
    fn rests(&mut self, id: PlugId) {
        let Some(plug) = self.plugs.get_mut(&id) else { return };
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
        let wanted = plug.wanted_on().is_some();
        plug.pressed = (!enforced && wanted != on).then_some(Pressed { state: relay(on), until });
        let respected = if plug.pressed.is_some() { until.wall } else { happening.at };
        // Its actor waits for an answer, be it the same as before.
        plug.current = None;
        self.changes.plugs.insert(id);
        self.settle(id, now);
        self.relay_is(id, on, now);
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
        let kind = match (wish.cause.kind, wish.cause.event_position) {
            (CauseKind::Force, _) => OccasionKind::Force,
            (CauseKind::Automation, Some(_)) => OccasionKind::Event,
            _ => OccasionKind::End,
        };
        let occasion = Occasion { kind, event_position: wish.cause.event_position };
        let error = Reason::clipped(error);
        self.report_automation(automation, at, AutomationReport::Failed { plug: Some(id), error, occasion });
    }
}
