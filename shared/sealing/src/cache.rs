//! Persons' keys, fetched many at once and kept for seconds.
//!
//! An erased person's key must stop working everywhere soon, and other processes are not told: so a
//! key is trusted for [`KEPT_FOR`] after it was read from the store. The process that sees an erasure
//! forgets the key at once.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::ids::PlayerId;
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use runtime::clock::SharedClock;
use store::PersonKeys;

use super::{KeyError, KeySet, Keyring, PersonKey};

/// How long a key may be used after it was read.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(3);

/// Most keys kept; a batch of the projector names a few hundred persons.
const CAPACITY: usize = 16_384;

#[derive(Clone)]
struct Kept {
    key: PersonKey,
    read_at: Timestamp,
}

/// A short-lived cache of unwrapped keys. Shared by reference.
pub struct PersonKeyCache {
    keyring: Arc<Keyring>,
    clock: SharedClock,
    kept: Cache<PlayerId, Kept>,
    /// Counts calls of `forget`, so that a read under way meanwhile keeps nothing.
    forgotten: AtomicU64,
}

impl PersonKeyCache {
    /// Empty.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>, clock: SharedClock) -> Self {
        Self { keyring, clock, kept: Cache::new(CAPACITY), forgotten: AtomicU64::new(0) }
    }

    /// The keyring, for new keys and hashes of e-mails.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The keys of `persons`, asking `store` once for all that are not at hand. Who is erased or
    /// unknown has none.
    ///
    /// # Errors
    /// `Store`; `Unopenable` when a key does not fit the master key, which must stop the caller: what
    /// it could not open would look erased.
    pub async fn prefetch(
        &self,
        store: &(impl PersonKeys + ?Sized),
        persons: impl IntoIterator<Item = PlayerId>,
    ) -> Result<KeySet, KeyError> {
        let (mut keys, now) = (KeySet::default(), self.clock.now());
        let mut missing = vec![];
        for person in persons {
            match self.fresh(person, now) {
                Some(key) => keys.insert(person, key),
                None => missing.push(person),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            let forgotten = self.forgotten.load(Ordering::SeqCst);
            for (person, wrapped) in store.person_keys(&missing).await? {
                let key = self.keyring.unwrap(person, &wrapped)?;
                self.keep(person, Kept { key: key.clone(), read_at: now }, forgotten);
                keys.insert(person, key);
            }
        }
        Ok(keys)
    }

    /// Forgets the keys of persons who were erased.
    pub fn forget(&self, persons: &[PlayerId]) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        for person in persons {
            self.kept.remove(person);
        }
    }

    fn fresh(&self, person: PlayerId, now: Timestamp) -> Option<PersonKey> {
        let kept = self.kept.get(&person)?;
        let age = now.duration_since(kept.read_at);
        // A clock that was set back makes an age negative, and the key's true age unknown.
        (SignedDuration::ZERO..KEPT_FOR).contains(&age).then_some(kept.key)
    }

    /// Looks before and after: an erasure in between either sees what was inserted and removes it, or
    /// was counted and makes this remove it.
    fn keep(&self, person: PlayerId, kept: Kept, forgotten: u64) {
        if self.forgotten.load(Ordering::SeqCst) == forgotten {
            self.kept.insert(person, kept);
            if self.forgotten.load(Ordering::SeqCst) != forgotten {
                self.kept.remove(&person);
            }
        }
    }
}

impl std::fmt::Debug for PersonKeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonKeyCache(…)")
    }
}
