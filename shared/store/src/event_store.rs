//! The event store over any database: the queue of appends, joined reads of tails, the end of the log in
//! memory and the tasks behind them. A backend adds a [`Driver`], which holds its statements.

use std::sync::{Arc, Once};

use async_trait::async_trait;
use domain::{
    ids::{EventId, StreamName},
    log::{CommandId, Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use runtime::clock::SharedClock;
use tokio::sync::watch;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    Append, EventLog, StoreError, StoredAnswer, Verdict,
    group::{
        Appender, Appends, Commit, Forget, ReadTails, Recent, TailReader, advance, forget_all,
        forget_regularly, spawn_thread,
    },
};

/// What the store asks of its database beside commits and tails, which have connections of their own.
pub(crate) trait Driver: Send + Sync + 'static {
    /// The last position, and the timeline it belongs to.
    fn read_head(&self) -> impl Future<Output = Result<Head, StoreError>> + Send;

    /// As [`EventLog::read_log`], from position 1 on at the earliest and for at least one event.
    fn read_log(
        &self,
        from: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Arc<RecordedEvent>>, StoreError>> + Send;

    /// As [`EventLog::read_stream`].
    fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, StoreError>> + Send;

    /// As [`EventLog::read_event`].
    fn read_event(
        &self,
        id: EventId,
    ) -> impl Future<Output = Result<Option<RecordedEvent>, StoreError>> + Send;

    /// As [`EventLog::answer`].
    fn read_answer(
        &self,
        command: CommandId,
    ) -> impl Future<Output = Result<Option<StoredAnswer>, StoreError>> + Send;

    /// Deletes old answers, on a connection that outlives this value.
    fn answers(&self) -> impl Forget + 'static;

    /// Closes the connections, once every task has ended.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// The store over the database of `D`. Dropping it ends its tasks after what was accepted is committed;
/// [`EventStore::close`] also waits for that.
pub struct EventStore<D> {
    pub(crate) driver: D,
    pub(crate) tasks: TaskTracker,
    appends: Appends,
    tails: TailReader,
    recent: Arc<Recent>,
    head: watch::Sender<Head>,
    clock: SharedClock,
    forgetting: Once,
    closing: CancellationToken,
    _close_on_drop: DropGuard,
}

#[expect(private_bounds, reason = "only the backends of this crate are drivers")]
impl<D: Driver> EventStore<D> {
    /// Starts the tasks that serve a database whose schema is up to date, and reads where its log ends.
    pub(crate) async fn start(
        driver: D,
        commits: impl Commit,
        tails: impl ReadTails,
        recent: Recent,
        clock: SharedClock,
    ) -> Result<Arc<Self>, StoreError> {
        let tasks = TaskTracker::new();
        let closing = CancellationToken::new();
        let recent = Arc::new(recent);
        let head = watch::Sender::new(Head::default());
        let (appends, appender) = Appender::new(commits, Arc::clone(&recent), head.clone(), closing.clone());
        let (tails, tail_task) = TailReader::new(tails, closing.clone());
        spawn_thread("store-append", appender.run(), tasks.token())?;
        spawn_thread("store-tails", tail_task, tasks.token())?;
        tasks.close();
        let close_on_drop = closing.clone().drop_guard();
        let store = Self {
            driver,
            tasks,
            appends,
            tails,
            recent,
            head,
            clock,
            forgetting: Once::new(),
            closing,
            _close_on_drop: close_on_drop,
        };
        store.head().await?;
        Ok(Arc::new(store))
    }

    /// Cancelled when the store closes.
    pub(crate) fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// Commits what was accepted, refuses the rest and closes the connections.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.wait().await;
        self.driver.close().await;
    }

    /// Forgets the answers of commands that are older than [`ANSWERS_KEPT`](crate::ANSWERS_KEPT) at `now`;
    /// returns how many. A task does this every ten minutes, once something was appended: a process that only
    /// reads may have no right to delete.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn purge_answers(&self, now: Timestamp) -> Result<u64, StoreError> {
        forget_all(&self.driver.answers(), now).await
    }

    fn forget_from_now_on(&self) {
        let (answers, clock) = (self.driver.answers(), Arc::clone(&self.clock));
        self.tasks.spawn(forget_regularly(answers, clock, self.closing()));
    }
}

#[async_trait]
impl<D: Driver> EventLog for EventStore<D> {
    async fn append(&self, append: Append) -> Result<Verdict, StoreError> {
        self.forgetting.call_once(|| self.forget_from_now_on());
        self.appends.append(append).await
    }

    async fn answer(&self, command: CommandId) -> Result<Option<StoredAnswer>, StoreError> {
        self.driver.read_answer(command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Version,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.driver.read_stream(stream, from, limit).await
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
            None => self.driver.read_log(from, limit).await,
        }
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, StoreError> {
        self.driver.read_event(id).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        let at_hand = self.recent.end();
        let head = self.driver.read_head().await?;
        self.recent.compare(at_hand, head);
        advance(&self.head, head);
        Ok(head)
    }

    fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    fn unwritable(&self) -> Option<&'static str> {
        self.appends.unwritable()
    }
}
