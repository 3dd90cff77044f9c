//! The desired state of an outlet: what the actor of its device is ordered to do.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use domain::{ids::PlugId, plug::Cause};
use tokio::time::Instant;
use tplink_hs1xx::ChildId;

/// What an outlet is to be.
#[derive(Clone, Debug)]
pub struct Desired {
    /// Grows with every new desired state of this plug: an observation that carries an old one is stale.
    pub serial: u64,
    /// On or off.
    pub on: bool,
    /// When an ON ends without a further order.
    pub until: Option<Instant>,
    /// An ON that a pressed button began: of a whole strip, what is on is enough.
    pub by_hand: bool,
    /// Why.
    pub cause: Arc<Cause>,
}

/// One plug of a device, as its actor needs to know it.
#[derive(Clone, Debug)]
pub struct Outlet {
    /// Which outlet of a strip; none for the whole device.
    pub child: Option<ChildId>,
    /// Whether to read its energy meter.
    pub has_energy_meter: bool,
    /// None for a plug that is only looked at.
    pub desired: Option<Desired>,
    /// For an actor that begins: until then an ON of an earlier actor may still take effect.
    pub unconfirmed_until: Option<Instant>,
}

impl Outlet {
    /// The number of its desired state.
    #[must_use]
    pub fn serial(&self) -> Option<u64> {
        self.desired.as_ref().map(|desired| desired.serial)
    }

    /// Whether it is to be off.
    #[must_use]
    pub fn is_to_be_off(&self) -> bool {
        self.desired.as_ref().is_some_and(|desired| !desired.on)
    }

    /// Whether it is to be on because its button was pressed.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.desired.as_ref().is_some_and(|desired| desired.on && desired.by_hand)
    }
}

/// Everything an actor is ordered; the newest counts.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Where the device is, once known.
    pub address: Option<SocketAddr>,
    /// Its plugs.
    pub outlets: BTreeMap<PlugId, Outlet>,
}
