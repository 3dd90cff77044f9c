//! Slots for connections: so many in all, a share of them for one address, some kept for addresses that are
//! known. Where there is none, connections that wait for a request or for a peer that does not read make room.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use auth::subscriber;
use tokio::{sync::Notify, time::Instant};

use super::{connection::Connection, known_peers::KnownPeers, proxy::Network};

/// A client that means it has sent its request by then.
const IDLE_GRACE: Duration = Duration::from_millis(250);
/// A peer that reads has taken something by then.
const STALL_GRACE: Duration = Duration::from_secs(1);
/// A known client's connection is kept for longer.
const KNOWN_GRACE: Duration = Duration::from_secs(10);
/// Between two searches that find nobody.
const SEARCH_PAUSE: Duration = Duration::from_millis(50);

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Slots {
    most: usize,
    proxies: Vec<Network>,
    known: Arc<KnownPeers>,
    table: Mutex<Table>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Connection>>,
    by_address: HashMap<IpAddr, usize>,
    /// Told to close, not gone yet.
    leaving: usize,
    search_after: Option<Instant>,
}

/// A connection's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    id: u64,
    slots: Arc<Slots>,
    /// The connection that has it.
    pub(super) connection: Arc<Connection>,
}

impl Slots {
    /// `most` places; connections of `proxies` stand for many clients and have no share.
    pub(super) fn new(most: usize, proxies: Vec<Network>) -> Self {
        let (known, table) = (Arc::default(), Mutex::default());
        Self { most, proxies, known, table, freed: Notify::new() }
    }

    /// A place for a new connection from `address`. Without one, others were told to go where that helps.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let is_proxy = self.proxies.iter().any(|network| network.contains(address));
        let address = subscriber(address);
        let is_known = is_proxy || self.known.contains(address);
        let share = match (is_proxy, is_known) {
            (true, _) => self.most,
            (false, true) => self.most.div_ceil(2),
            (false, false) => self.most.div_ceil(4),
        };
        let most = if is_known { self.most } else { self.most - self.most / 8 };
        let mut table = self.table();
        if table.by_address.get(&address).copied().unwrap_or(0) >= share {
            table.make_room(1 + share / 64, |connection| connection.address() == address);
            return None;
        }
        if table.open.len() >= most {
            table.make_room(1 + most / 64, |_| true);
            return None;
        }
        let connection = Arc::new(Connection::new(address, self.known.clone()));
        let id = table.next;
        table.next += 1;
        table.open.insert(id, connection.clone());
        *table.by_address.entry(address).or_default() += 1;
        drop(table);
        Some(Slot { id, slots: self.clone(), connection })
    }

    /// Until a place has become free.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Tells some that wait for nothing in particular to go, because the system has no more descriptors.
    pub(super) fn make_room(&self) {
        self.table().make_room(1 + self.most / 64, |_| true);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Tells up to `count` connections among those that `may` go to do so, strangers and the longest waiting first.
    fn make_room(&mut self, count: usize, may: impl Fn(&Connection) -> bool) {
        let now = Instant::now();
        // Those who leave already make room for some of them.
        let count = count.saturating_sub(self.leaving);
        if count == 0 || self.search_after.is_some_and(|at| now < at) {
            return;
        }
        let mut found: Vec<_> = self
            .open
            .values()
            .filter(|connection| !connection.is_evicted() && may(connection))
            .filter_map(|connection| dispensable(connection).map(|waited| (waited, connection)))
            .collect();
        if found.is_empty() {
            self.search_after = Some(now + SEARCH_PAUSE);
            return;
        }
        found
            .sort_unstable_by_key(|(waited, connection)| (connection.is_known(), std::cmp::Reverse(*waited)));
        for (_, connection) in found.iter().take(count) {
            connection.evict();
        }
        self.leaving += found.len().min(count);
    }
}

/// For how long it has waited, if it can go.
fn dispensable(connection: &Connection) -> Option<Duration> {
    let idle = connection.idle_for();
    let stalled = connection.stalled_for();
    let grace = |grace: Duration| if connection.is_known() { KNOWN_GRACE } else { grace };
    idle.filter(|time| *time >= grace(IDLE_GRACE)).max(stalled.filter(|time| *time >= grace(STALL_GRACE)))
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.slots.table();
        table.open.remove(&self.id);
        if self.connection.is_evicted() {
            table.leaving = table.leaving.saturating_sub(1);
        }
        let address = self.connection.address();
        if let Some(count) = table.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                table.by_address.remove(&address);
            }
        }
        drop(table);
        self.slots.freed.notify_one();
    }
}
