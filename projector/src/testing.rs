//! For tests of projections: a log in memory, a projection stepped by hand, and the two properties that
//! every projection must have.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::{EventId, LocationId, PlayerId, StreamName},
    log::{Position, Version},
};
use events::{self, Opener, RecordedEvent, SealError, Sealer, sealing::NoKeys};
use jiff::Timestamp;
use read_store::{
    Checksum, Generation, ReadStore, Record, Table,
    progress::Progress,
    testing::{on_server, read_db as read_store},
};
use runtime::clock::SystemClock;
use store::StoreError;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    Config, Context, Event, EventSource, Events, Openers, Projection, Projector, SourceError, StoredEvents,
};

/// Seals nothing: personal data stays as it is, for anybody to open.
#[derive(Clone, Copy, Debug)]
pub struct Unsealed;

impl Sealer for Unsealed {
    fn seal(&self, _: PlayerId, plain: &[u8]) -> Result<String, SealError> {
        Ok(String::from_utf8_lossy(plain).into_owned())
    }
}

impl Opener for Unsealed {
    fn open(&self, _: PlayerId, sealed: &str) -> Option<Vec<u8>> {
        Some(sealed.as_bytes().to_vec())
    }
}

#[async_trait]
impl Openers for Unsealed {
    async fn opener(&self, _: &[Arc<RecordedEvent>]) -> Result<Arc<dyn Opener + Send + Sync>, StoreError> {
        Ok(Arc::new(*self))
    }
}

/// A log in memory. Clones share it.
#[derive(Clone)]
pub struct MemoryLog {
    events: Arc<Mutex<Vec<Arc<RecordedEvent>>>>,
    head: Arc<watch::Sender<Position>>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self { events: Arc::default(), head: Arc::new(watch::Sender::new(Position::default())) }
    }
}

impl MemoryLog {
    /// A log of `events`, which must be numbered from 1.
    #[must_use]
    pub fn of(events: Vec<Arc<RecordedEvent>>) -> Self {
        let log = Self::default();
        log.extend(events);
        log
    }

    /// Appends a stored form to `stream`, with the next position and version, a minute after the last.
    pub fn append_raw(
        &self,
        stream: &StreamName,
        location: Option<LocationId>,
        event_type: &str,
        data: &str,
    ) -> Position {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let position = Position(events.len() as u64 + 1);
        let before = events.iter().rev().find(|event| event.stream == *stream);
        let version = before.map_or(Version(1), |event| event.version.next());
        events.push(Arc::new(RecordedEvent {
            position,
            id: EventId(Uuid::from_u128(u128::from(position.0))),
            stream: stream.clone(),
            version,
            event_type: event_type.into(),
            location,
            data: data.into(),
            metadata: "{}".into(),
            recorded_at: minute(position),
        }));
        self.head.send_replace(position);
        position
    }

    /// Appends `event` to `stream`, [`Unsealed`].
    ///
    /// # Panics
    /// When the event has no stored form.
    pub fn append(
        &self,
        stream: &StreamName,
        location: Option<LocationId>,
        event: impl Into<DomainEvent>,
    ) -> Position {
        let (event_type, data) =
            events::encode(&event.into(), &Unsealed, stream.id()).expect("an event with a stored form");
        self.append_raw(stream, location, event_type, &data)
    }

    /// Every event so far.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<RecordedEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn extend(&self, more: impl IntoIterator<Item = Arc<RecordedEvent>>) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.extend(more);
        self.head.send_replace(Position(events.len() as u64));
    }

    fn slice(&self, from: Position, limit: usize) -> Vec<Arc<RecordedEvent>> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        events.iter().skip(skip).take(limit).cloned().collect()
    }
}

fn minute(position: Position) -> Timestamp {
    let seconds = 1_767_225_600 + 60 * i64::try_from(position.0).unwrap_or_default();
    Timestamp::from_second(seconds).unwrap_or_default()
}

#[async_trait]
impl Events for MemoryLog {
    fn follow(&self, after: Position) -> Box<dyn EventSource> {
        Box::new(MemorySource { log: self.clone(), head: self.head.subscribe(), next: after.next() })
    }

    async fn read(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, SourceError> {
        Ok(self.slice(from, limit))
    }

    async fn head(&self) -> Result<Position, SourceError> {
        Ok(*self.head.borrow())
    }

    fn timeline(&self) -> u32 {
        1
    }
}

struct MemorySource {
    log: MemoryLog,
    head: watch::Receiver<Position>,
    next: Position,
}

#[async_trait]
impl EventSource for MemorySource {
    async fn next_batch(&mut self, max: usize, _: Duration) -> Result<Vec<Arc<RecordedEvent>>, SourceError> {
        let next = self.next;
        let gone = |error: watch::error::RecvError| SourceError::Broken(error.into());
        self.head.wait_for(|head| *head >= next).await.map_err(gone).map(drop)?;
        let events = self.log.slice(next, max);
        self.next = Position(next.0 + events.len() as u64);
        Ok(events)
    }
}

/// Generation that [`Stepper`] writes.
const STEPPED: Generation = Generation { version: 1, run: 1 };

/// A projection on tables of its own, fed by hand.
pub struct Stepper {
    projection: Arc<dyn Projection>,
    opener: Arc<dyn Opener + Send + Sync>,
    context: Context,
    /// Its read store.
    pub db: ReadStore,
    _dir: tempfile::TempDir,
}

impl Stepper {
    /// Empty tables for `projection`.
    ///
    /// # Panics
    /// When they cannot be made.
    pub async fn new(projection: impl Projection) -> Self {
        Self::shared(Arc::new(projection)).await
    }

    /// The same without any person's key: what is sealed reads as erased.
    ///
    /// # Panics
    /// As [`Stepper::new`].
    pub async fn without_keys(projection: impl Projection) -> Self {
        Self { opener: Arc::new(NoKeys), ..Self::new(projection).await }
    }

    async fn shared(projection: Arc<dyn Projection>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let db = read_db(dir.path()).await;
        Self::on(projection, db, dir).await
    }

    /// In a file, also while tests run on a server: what tables must hold is the same everywhere.
    async fn in_file(projection: Arc<dyn Projection>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let db = ReadStore::open(&dir.path().join("read.db"), 1).await.expect("a read store");
        Self::on(projection, db, dir).await
    }

    async fn on(projection: Arc<dyn Projection>, db: ReadStore, dir: tempfile::TempDir) -> Self {
        let mut tx = db.begin(STEPPED).await.expect("a transaction");
        tx.create(projection.tables()).await.expect("the tables");
        let names: Vec<_> = projection.tables().iter().map(|table| table.name.into()).collect();
        tx.activate(&names).await.expect("the tables, active");
        tx.commit().await.expect("a commit");
        Self { projection, opener: Arc::new(Unsealed), context: Context::default(), db, _dir: dir }
    }

    /// Applies `events` as one batch.
    ///
    /// # Panics
    /// When the projection refuses.
    pub async fn apply(&mut self, events: &[Arc<RecordedEvent>]) {
        let wanted = |event: &&Arc<RecordedEvent>| self.projection.handles(&event.event_type);
        let decode =
            |event: &Arc<RecordedEvent>| Event::new(event.clone(), events::decode(event, &*self.opener));
        let events: Vec<_> = events.iter().filter(wanted).map(decode).collect();
        if events.is_empty() {
            return;
        }
        let mut tx = self.db.begin(STEPPED).await.expect("a transaction");
        let applied = self.projection.apply(&mut tx, &events, &mut self.context).await;
        applied.unwrap_or_else(|error| panic!("{}: {error:?}", self.projection.name()));
        tx.commit().await.expect("a commit");
    }

    /// Forgets what is in memory, as a new owner of the lease would start.
    pub fn restart(&mut self) {
        self.context = Context::default();
    }

    /// Count and hash of every table.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn checksums(&self) -> Vec<(&'static str, Checksum)> {
        checksums(&self.db, self.projection.tables(), STEPPED).await
    }

    /// All rows of `R`, in the order of their key.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn rows<R: Record>(&self) -> Vec<R> {
        rows(&self.db).await
    }
}

/// All rows of the active generation of `R`, in the order of their key.
///
/// # Panics
/// When they cannot be read.
pub async fn rows<R: Record>(db: &ReadStore) -> Vec<R> {
    let sql = format!("SELECT {} FROM {{{}}} t", R::select("t"), R::TABLE.name);
    let found = db.query(&sql, &[]).await.expect("the rows");
    let mut rows: Vec<R> = found.decode().expect("rows of their record");
    rows.sort_by_key(Record::key);
    rows
}

async fn checksums(
    db: &ReadStore,
    tables: &[&'static Table],
    generation: Generation,
) -> Vec<(&'static str, Checksum)> {
    let mut snapshot = db.snapshot().await.expect("a snapshot");
    let mut sums = Vec::new();
    for table in tables {
        sums.push((table.name, snapshot.checksum(table, generation).await.expect("a checksum")));
    }
    sums
}

/// Every event applied twice gives the same rows as applied once: each event by itself, and whole
/// batches, with and without what an owner has in memory.
///
/// # Panics
/// When it does not, or when `events` change no row.
pub async fn assert_idempotent(projection: impl Projection, events: &[Arc<RecordedEvent>]) {
    let projection: Arc<dyn Projection> = Arc::new(projection);
    let mut once = Stepper::in_file(projection.clone()).await;
    let untouched = once.checksums().await;
    once.apply(events).await;
    let expected = once.checksums().await;
    assert_ne!(expected, untouched, "the events change nothing, so this shows nothing");
    for size in sizes([7, 1, events.len().max(1)]) {
        let mut twice = Stepper::shared(projection.clone()).await;
        for batch in events.chunks(size) {
            twice.apply(batch).await;
            if size != 7 {
                twice.restart();
            }
            twice.apply(batch).await;
        }
        assert_eq!(twice.checksums().await, expected, "batches of {size}, each applied twice");
        twice.apply(&doubled(events)).await;
        assert_eq!(twice.checksums().await, expected, "everything once more, in pairs");
    }
}

/// All of them in a file; the first only on a server, where making tables takes longer than filling them.
fn sizes<const N: usize>(all: [usize; N]) -> impl Iterator<Item = usize> {
    all.into_iter().take(if on_server() { 1 } else { N })
}

fn doubled(events: &[Arc<RecordedEvent>]) -> Vec<Arc<RecordedEvent>> {
    events.iter().flat_map(|event| [event.clone(), event.clone()]).collect()
}

/// Built from zero in one go, the tables are byte for byte those that following gave: event by event,
/// in short batches, and by a worker that is replaced in between.
///
/// # Panics
/// When they are not.
pub async fn assert_rebuild_equal(projection: impl Projection, events: &[Arc<RecordedEvent>]) {
    let projection: Arc<dyn Projection> = Arc::new(projection);
    let mut whole = Stepper::in_file(projection.clone()).await;
    whole.apply(events).await;
    let expected = whole.checksums().await;
    for size in sizes([5, 1, 2, 13]) {
        let mut steps = Stepper::shared(projection.clone()).await;
        for (place, batch) in events.chunks(size).enumerate() {
            steps.apply(batch).await;
            if place % 3 == 2 {
                steps.restart();
            }
        }
        assert_eq!(steps.checksums().await, expected, "in batches of {size}");
    }
}

/// A projector over `log` on `db` with short delays, decoding what is [`Unsealed`].
#[must_use]
pub fn projector(
    db: &ReadStore,
    log: &MemoryLog,
    progress: &Progress,
    worker: &str,
    projections: Vec<Arc<dyn Projection>>,
) -> Projector {
    let config = Config {
        // Longer than a server takes for its first answers.
        lease: if on_server() { Duration::from_secs(15) } else { Duration::from_millis(600) },
        look_every: Duration::from_millis(20),
        idle_flush: Duration::from_millis(10),
        linger: Duration::from_millis(1),
        ..Config::new(worker)
    };
    Projector::new(
        db.clone(),
        Arc::new(log.clone()),
        Arc::new(StoredEvents::new(Arc::new(Unsealed))),
        progress.clone(),
        Arc::new(SystemClock),
        config,
        projections,
    )
}

/// A read store in `dir`.
///
/// # Panics
/// When it cannot be made.
pub async fn read_db(dir: &Path) -> ReadStore {
    read_store(dir, 2).await
}
