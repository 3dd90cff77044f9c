//! What this crate's tests stand on: an event store in a temporary directory that several "processes" open,
//! and a clock that the test sets.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use auth::Authenticator;
use jiff::{SignedDuration, Timestamp};
use runtime::{
    clock::{Clock, SharedClock, SystemClock},
    log_clock::LogClock,
};
use sealing::{Keyring, MasterKey, PersonKeyCache};
use store::{
    SharedStore,
    sqlite::{SqliteOptions, SqliteStore, migrate},
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{CommandApi, execute::Executor};

/// Says the time it was told; draws real ids.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    /// Now it is `now`.
    pub(crate) fn set(&self, now: &str) {
        let now: Timestamp = now.parse().unwrap();
        self.0.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Some time passes.
    pub(crate) fn pass(&self, time: SignedDuration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn new_uuid(&self) -> Uuid {
        SystemClock.new_uuid()
    }
}

/// One installation: an event store and its master key. Gone when dropped.
pub(crate) struct Installation {
    pub(crate) clock: Arc<TestClock>,
    options: SqliteOptions,
    keyring: Arc<Keyring>,
    _dir: TempDir,
}

impl Installation {
    /// Empty; it is noon, UTC, of 10 June 2026.
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::in_dir(dir.path());
        migrate(&options.file, &SystemClock).await.unwrap();
        let keyring = Arc::new(Keyring::new(&MasterKey::generate().unwrap()).unwrap());
        let clock = Arc::new(TestClock(AtomicI64::new(0)));
        clock.set("2026-06-10T12:00:00Z");
        Self { clock, options, keyring, _dir: dir }
    }

    /// The store as one more process opens it.
    pub(crate) async fn open(&self) -> Arc<SqliteStore> {
        SqliteStore::open(&self.options, self.clock.clone()).await.unwrap()
    }

    /// A process's executor on `store`, which knows nothing yet.
    pub(crate) fn executor(&self, store: SharedStore) -> Executor {
        Executor::new(store, LogClock::new(self.shared_clock()), self.person_keys())
    }

    /// A process with a command API.
    pub(crate) async fn app(&self) -> CommandApi {
        let store = self.open().await;
        let authenticator = Arc::new(Authenticator::new(store.clone(), self.shared_clock()));
        CommandApi { executor: self.executor(store), authenticator, plug_networks: Arc::default() }
    }

    /// A process's cache of persons' keys.
    pub(crate) fn person_keys(&self) -> Arc<PersonKeyCache> {
        Arc::new(PersonKeyCache::new(self.keyring.clone(), self.shared_clock()))
    }

    fn shared_clock(&self) -> SharedClock {
        self.clock.clone()
    }
}
