//! What is known of one connection, shared by its stream, its requests and who hands out places.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::known_peers::KnownPeers;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    address: IpAddr,
    born: Instant,
    known_peers: Arc<KnownPeers>,
    /// Requests begun; the head of the next one is then awaited anew.
    requests: AtomicU64,
    /// Milliseconds after `born`, plus one; 0 while a request is being answered.
    idle_since: AtomicU64,
    /// Milliseconds after `born`, plus one; 0 while the peer takes what we write.
    stalled_since: AtomicU64,
    /// Minutes after `born`, plus one, of the last request with a valid key; 0: none.
    known_minute: AtomicU64,
    answered: AtomicBool,
    reads_on: AtomicBool,
    stopping: AtomicBool,
    evicted: CancellationToken,
}

impl Connection {
    /// A new one from `address`.
    pub(super) fn new(address: IpAddr, known_peers: Arc<KnownPeers>) -> Self {
        Self {
            address,
            born: Instant::now(),
            known_peers,
            requests: AtomicU64::new(0),
            idle_since: AtomicU64::new(1),
            stalled_since: AtomicU64::new(0),
            known_minute: AtomicU64::new(0),
            answered: AtomicBool::new(false),
            reads_on: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            evicted: CancellationToken::new(),
        }
    }

    /// Who it counts for.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn since(&self, mark: &AtomicU64) -> Option<Duration> {
        let at = mark.load(Ordering::Relaxed);
        (at > 0).then(|| Duration::from_millis(self.millis().saturating_sub(at)))
    }

    /// A request has come whole, as far as its head goes.
    pub(super) fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.idle_since.store(0, Ordering::Relaxed);
    }

    /// Its answer is complete, though not yet written.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// All that there was to write is written.
    pub(super) fn flushed(&self) {
        if self.answered.load(Ordering::Relaxed) {
            self.answered.store(false, Ordering::Relaxed);
            self.idle_since.store(self.millis(), Ordering::Relaxed);
        }
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether no request is being answered.
    pub(super) fn is_idle(&self) -> bool {
        self.idle_since.load(Ordering::Relaxed) > 0
    }

    /// How long it has been waiting for a request.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        self.since(&self.idle_since)
    }

    /// The peer takes nothing just now, or takes it again.
    pub(super) fn stalls(&self, stalls: bool) {
        self.stalled_since.store(if stalls { self.millis() } else { 0 }, Ordering::Relaxed);
    }

    /// How long the peer has taken next to nothing of what is there for it.
    pub(super) fn stalled_for(&self) -> Option<Duration> {
        self.since(&self.stalled_since)
    }

    /// A request had a valid key.
    pub(super) fn is_known(&self) -> bool {
        self.known_minute.load(Ordering::Relaxed) > 0
    }

    /// Notes that a request had a valid key; so has its address, for a while.
    pub(super) fn note_known(&self) {
        let minute = self.born.elapsed().as_secs() / 60 + 1;
        if self.known_minute.swap(minute, Ordering::Relaxed) != minute {
            self.known_peers.note(self.address);
        }
    }

    /// What the peer still sends is to be read before closing, so that it gets to read the last answer.
    pub(super) fn read_on(&self) {
        self.reads_on.store(true, Ordering::Relaxed);
    }

    /// See [`Connection::read_on`].
    pub(super) fn reads_on(&self) -> bool {
        self.reads_on.load(Ordering::Relaxed)
    }

    /// The request under way is its last.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// See [`Connection::stop`].
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Closes it, to make room.
    pub(super) fn evict(&self) {
        self.evicted.cancel();
    }

    /// Whether it is being closed to make room.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.is_cancelled()
    }

    /// Until it is to be closed to make room.
    pub(super) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }
}
