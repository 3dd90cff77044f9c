//! What the engine wants of an outlet, and what the actor of its device says back.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use shared::domain::{ids::PlugId, plug::Cause};
use tokio::time::Instant;
use tplink_hs1xx::{ChildId, Energy, Mac};

/// What an outlet is to be.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Grows with every change of mind about this plug: an answer that carries an old one is stale.
    pub serial: u64,
    /// On or off.
    pub on: bool,
    /// When an ON ends even if nobody says so.
    pub until: Option<Instant>,
    /// An ON that somebody's hand began: of a whole strip, what is on is enough.
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
    pub wish: Option<Wish>,
    /// For an actor that begins: until then an ON of an earlier one may still take effect.
    pub doubt: Option<Instant>,
}

impl Outlet {
    /// The wish it is under.
    #[must_use]
    pub fn serial(&self) -> Option<u64> {
        self.wish.as_ref().map(|wish| wish.serial)
    }

    /// Whether it is to be off.
    #[must_use]
    pub fn is_to_be_off(&self) -> bool {
        self.wish.as_ref().is_some_and(|wish| !wish.on)
    }

    /// Whether it is to be on because somebody's hand turned it on.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.wish.as_ref().is_some_and(|wish| wish.on && wish.by_hand)
    }
}

/// Everything an actor is told; the newest counts.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Where the device is, once known.
    pub address: Option<SocketAddr>,
    /// Its plugs.
    pub outlets: BTreeMap<PlugId, Outlet>,
}

/// What an actor says of one plug.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Which plug.
    pub plug: PlugId,
    /// When, at the worker.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// See [`Happening`].
#[derive(Clone, Debug)]
pub enum What {
    /// It obeyed a wish, and the read-back agrees.
    Switched(Wish),
    /// A try to fulfil a wish failed; said once a wish and reason.
    Failed {
        /// The wish.
        wish: Wish,
        /// The reason.
        error: String,
        /// It answered and did not obey, rather than not answering.
        refused: bool,
    },
    /// It was looked at.
    Seen {
        /// The relay.
        on: bool,
        /// The wish that its actor had then.
        serial: Option<u64>,
    },
    /// It is off as that wish says, and no ON of ours can arrive any more; said once a wish for OFF.
    StaysOff {
        /// The wish.
        serial: u64,
    },
    /// It is to be switched on once more, by a wish that it had obeyed: as soon as there is a new one.
    Tries(Wish),
    /// It is not told to switch on any more by the wish of this serial, for it is on, or is to be off.
    Doubts {
        /// The wish.
        serial: u64,
        /// For how long an ON that was sent may still take effect; none when all were answered.
        left: Option<Duration>,
    },
    /// It was as wished, stayed in touch, and changed all the same: somebody pressed its button.
    Pressed {
        /// The relay now.
        on: bool,
    },
    /// It stopped answering; said once.
    Unreachable {
        /// How that showed.
        error: String,
    },
    /// It answers again; said once.
    Recovered,
    /// Another device is at its address; said once an address and device.
    IdentityRefused {
        /// The address.
        address: SocketAddr,
        /// Who is there, when it says.
        found: Option<Mac>,
    },
    /// Its energy meter.
    Reading(Energy),
}
