//! Which keys there are, read as a whole. Tells a right key from a guess for an address that guesses too much,
//! at a cost that does not grow with the guesses.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use store::{Credentials, StoreError};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Shortest pause between two readings.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause; who waits for a reading must still be answered.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// A pause is so many times as long as the reading before it, so that reading is not all that the store does.
const PAUSE_FACTOR: u32 = 20;

/// The hashes of all keys, as of the last reading.
#[derive(Debug, Default)]
pub(super) struct IssuedKeys {
    /// Readings begun.
    begun: AtomicU64,
    last: Mutex<Reading>,
}

#[derive(Debug, Default)]
struct Reading {
    /// Its number; 0: there was none.
    number: u64,
    hashes: HashSet<[u8; 32]>,
    next_at: Option<Instant>,
}

impl IssuedKeys {
    /// Whether there is a key with `hash`, by a reading that begins after this call. All calls that wait share one.
    pub(super) async fn contains(
        &self,
        hash: &[u8; 32],
        store: &dyn Credentials,
    ) -> Result<bool, StoreError> {
        let before = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.number <= before {
            if let Some(at) = last.next_at {
                sleep_until(at).await;
            }
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let began = Instant::now();
            last.next_at = Some(began + SHORTEST_PAUSE);
            let rows = store.list_api_keys().await?;
            last.hashes = rows.into_iter().map(|row| row.secret_hash).collect();
            last.number = number;
            let pause = (began.elapsed() * PAUSE_FACTOR).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
            last.next_at = Some(Instant::now() + pause);
        }
        Ok(last.hashes.contains(hash))
    }
}
