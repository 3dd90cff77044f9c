//! One location: its engine, and an actor for each of its devices while this worker leads.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use domain::{
    ids::{LocationId, PlugId},
    plug::{HardwareId, MacAddress, PlugIdentity, PlugReport},
};
use events::reports::{DeviceReport, ReportContent};
use tokio::{sync::mpsc, time::Instant};
use tplink_hs1xx::{Identity, Mac, discovery::Found};

use crate::{
    actor::{Handle, Setup},
    clock::{Clocks, Deadline, Moment},
    desired::{Desired, Orders, Outlet},
    discovery::plugs_of,
    engine::{Changes, Engine, PlugState},
    observation::{Observation, ObservationKind},
    sink::FoundPlug,
    store::{Batch, NewReport},
};

/// How long after the end of an ON an actor switches off by itself. The engine, which knows why it is over, comes
/// first; the actor only makes sure.
const AFTER_ITS_END: Duration = Duration::from_millis(500);

/// Why a plug is not reached whose address lies elsewhere.
const OUTSIDE: &str = "its address is in no network of plugs";

/// What tells a device from another.
type Device = (MacAddress, HardwareId);

/// See the module.
pub(crate) struct Site {
    location: LocationId,
    pub(crate) engine: Engine,
    actors: BTreeMap<Device, Handle>,
    setup: Setup,
    out: mpsc::UnboundedSender<Observation>,
    /// Orders that changed and were not given yet.
    not_ordered: BTreeSet<PlugId>,
    /// Retired plugs that were found all the same; logged once a run.
    retired_seen: BTreeSet<PlugId>,
    /// Plugs whose address is not connected to, each with the address that this was said of.
    outside_told: BTreeMap<PlugId, SocketAddr>,
    /// Which orders are given.
    gate: Gate,
}

/// Which orders are given by a worker that starts: what was wanted when its last run ended may be over since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// None: the log is being caught up with.
    Shut,
    /// The log is out of reach. What is due to be off by what is known is switched off; what is to be on is only
    /// looked at.
    OffOnly,
    /// All: the log was caught up with. What happens to it from here on changes nothing.
    Open,
}

impl Site {
    pub(crate) fn new(
        location: LocationId,
        engine: Engine,
        setup: Setup,
        out: mpsc::UnboundedSender<Observation>,
        gate: Gate,
    ) -> Self {
        Self {
            location,
            engine,
            actors: BTreeMap::new(),
            setup,
            out,
            not_ordered: BTreeSet::new(),
            retired_seen: BTreeSet::new(),
            outside_told: BTreeMap::new(),
            gate,
        }
    }

    /// Gives these orders from now on. What was withheld for long is too late.
    pub(crate) fn set_gate(&mut self, gate: Gate, now: Moment) {
        self.gate = gate;
        if gate == Gate::Open {
            self.engine.stop_withholding(now);
        }
    }

    /// Begins or stops to switch, when that is a change.
    pub(crate) fn lead(&mut self, lead: bool, now: Moment) {
        let did = self.engine.is_leading();
        if !lead {
            // Also where it did not lead: what it remembers may be of an earlier time when it led.
            self.engine.follow(now);
        }
        if lead == did {
            return;
        }
        tracing::info!(location = %self.location, lead, "whether this worker switches the plugs of the location");
        if lead && self.gate == Gate::Open {
            self.engine.lead(now);
        } else if lead {
            self.engine.lead_withholding(now);
        } else {
            // Stepping down switches nothing: another worker does that now.
            self.actors.clear();
        }
    }

    pub(crate) fn observe(&mut self, observation: &Observation, now: Moment) {
        if let ObservationKind::Unreachable { error } = &observation.kind {
            tracing::warn!(plug = %observation.plug, error, "a plug does not answer");
        }
        let span = tracing::debug_span!("observation", location = %self.location, plug = %observation.plug);
        span.in_scope(|| self.engine.observe(observation, now));
    }

    /// Puts what changed into `batch`, and gives orders for "off" at once: they wait for nothing.
    pub(crate) fn collect(&mut self, batch: &mut Batch, clocks: &Clocks) -> Result<bool> {
        let changes = self.engine.take_changes();
        let something = !changes.plugs.is_empty()
            || !changes.automations.is_empty()
            || !changes.reports.is_empty()
            || changes.location;
        self.not_ordered.extend(&changes.orders);
        self.give_orders(clocks, |desired| desired.is_none_or(|desired| !desired.on));
        self.store(&changes, batch, clocks)?;
        Ok(something)
    }

    fn store(&self, changes: &Changes, batch: &mut Batch, clocks: &Clocks) -> Result<()> {
        if changes.location {
            batch.location(self.location, self.engine.stored_location()?);
        }
        for id in &changes.plugs {
            if let Some(state) = self.engine.stored_plug(*id)? {
                batch.plug(self.location, *id, state);
            }
        }
        for id in &changes.automations {
            if let Some(row) = self.engine.stored_automation(*id)? {
                batch.automation(self.location, *id, &row)?;
            }
        }
        for report in &changes.reports {
            let (id, content) = (clocks.new_uuid(), report.content.clone());
            let is_reading = matches!(content, ReportContent::Plug(_, PlugReport::Read { .. }));
            let body = DeviceReport { id, at: report.at, content }.to_json()?.to_string();
            batch.reports.push(NewReport { location: self.location, is_reading, body });
        }
        Ok(())
    }

    /// Gives all orders that are left, after the state was written.
    pub(crate) fn give_all_orders(&mut self, clocks: &Clocks) {
        self.give_orders(clocks, |_| true);
    }

    fn give_orders(&mut self, clocks: &Clocks, now: impl Fn(Option<&Desired>) -> bool) {
        if !self.engine.is_leading() || self.gate == Gate::Shut {
            return;
        }
        for id in std::mem::take(&mut self.not_ordered) {
            let desired = self.desired(id, clocks).filter(|desired| !desired.on || self.gate == Gate::Open);
            if now(desired.as_ref()) {
                self.order(id, desired, clocks);
            } else {
                self.not_ordered.insert(id);
            }
        }
    }

    fn desired(&self, id: PlugId, clocks: &Clocks) -> Option<Desired> {
        let (current, serial) = self.engine.desired(id)?;
        Some(Desired {
            serial,
            on: current.on,
            until: current.until.map(|until| actors_end(&until, clocks)),
            by_hand: current.by_hand,
            cause: Arc::new(current.cause.clone()),
        })
    }

    fn order(&mut self, id: PlugId, desired: Option<Desired>, clocks: &Clocks) {
        let Some(plug) = self.engine.plugs().get(&id) else { return };
        let unconfirmed = plug.wanted.unconfirmed_on.as_ref().and_then(|unconfirmed| unconfirmed.until);
        let unconfirmed_until = unconfirmed.map(|until| clocks.instant(&until));
        let hardware = &plug.identity.hardware;
        let device = (hardware.mac, hardware.device_id.clone());
        let (address, outside) = self.reachable(plug.identity.address);
        let outlet = outlet(plug, desired, unconfirmed_until);
        let is_gone = plug.identity.retired && outlet.desired.is_none();
        if !is_gone && !self.actors.contains_key(&device) {
            let Some(identity) = identity(&device) else { return };
            let orders = Orders { address, ..Orders::default() };
            let actor = Handle::start(identity, orders, &self.setup, self.out.clone());
            self.actors.insert(device.clone(), actor);
        }
        let Some(actor) = self.actors.get(&device) else { return };
        actor.order(|orders| {
            orders.address = address.or(orders.address);
            if is_gone {
                orders.outlets.remove(&id);
            } else {
                orders.outlets.insert(id, outlet);
            }
        });
        if actor.has_nothing_to_do() {
            self.actors.remove(&device);
        }
        if let Some(address) = outside {
            self.tell_outside(id, address, clocks);
        }
    }

    /// The address, where it is one to connect to, or else as one that is not.
    fn reachable(&self, address: Option<SocketAddr>) -> (Option<SocketAddr>, Option<SocketAddr>) {
        let networks = &self.setup.plug_networks;
        (address.filter(|at| networks.contain(*at)), address.filter(|at| !networks.contain(*at)))
    }

    /// Says once an address that a plug is not connected to at its address, whatever an event says.
    fn tell_outside(&mut self, plug: PlugId, address: SocketAddr, clocks: &Clocks) {
        if self.outside_told.insert(plug, address) == Some(address) {
            return;
        }
        tracing::warn!(
            %plug, %address,
            "a plug's address is in no network of plugs and is not used: see AEROSPORTS_PLUG_NETWORKS and \
             AEROSPORTS_PLUG_PORTS"
        );
        let kind = ObservationKind::Unreachable { error: OUTSIDE.to_owned() };
        // There is no receiver any more while the worker stops.
        let _ = self.out.send(Observation { plug, at: clocks.now().wall, kind });
    }

    /// Follows known plugs to where they were found; unknown ones are returned. A strip that is one plug is known by
    /// any of its outlets. Where nobody uses it as one plug, its outlets are returned all the same: whether they take
    /// its place is the command API's to say. A retired plug is known: it comes back only when a person registers it.
    pub(crate) fn found(&mut self, found: &[Found], now: Moment) -> Vec<FoundPlug> {
        let mut unknown = Vec::new();
        for plug in found.iter().flat_map(|found| plugs_of(found.address, &found.info)) {
            let plugs = self.engine.plugs();
            let by_outlet = plugs.values().any(|known| is_other_outlet(known, &plug.identity));
            let gives_way = |known: &PlugState| gives_way(known, &plug.identity, by_outlet);
            let known = plugs.iter().filter(|(_, known)| covers(&known.identity.hardware, &plug.identity));
            let is_unknown = known.clone().all(|(_, known)| gives_way(known));
            let known: Vec<(PlugId, bool)> = known.map(|(id, known)| (*id, known.identity.retired)).collect();
            if is_unknown {
                unknown.push(plug.clone());
            }
            if known.is_empty() {
                continue;
            }
            for (id, _) in known.iter().filter(|(_, retired)| !retired) {
                self.engine.moved(*id, plug.address, now);
            }
            if known.iter().all(|(_, retired)| *retired)
                && let Some((id, _)) = known.last()
                && self.retired_seen.insert(*id)
            {
                let address = plug.address;
                tracing::info!(plug = %id, %address, "a retired plug was found: register it to use it again");
            }
        }
        unknown
    }

    /// Begins the stop; the plugs that must be seen off before it is over.
    pub(crate) fn stop(&mut self, now: Moment) -> BTreeSet<PlugId> {
        if !self.engine.is_leading() || self.actors.is_empty() {
            return BTreeSet::new();
        }
        self.engine.stop(now);
        let plugs = self.engine.plugs().keys();
        plugs.filter(|id| self.engine.desired(**id).is_some()).copied().collect()
    }
}

/// Whether a plug that is known is what was found, or a strip whose outlet was found.
fn covers(known: &PlugIdentity, found: &PlugIdentity) -> bool {
    let is_whole = known.child_id.is_none();
    (known.mac, &known.device_id) == (found.mac, &found.device_id)
        && (is_whole || known.child_id == found.child_id)
}

/// Whether a plug that is known may have to make way for what was found: it is the whole device and serves no room, or
/// was retired while outlets of the device are plugs, and an outlet was found.
fn gives_way(known: &PlugState, found: &PlugIdentity, by_outlet: bool) -> bool {
    let unused = if known.identity.retired { by_outlet } else { known.identity.room.is_none() };
    known.identity.hardware.child_id.is_none() && found.child_id.is_some() && unused
}

/// Whether a plug in use is an outlet of the device that was found.
fn is_other_outlet(known: &PlugState, found: &PlugIdentity) -> bool {
    let hardware = &known.identity.hardware;
    hardware.child_id.is_some() && hardware.whole() == found.whole() && !known.identity.retired
}

/// When the actor ends an ON; what is over already is not begun.
fn actors_end(until: &Deadline, clocks: &Clocks) -> Instant {
    let end = clocks.instant(until);
    if end > Instant::now() { end + AFTER_ITS_END } else { end }
}

fn outlet(plug: &PlugState, desired: Option<Desired>, unconfirmed_until: Option<Instant>) -> Outlet {
    let child = plug.identity.hardware.child_id.as_ref().and_then(|child| child.as_str().parse().ok());
    Outlet { child, has_energy_meter: plug.identity.has_energy_meter, desired, unconfirmed_until }
}

fn identity(device: &Device) -> Option<Identity> {
    let (mac, device_id) = device;
    Some(Identity { device_id: device_id.as_str().parse().ok()?, mac: Some(Mac(mac.0)) })
}
