//! A projection that counts, the log it follows, and the runner.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::{LocationId, StreamName},
    location::LocationEvent,
    log::Position,
    values::Name,
};
use projector::{
    ApplyError, Context, Event, Projection,
    testing::{MemoryLog, projector, read_db, rows},
};
use read_store::{
    ReadModel, ReadStore, Record as _, Table, Tx,
    catalog::ProjectionRow,
    progress::{Progress, Waited},
};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

read_store::record! {
    /// Events counted without any guard: one applied twice shows.
    pub struct CountRow in "counts" {
        key {
            /// What was counted.
            stream: StreamName,
        }
        /// How often.
        events: i64,
        /// The last name given; indexed, so that a long one is refused by the table.
        label: String,
    }
    index "label" (label);
}

#[derive(Clone, Default)]
pub struct Counts {
    pub version: u32,
    /// Whether what used to fail is mended.
    pub mended: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
#[error("this name is poison")]
pub struct Poison;

#[async_trait]
impl Projection for Counts {
    fn model(&self) -> &'static ReadModel {
        static COUNTS: ReadModel = ReadModel { name: "counts", tables: &[CountRow::TABLE] };
        &COUNTS
    }

    fn version(&self) -> u32 {
        self.version + 1
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("location.")
    }

    fn cannot_wait(&self, event_type: &str) -> bool {
        event_type.starts_with("location.disabled.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<CountRow>();
        let keys: HashSet<_> = events.iter().map(|event| (event.stream.clone(),)).collect();
        rows.load(tx, keys).await?;
        for event in events {
            if let DomainEvent::Location(LocationEvent::Disabled { .. }) = event.fact()? {
                rows.put(CountRow { stream: event.stream.clone(), events: 0, label: "gone".to_owned() });
            }
            let DomainEvent::Location(LocationEvent::Renamed { name }) = event.fact()? else { continue };
            match name.as_str() {
                "poison" if !self.mended.load(Ordering::Relaxed) => {
                    return Err(ApplyError::event(event, Poison));
                }
                "panic" if !self.mended.load(Ordering::Relaxed) => panic!("as asked"),
                "too long" if !self.mended.load(Ordering::Relaxed) => {
                    let label = "x".repeat(Table::INDEXED_CHARS + 1);
                    // A row of its own: later events must not mend it before it is written.
                    rows.put(CountRow {
                        stream: StreamName::new("bad", event.stream.id()),
                        events: 0,
                        label,
                    });
                    continue;
                }
                _ => {}
            }
            let key = (event.stream.clone(),);
            let events = rows.get(&key)?.map_or(0, |row| row.events);
            let label = name.to_string();
            rows.put(CountRow { stream: event.stream.clone(), events: events + 1, label });
        }
        Ok(rows.flush(tx, context).await?)
    }
}

/// How long what must come may take.
pub const PATIENCE: Duration = Duration::from_mins(1);

pub struct Bench {
    pub dir: tempfile::TempDir,
    pub log: MemoryLog,
    pub db: ReadStore,
    pub counts: Counts,
}

impl Bench {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = read_db(dir.path()).await;
        Self { dir, log: MemoryLog::default(), db, counts: Counts::default() }
    }

    pub fn rename(&self, id: u128, name: &str) -> Position {
        let id = LocationId(Uuid::from_u128(id));
        self.log.append(&id.stream(), Some(id), LocationEvent::Renamed { name: Name::stored(name) })
    }

    pub fn start(&self, worker: &str) -> Running {
        self.start_on(&self.db, worker, self.counts.clone())
    }

    pub fn start_on(&self, db: &ReadStore, worker: &str, counts: Counts) -> Running {
        let (progress, stop) = (Progress::default(), CancellationToken::new());
        let projector = projector(db, &self.log, &progress, worker, vec![Arc::new(counts)]);
        let task = tokio::spawn(projector.run(stop.clone()));
        Running { progress, stop, task }
    }

    pub async fn counted(&self) -> Vec<(u128, i64)> {
        let rows: Vec<CountRow> = rows(&self.db).await;
        rows.iter().map(|row| (row.stream.id().parse::<Uuid>().unwrap().as_u128(), row.events)).collect()
    }

    pub async fn row(&self, state: &str) -> ProjectionRow {
        let rows: Vec<ProjectionRow> = catalog(&self.db).await;
        rows.into_iter().find(|row| &*row.state == state).unwrap()
    }
}

pub async fn catalog(db: &ReadStore) -> Vec<ProjectionRow> {
    let sql = format!("SELECT {} FROM {{projections}} p", ProjectionRow::select("p"));
    db.query(&sql, &[]).await.unwrap().decode().unwrap()
}

pub struct Running {
    pub progress: Progress,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Running {
    pub async fn reach(&self, position: Position) {
        let deadline = Instant::now() + PATIENCE;
        while self.progress.watermark("counts").is_none() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let waited = self.progress.wait_for("counts", position, deadline).await;
        assert!(matches!(waited, Waited::Reached(_)), "{waited:?} instead of {position}");
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// As `kill -9` would: whatever is under way is dropped, nothing is given up.
    pub async fn kill(self) {
        self.task.abort();
        self.task.await.unwrap_err();
    }
}

pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done().await {
        assert!(Instant::now() < deadline, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
