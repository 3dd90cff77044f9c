//! The event store in one SQLite file. Every process that appends has one task for it; the file's lock and
//! the head row order the processes among each other.

mod answers;
mod api_keys;
mod appender;
pub mod bench;
mod checkpoint;
mod connect;
mod export;
mod fault;
mod inserts;
mod leases;
mod migrate;
mod person_keys;
mod reads;
mod rows;
mod snapshots;
mod tails;
#[cfg(test)]
mod tests;
mod write;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{Mutex, watch};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use self::{
    answers::Answers,
    appender::SqliteCommits,
    tails::SqliteTails,
    writer::{Writer, Writers},
};
use super::{
    Append, EventLog, StoreError, StoredAnswer, Verdict,
    group::{self, Appender, Appends, Recent, TailReader, plan::TypeNames, spawn_thread},
};
use domain::ids::{EventId, StreamName};
use domain::log::{CommandId, Head, Position, Version};
use events::RecordedEvent;
use runtime::clock::SharedClock;

pub use migrate::migrate;

/// The file's name in the data directory.
pub const FILE_NAME: &str = "events.db";

/// Where the file is, and how much this process spends on it.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The database file.
    pub file: PathBuf,
    /// Most read-only connections.
    pub readers: u32,
    /// Most events kept in memory for those who follow the log.
    pub recent_events: usize,
    /// Most bytes of such events.
    pub recent_bytes: usize,
}

impl SqliteOptions {
    /// The usual options for the event store in `data_dir`.
    #[must_use]
    pub fn in_dir(data_dir: &Path) -> Self {
        Self { file: data_dir.join(FILE_NAME), readers: 4, recent_events: 16_384, recent_bytes: 12 << 20 }
    }
}

/// The store. Dropping it ends its tasks after what was accepted is committed; [`SqliteStore::close`]
/// also waits for that and empties the write-ahead log.
pub struct SqliteStore {
    appends: Appends,
    tails: TailReader,
    readers: SqlitePool,
    writers: Arc<Mutex<Writers>>,
    recent: Arc<Recent>,
    head: watch::Sender<Head>,
    tasks: TaskTracker,
    closing: CancellationToken,
    _close_on_drop: DropGuard,
}

impl SqliteStore {
    /// Opens a file whose schema is up to date, and starts the tasks that serve it.
    ///
    /// # Errors
    /// `Schema` when [`migrate`] must run first, `Unavailable` when the file cannot be opened.
    pub async fn open(options: &SqliteOptions, clock: SharedClock) -> Result<Arc<Self>, StoreError> {
        if !tokio::fs::try_exists(&options.file).await.unwrap_or(false) {
            return Err(StoreError::Schema("there is no event store yet; run `aerosports migrate`".into()));
        }
        let mut durable = Writer::new(connect::durable(&options.file));
        migrate::verify(durable.conn().await?).await?;
        let writers = Writers { durable, relaxed: Writer::new(connect::relaxed(&options.file)) };
        let store = Self::start(options, Arc::new(Mutex::new(writers)), clock)?;
        store.head_from_file().await?;
        Ok(store)
    }

    fn start(
        options: &SqliteOptions,
        writers: Arc<Mutex<Writers>>,
        clock: SharedClock,
    ) -> Result<Arc<Self>, StoreError> {
        let tasks = TaskTracker::new();
        let closing = CancellationToken::new();
        let recent = Arc::new(Recent::new(options.recent_events, options.recent_bytes));
        let head = watch::Sender::new(Head::default());
        let commits = SqliteCommits { writers: Arc::clone(&writers), types: TypeNames::new() };
        let (appends, appender) = Appender::new(commits, Arc::clone(&recent), head.clone(), closing.clone());
        let (tails, tail_task) = TailReader::new(SqliteTails::new(&options.file), closing.clone());
        spawn_thread("store-append", appender.run(), tasks.token())?;
        spawn_thread("store-tails", tail_task, tasks.token())?;
        tasks.spawn(checkpoint::run(options.file.clone(), Arc::clone(&writers), closing.clone()));
        let answers = Answers(Arc::clone(&writers));
        tasks.spawn(group::forget_regularly(answers, clock, closing.clone()));
        tasks.close();
        let readers = connect::reader_pool(&options.file, options.readers);
        let close_on_drop = closing.clone().drop_guard();
        Ok(Arc::new(Self {
            appends,
            tails,
            readers,
            writers,
            recent,
            head,
            tasks,
            closing,
            _close_on_drop: close_on_drop,
        }))
    }

    /// Commits what was accepted, refuses the rest, and leaves one file behind unless another process
    /// still has it open.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.wait().await;
        self.readers.close().await;
        let mut writers = self.writers.lock().await;
        writers.relaxed.close().await;
        if let Err(error) = Self::empty_log(&mut writers.durable).await {
            tracing::warn!(%error, "the event store's write-ahead log was not emptied");
        }
        writers.durable.close().await;
    }

    async fn empty_log(writer: &mut Writer) -> Result<(), StoreError> {
        let emptied = checkpoint::truncate(writer.conn().await?).await?;
        if !emptied {
            tracing::info!("another process reads the event store: its write-ahead log stays");
        }
        Ok(())
    }

    /// Forgets the answers of commands that are older than [`ANSWERS_KEPT`](super::ANSWERS_KEPT) at `now`; returns how many.
    /// A task does this every ten minutes.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn purge_answers(&self, now: jiff::Timestamp) -> Result<u64, StoreError> {
        group::forget_all(&Answers(Arc::clone(&self.writers)), now).await
    }
}

#[async_trait]
impl EventLog for SqliteStore {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        self.appends.append(append).await
    }

    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        self.answer_from_file(command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.stream_from_file(stream, from, limit).await
    }

    async fn read_streams(
        &self,
        wanted: Vec<(StreamName, Version)>,
    ) -> Result<Vec<Vec<RecordedEvent>>, StoreError> {
        self.tails.read(wanted).await
    }

    async fn read_log(&self, from: Position, limit: usize) -> Result<Vec<Arc<RecordedEvent>>, StoreError> {
        let from = from.max(Position(1));
        if limit == 0 {
            return Ok(Vec::new());
        }
        match self.recent.read(from, limit) {
            Some(events) => Ok(events),
            None => self.log_from_file(from, limit).await,
        }
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.event_from_file(id).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.head_from_file().await
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }
}
