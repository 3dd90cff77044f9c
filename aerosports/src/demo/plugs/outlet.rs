//! One outlet of a simulated device, as the venue uses it.

use std::{sync::Arc, time::Instant};

use plug_simulator::{Cause, Plug, RelayChange};
use uuid::Uuid;

/// One outlet.
#[derive(Clone, Debug)]
pub struct Outlet {
    /// Its id at the server.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// The device it belongs to.
    pub device: Arc<Plug>,
    /// Its place on the device, from 0.
    pub place: usize,
}

/// A time during which current flowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its beginning.
    pub from: Instant,
    /// Its end, if it has one.
    pub to: Option<Instant>,
}

impl Outlet {
    /// Whether current flows.
    pub fn is_on(&self) -> bool {
        self.device.is_outlet_on(self.place)
    }

    /// Resolves when current flows, or not.
    pub async fn until(&self, on: bool) {
        self.device.until_outlet(self.place, on).await;
    }

    /// When it was switched last; now, if never.
    pub fn changed_at(&self) -> Instant {
        let changes = self.device.changes();
        let mine = changes.iter().rev().find(|change| change.outlet == self.place);
        mine.map_or_else(Instant::now, |change| change.at)
    }

    /// How often it was switched on (or off) over the network.
    pub fn switched(&self, on: bool) -> usize {
        let changes = self.device.changes();
        let by_request = |change: &&RelayChange| change.cause == Cause::Request && change.on == on;
        changes.iter().filter(|change| change.outlet == self.place).filter(by_request).count()
    }

    /// Every time during which current flowed.
    pub fn periods(&self) -> Vec<Period> {
        let mut periods: Vec<Period> = Vec::new();
        for change in self.device.changes().iter().filter(|change| change.outlet == self.place) {
            match periods.last_mut().filter(|last| last.to.is_none()) {
                None if change.on => periods.push(Period { from: change.at, to: None }),
                Some(last) if !change.on => last.to = Some(change.at),
                _ => {}
            }
        }
        periods
    }
}
