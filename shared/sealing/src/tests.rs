//! Round trips, tampering, wrong keys, and keys that go away.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use domain::{
    ids::{EventId, LocationId, StreamName},
    log::{CommandId, Head, Position, Token, Version},
    values::EmailAddress,
};
use events::{Opener as _, RecordedEvent, SealError, Sealer as _};
use jiff::Timestamp;
use runtime::clock::Clock;
use store::{Append, EventLog, PersonKeyChange, PersonKeys, StoredAnswer, Verdict, WrappedKey};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::*;

const ANA: PlayerId = PlayerId(Uuid::from_u128(10));
const BEN: PlayerId = PlayerId(Uuid::from_u128(11));

fn keyring() -> Keyring {
    Keyring::new(&MasterKey::generate().unwrap()).unwrap()
}

fn with_key(keyring: &Keyring, person: PlayerId) -> KeySet {
    let mut keys = KeySet::default();
    keys.insert(person, keyring.new_person_key(person).unwrap().0);
    keys
}

/// Seconds since the epoch, moved by the test.
#[derive(Default)]
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn new_uuid(&self) -> Uuid {
        Uuid::nil()
    }
}

/// Keys in memory, as a store would keep them; a read waits at the gate if there is one.
#[derive(Default)]
struct Keys {
    rows: Mutex<HashMap<PlayerId, WrappedKey>>,
    reads: AtomicUsize,
    gate: Option<(Notify, Notify)>,
}

impl Keys {
    fn with(keyring: &Keyring, persons: &[PlayerId]) -> Self {
        let keys = Self::default();
        for person in persons {
            let (_, wrapped) = keyring.new_person_key(*person).unwrap();
            keys.rows.lock().unwrap().insert(*person, wrapped);
        }
        keys
    }
}

#[async_trait]
impl PersonKeys for Keys {
    async fn person_keys(&self, persons: &[PlayerId]) -> Result<Vec<(PlayerId, WrappedKey)>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let rows = {
            let rows = self.rows.lock().unwrap();
            persons.iter().filter_map(|person| Some((*person, rows.get(person)?.clone()))).collect()
        };
        if let Some((reached, open)) = &self.gate {
            reached.notify_one();
            open.notified().await;
        }
        Ok(rows)
    }
}

/// Only what the check at start needs: keys, created once.
#[async_trait]
impl EventLog for Keys {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        for change in append.person_keys {
            if let PersonKeyChange::Create(person, wrapped) = change {
                self.rows.lock().unwrap().entry(person).or_insert(wrapped);
            }
        }
        Ok(Verdict::Committed(Token { timeline: 1, position: Position(0) }))
    }

    async fn answer(&self, _: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        Ok(None)
    }

    async fn read_stream(
        &self,
        _: &StreamName,
        _: Version,
        _: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        Ok(vec![])
    }

    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
        Ok(vec![vec![]; wanted.len()])
    }

    async fn read_log(&self, _: Position, _: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        Ok(vec![])
    }

    async fn read_event(&self, _: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        Ok(None)
    }

    async fn head(&self) -> Result<Head, StoreError> {
        Ok(Head::default())
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        watch::channel(Head::default()).1
    }
}

#[test]
fn what_a_key_sealed_it_opens() {
    let keys = with_key(&keyring(), ANA);
    for plain in [&b""[..], b"Ana", &[7; 10_000]] {
        let sealed = keys.seal(ANA, plain).unwrap();
        assert_eq!(keys.open(ANA, &sealed).as_deref(), Some(plain));
    }
}

#[test]
fn equal_texts_look_different_and_show_nothing() {
    let keys = with_key(&keyring(), ANA);
    let (first, second) = (keys.seal(ANA, b"Ana").unwrap(), keys.seal(ANA, b"Ana").unwrap());
    assert_ne!(first, second);
    let bytes = STANDARD_NO_PAD.decode(first).unwrap();
    assert!(!bytes.windows(3).any(|window| window == b"Ana"));
}

#[test]
fn a_changed_text_opens_no_more_wherever_it_was_changed() {
    let keys = with_key(&keyring(), ANA);
    let sealed = STANDARD_NO_PAD.decode(keys.seal(ANA, b"Ana").unwrap()).unwrap();
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert_eq!(keys.open(ANA, &STANDARD_NO_PAD.encode(&changed)), None, "byte {place}");
        assert_eq!(keys.open(ANA, &STANDARD_NO_PAD.encode(&sealed[..place])), None, "{place} bytes");
    }
    assert_eq!(keys.open(ANA, "not base64!"), None);
}

#[test]
fn another_persons_key_opens_nothing() {
    let keyring = keyring();
    let (key, _) = keyring.new_person_key(ANA).unwrap();
    let mut keys = with_key(&keyring, BEN);
    keys.insert(ANA, key.clone());
    let sealed = keys.seal(ANA, b"Ana").unwrap();
    assert_eq!(keys.open(BEN, &sealed), None);
    // The same key under another person's id opens nothing either: the id is authenticated.
    keys.insert(BEN, key);
    assert_eq!(keys.open(BEN, &sealed), None);
    assert!(keys.open(ANA, &sealed).is_some());
}

#[test]
fn without_a_key_nothing_is_sealed_or_opened() {
    let keys = with_key(&keyring(), ANA);
    let sealed = keys.seal(ANA, b"Ana").unwrap();
    assert!(matches!(KeySet::default().seal(ANA, b"Ana"), Err(SealError::NoKey)));
    assert_eq!(KeySet::default().open(ANA, &sealed), None);
}

#[test]
fn a_wrapped_key_is_good_for_its_person_and_its_master_key() {
    let keyring = keyring();
    let (key, wrapped) = keyring.new_person_key(ANA).unwrap();
    let mut keys = KeySet::default();
    keys.insert(ANA, key);
    let sealed = keys.seal(ANA, b"Ana").unwrap();
    let mut again = KeySet::default();
    again.insert(ANA, keyring.unwrap(ANA, &wrapped).unwrap());
    assert_eq!(again.open(ANA, &sealed).as_deref(), Some(&b"Ana"[..]));

    assert!(matches!(keyring.unwrap(BEN, &wrapped), Err(KeyError::Unopenable(BEN))));
    assert!(matches!(self::keyring().unwrap(ANA, &wrapped), Err(KeyError::Unopenable(ANA))));
    let changed = |place: usize| {
        let mut bytes = wrapped.0.clone();
        bytes[place] ^= 1;
        WrappedKey(bytes)
    };
    for place in 0..wrapped.0.len() {
        assert!(keyring.unwrap(ANA, &changed(place)).is_err(), "byte {place}");
    }
    assert!(keyring.unwrap(ANA, &WrappedKey(vec![])).is_err());
}

#[test]
fn a_master_key_survives_its_text_form() {
    let master = MasterKey::generate().unwrap();
    let again = MasterKey::parse(&format!("  {}\n", master.expose_base64())).unwrap();
    let (_, wrapped) = Keyring::new(&master).unwrap().new_person_key(ANA).unwrap();
    assert!(Keyring::new(&again).unwrap().unwrap(ANA, &wrapped).is_ok());
}

#[test]
fn a_master_key_that_is_none_is_refused() {
    for bad in ["", "hunter2", "AAAA", &"A".repeat(64)] {
        assert!(matches!(MasterKey::parse(bad), Err(KeyError::Malformed)), "{bad}");
    }
    let zeros = format!("{}=", "A".repeat(43));
    assert!(matches!(MasterKey::parse(&zeros), Err(KeyError::Weak)));
}

#[test]
fn subkeys_differ_by_purpose_and_debug_shows_no_key() {
    let master = MasterKey::generate().unwrap();
    assert_ne!(master.subkey("a"), master.subkey("b"));
    assert_eq!(master.subkey("a"), master.subkey("a"));
    let keyring = Keyring::new(&master).unwrap();
    let (key, _) = keyring.new_person_key(ANA).unwrap();
    assert_eq!(format!("{master:?} {keyring:?} {key:?}"), "MasterKey(…) Keyring(…) PersonKey(…)");
}

#[test]
fn an_emails_hash_depends_on_master_key_location_and_folded_address() {
    let (keyring, here, there) = (keyring(), LocationId(Uuid::from_u128(1)), LocationId(Uuid::from_u128(2)));
    let email = |text| EmailAddress::new(text).unwrap();
    let key = keyring.email_key(here, &email("ana@example.org"));
    assert_eq!(key.len(), 64);
    assert!(key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(key, keyring.email_key(here, &email("ANA@Example.ORG")));
    assert_ne!(key, keyring.email_key(there, &email("ana@example.org")));
    assert_ne!(key, keyring.email_key(here, &email("bea@example.org")));
    assert_ne!(key, self::keyring().email_key(here, &email("ana@example.org")));
}

#[tokio::test]
async fn keys_are_read_at_once_and_kept_for_seconds() {
    let (keyring, clock) = (Arc::new(keyring()), Arc::new(TestClock::default()));
    let store = Keys::with(&keyring, &[ANA, BEN]);
    let cache = PersonKeyCache::new(keyring, clock.clone());
    let stranger = PlayerId(Uuid::from_u128(99));
    let keys = cache.prefetch(&store, [ANA, BEN, ANA, stranger]).await.unwrap();
    assert!(keys.contains(ANA) && keys.contains(BEN) && !keys.contains(stranger));
    assert!(cache.prefetch(&store, [BEN, ANA]).await.unwrap().contains(ANA));
    assert_eq!(store.reads.load(Ordering::SeqCst), 1);

    // Erased by another process: gone as soon as the key was kept long enough.
    store.rows.lock().unwrap().remove(&ANA);
    assert!(cache.prefetch(&store, [ANA]).await.unwrap().contains(ANA));
    clock.0.store(3, Ordering::SeqCst);
    assert!(!cache.prefetch(&store, [ANA]).await.unwrap().contains(ANA));
    // A clock set back trusts nothing.
    clock.0.store(2, Ordering::SeqCst);
    let reads = store.reads.load(Ordering::SeqCst);
    assert!(cache.prefetch(&store, [BEN]).await.unwrap().contains(BEN));
    clock.0.store(-100, Ordering::SeqCst);
    assert!(cache.prefetch(&store, [BEN]).await.unwrap().contains(BEN));
    assert_eq!(store.reads.load(Ordering::SeqCst), reads + 1);
}

#[tokio::test]
async fn an_erasure_seen_here_works_at_once() {
    let keyring = Arc::new(keyring());
    let store = Keys::with(&keyring, &[ANA, BEN]);
    let cache = PersonKeyCache::new(keyring, Arc::new(TestClock::default()));
    cache.prefetch(&store, [ANA, BEN]).await.unwrap();
    store.rows.lock().unwrap().clear();
    cache.forget(&[ANA]);
    let keys = cache.prefetch(&store, [ANA, BEN]).await.unwrap();
    assert!(!keys.contains(ANA) && keys.contains(BEN));
}

#[tokio::test]
async fn a_read_that_an_erasure_overtakes_leaves_no_key_behind() {
    let keyring = Arc::new(keyring());
    let store = Arc::new(Keys { gate: Some(Default::default()), ..Keys::with(&keyring, &[ANA]) });
    let cache = Arc::new(PersonKeyCache::new(keyring, Arc::new(TestClock::default())));
    let reading = tokio::spawn({
        let (cache, store) = (cache.clone(), store.clone());
        async move { cache.prefetch(&*store, [ANA]).await }
    });
    let (reached, open) = store.gate.as_ref().unwrap();
    reached.notified().await;
    store.rows.lock().unwrap().clear();
    cache.forget(&[ANA]);
    open.notify_one();
    assert!(reading.await.unwrap().unwrap().contains(ANA), "it had read the key before");
    open.notify_one();
    assert!(!cache.prefetch(&*store, [ANA]).await.unwrap().contains(ANA));
}

#[tokio::test]
async fn a_key_of_another_master_key_is_an_error_and_not_an_erasure() {
    let store = Keys::with(&keyring(), &[ANA]);
    let cache = PersonKeyCache::new(Arc::new(keyring()), Arc::new(TestClock::default()));
    assert!(matches!(cache.prefetch(&store, [ANA]).await, Err(KeyError::Unopenable(ANA))));
}

#[tokio::test]
async fn a_wrong_master_key_is_told_at_start() {
    let (store, right, wrong) = (Keys::default(), keyring(), keyring());
    let now = Timestamp::UNIX_EPOCH;
    check_master_key(&store, &right, now).await.unwrap();
    check_master_key(&store, &right, now).await.unwrap();
    let error = check_master_key(&store, &wrong, now).await.unwrap_err();
    assert!(matches!(error, KeyError::WrongMasterKey));
    assert!(error.to_string().contains("restore the right one"));
}
