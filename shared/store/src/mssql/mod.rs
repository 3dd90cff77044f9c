//! The event store in a SQL Server database, in the schema `store`. Any number of processes append at once;
//! the head row orders them. Kept to what other servers with T-SQL understand too: no lock hints, no MERGE.

mod answers;
mod api_keys;
pub mod bench;
mod bulk;
mod commit;
mod export;
mod fault;
mod import;
mod leases;
mod migrate;
mod one_request;
mod parameters;
mod person_keys;
mod reads;
mod row_versions;
mod rows;
mod snapshots;
mod tails;
#[cfg(test)]
mod tests;
mod upsert;

use std::sync::{Arc, Once};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use self::{
    answers::Answers, commit::MssqlCommits, fault::store_error, snapshots::Snapshotted, tails::MssqlTails,
};
use super::{
    Append, EventLog, StoreError, StoredAnswer, Verdict,
    group::{self, Appender, Appends, Recent, TailReader, spawn_thread},
};
use ::mssql::{MssqlConfig, Pool, PoolOptions};
use domain::ids::{EventId, StreamName};
use domain::log::{CommandId, Head, Position, Version};
use events::RecordedEvent;
use runtime::clock::SharedClock;

pub use import::{ImportBatch, ImportEnd, ImportError, Importer};
pub use migrate::migrate;

/// Where the database is, and how much this process spends on it.
#[derive(Clone, Debug)]
pub struct MssqlOptions {
    /// The database.
    pub config: MssqlConfig,
    /// For everything but appends and tails, which have a connection each.
    pub pool: PoolOptions,
    /// Most events kept in memory for those who follow the log.
    pub recent_events: usize,
    /// Most bytes of such events.
    pub recent_bytes: usize,
}

impl MssqlOptions {
    /// The usual options for the database of `config`.
    #[must_use]
    pub fn new(config: MssqlConfig) -> Self {
        Self { config, pool: PoolOptions::default(), recent_events: 16_384, recent_bytes: 12 << 20 }
    }

    fn one_connection(&self) -> Pool {
        Pool::new(self.config.clone(), PoolOptions { connections: 1, ..self.pool })
    }
}

/// The store. Dropping it ends its tasks after what was accepted is committed; [`MssqlStore::close`] also
/// waits for that.
pub struct MssqlStore {
    appends: Appends,
    tails: TailReader,
    pool: Pool,
    recent: Arc<Recent>,
    snapshotted: Snapshotted,
    head: watch::Sender<Head>,
    clock: SharedClock,
    forgetting: Once,
    tasks: TaskTracker,
    closing: CancellationToken,
    _close_on_drop: DropGuard,
}

impl MssqlStore {
    /// Opens a database whose schema is up to date, and starts the tasks that serve it.
    ///
    /// # Errors
    /// `Schema` when [`migrate`] must run first or a venue is still moving in, `Unavailable` when the database cannot be opened.
    pub async fn open(options: &MssqlOptions, clock: SharedClock) -> Result<Arc<Self>, StoreError> {
        let pool = Pool::new(options.config.clone(), options.pool);
        migrate::verify(&pool).await?;
        import::refuse_unfinished(&pool).await?;
        row_versions::warn_if_off(&pool).await.map_err(store_error)?;
        let store = Self::start(options, pool, clock)?;
        store.head_from_table().await?;
        Ok(store)
    }

    fn start(options: &MssqlOptions, pool: Pool, clock: SharedClock) -> Result<Arc<Self>, StoreError> {
        let tasks = TaskTracker::new();
        let closing = CancellationToken::new();
        let recent = Arc::new(Recent::new(options.recent_events, options.recent_bytes));
        let head = watch::Sender::new(Head::default());
        let commits = MssqlCommits::new(options.one_connection());
        let (appends, appender) = Appender::new(commits, Arc::clone(&recent), head.clone(), closing.clone());
        let (tails, tail_task) = TailReader::new(MssqlTails::new(options.one_connection()), closing.clone());
        spawn_thread("store-append", appender.run(), tasks.token())?;
        spawn_thread("store-tails", tail_task, tasks.token())?;
        tasks.close();
        let close_on_drop = closing.clone().drop_guard();
        Ok(Arc::new(Self {
            appends,
            tails,
            pool,
            recent,
            snapshotted: Snapshotted::default(),
            head,
            clock,
            forgetting: Once::new(),
            tasks,
            closing,
            _close_on_drop: close_on_drop,
        }))
    }

    /// Commits what was accepted, refuses the rest and closes the connections.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.wait().await;
        self.pool.close();
    }

    /// Forgets the answers of commands that are older than [`ANSWERS_KEPT`](super::ANSWERS_KEPT) at `now`;
    /// returns how many. A task does this every ten minutes, once something was appended: whoever only reads may not
    /// delete anything.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn purge_answers(&self, now: jiff::Timestamp) -> Result<u64, StoreError> {
        group::forget_all(&Answers(self.pool.clone()), now).await
    }

    fn forget_from_now_on(&self) {
        let (answers, clock) = (Answers(self.pool.clone()), Arc::clone(&self.clock));
        self.tasks.spawn(group::forget_regularly(answers, clock, self.closing.clone()));
    }
}

#[async_trait]
impl EventLog for MssqlStore {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        self.forgetting.call_once(|| self.forget_from_now_on());
        self.appends.append(append).await
    }

    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        self.answer_from_table(command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.stream_from_table(stream, from, limit).await
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
            None => self.log_from_table(from, limit).await,
        }
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.event_from_table(id).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.head_from_table().await
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }
}
